import Foundation
import Recurrent
import Testing

/// What may be sent between tasks, as the compiler sees it; and that it works there.
@Suite("Sending")
struct SendingTests {
  private static let configuration = ModelConfiguration(
    cell: .gru, input: .oneHot(vocabularySize: 8), hiddenSize: 12, outputSize: 8)

  private func requireSendable<T: Sendable & ~Copyable>(_ type: T.Type) {}

  @Test("What is Sendable")
  func conformances() {
    requireSendable(Model<Float>.self)
    requireSendable(ModelConfiguration.self)
    requireSendable(EncoderDecoder<Float>.self)
    requireSendable(ModelInput<Float>.self)
    requireSendable(ModelTarget<Float>.self)
    requireSendable(Sequences<Float>.self)
    requireSendable(TokenStreams.self)
    requireSendable(BucketingLoader.self)
    requireSendable(RecurrentState<Float>.self)
    requireSendable(Plan.self)
    requireSendable(TrainingSettings.self)
    requireSendable(TrainingCheckpoint<Float>.self)
    requireSendable(StepReport.self)
    requireSendable(Evaluation.self)
    requireSendable(SeededGenerator.self)
    requireSendable(InferenceServer<Float>.self)
    requireSendable(InferenceSession<Float>.self)
    requireSendable(InferencePass<Float>.self)
    requireSendable(RecurrentPass<Float>.self)
    requireSendable(Sampler<Float>.self)
    requireSendable(Trainer<Float>.self)
    requireSendable(EncoderDecoderTrainer<Float>.self)
    requireSendable(SequenceDecoder<Float>.self)
    requireSendable(CheckpointStore.self)
  }

  private actor Recognizer {
    private var pass: InferencePass<Float>

    init(_ pass: consuming InferencePass<Float>) { self.pass = pass }

    func run(_ tokens: [Int32], continuing: Bool = false) -> [Float] {
      pass.run(.tokens(tokens), continuing: continuing)
      return pass.outputs
    }
  }

  @Test("A pass that was made here lives in an actor")
  func pass() async throws {
    let model = try Model<Float>(Self.configuration, seed: 1)
    var own = try InferencePass(model, steps: 4, batchSize: 1)
    own.run(.tokens([1, 2, 3]))
    let recognizer = Recognizer(try InferencePass(model, steps: 4, batchSize: 1))
    #expect(await recognizer.run([1, 2, 3]) == own.outputs)
    // From many tasks: one after the other.
    let expected = own.outputs
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 { group.addTask { await recognizer.run([1, 2, 3]) == expected } }
      for await isSame in group { #expect(isSame) }
    }
  }

  private actor School {
    private var trainer: Trainer<Float>

    init(_ trainer: consuming Trainer<Float>) { self.trainer = trainer }

    func step(_ input: ModelInput<Float>, _ target: ModelTarget<Float>) -> StepReport { trainer.step(input, target) }

    func model() -> Model<Float> { trainer.model() }
  }

  @Test("A trainer lives in an actor, begun elsewhere")
  func trainer() async throws {
    let model = try Model<Float>(Self.configuration, seed: 1)
    let (input, target) = (ModelInput<Float>.tokens([1, 2, 3, 4]), ModelTarget<Float>.classes([2, 3, 4, 5]))
    var trainer = try Trainer(model, batchSize: 1, sequenceLength: 4)
    var sent = try Trainer(model, batchSize: 1, sequenceLength: 4)
    #expect(trainer.step(input, target) == sent.step(input, target))
    let school = School(sent)
    #expect(await school.step(input, target) == trainer.step(input, target))
    #expect(await school.model()[parameter: "linear.bias"] == trainer.model()[parameter: "linear.bias"])
  }

  // MARK: Workers

  /// A call with little work is done alone, one with much by all workers, in turn in one pass.
  @Test("Alone and shared in turn, the same bits", arguments: OracleCell.kinds, ModelConfiguration.Head.allCases)
  func sharing(cell: OracleCell, head: ModelConfiguration.Head) throws {
    let configuration = ModelConfiguration(
      cell: cell.cell, input: .vectors(size: 40), hiddenSize: 48, layerCount: 2, outputSize: head == .none ? 48 : 9,
      head: head)
    let model = try Model<Float>(configuration, seed: 1)
    // 96 rows of at least 48 · 40 + 48 · 48 multiply-adds, times the gates; one of them is alone, whichever the cell.
    let count = 96 * 16 * 40
    let vectors: [Float] = (0..<count).map { index in Float(index % 13) / 13 - 0.5 }
    var results: [[Float]] = []
    for threads in [1, 2, 3] {
      var pass = try InferencePass(model, steps: 96, batchSize: 16, threads: threads)
      var outputs: [Float] = []
      for steps in [0..<1, 1..<96, 0..<1] {
        pass.run(
          vectors: vectors.span.extracting(steps.lowerBound * 640..<steps.upperBound * 640), continuing: true)
        outputs += pass.outputs
      }
      results.append(outputs + pass.state.values)
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  /// Threads that are kept, by what Linux counts.
  @Test("Streams of small models have no worker, those of large ones do")
  func streamWorkers() async {
    await #expect(processExitsWith: .success) {
      for (hidden, expected) in [(64, 0), (128, 0), (256, 1), (512, 1)] {
        let model = try Model<Float>(
          ModelConfiguration(cell: .lstm, input: .vectors(size: hidden), hiddenSize: hidden), seed: 1)
        let before = try threadCount()
        let pass = try InferencePass(model, steps: 1, batchSize: 1, threads: 2)
        #expect(try threadCount() - before == expected, "H = \(hidden)")
        #expect(pass.plan.steps == 1)
      }
    }
  }
}

private func threadCount() throws -> Int {
  let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Threads:") })
  return try #require(line.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) })
}
