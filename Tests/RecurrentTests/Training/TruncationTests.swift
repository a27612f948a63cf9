import Recurrent
import Testing

@Suite("Truncated back-propagation")
struct TruncationTests {
  private static let batch = 2
  private static let steps = 20

  private static func trainer(_ length: Int, carriesState: Bool = true, rate: Double = 0.1) throws -> Trainer<Double> {
    let configuration = ModelConfiguration(
      cell: .lstm, input: .oneHot(vocabularySize: 4), hiddenSize: 5, layerCount: 2, outputSize: 4)
    return try Trainer(
      Model<Double>(configuration, seed: 1), batchSize: batch, sequenceLength: length,
      optimizer: .sgd(learningRate: rate), carriesState: carriesState, threads: 1)
  }

  private static func tokens(_ seed: UInt64) -> [Int32] {
    var generator = SeededGenerator(seed: seed)
    return (0..<steps * batch).map { _ in Int32(generator.uniform() * 4) }
  }

  @Test("With as many new steps as steps of the gradient these are segments with the state carried")
  func segments() throws {
    let (tokens, classes) = (Self.tokens(1), Self.tokens(2))
    var trainer = try Self.trainer(5)
    let reports = trainer.steps(.tokens(tokens), .classes(classes), every: 5, through: 5)
    var other = try Self.trainer(5)
    var expected: [StepReport] = []
    for start in stride(from: 0, to: tokens.count, by: 10) {
      expected.append(
        other.step(
          .tokens(tokens.span.extracting(start..<start + 10)), .classes(classes.span.extracting(start..<start + 10))))
    }
    #expect(reports == expected)
    #expect(trainer.state == other.state)
  }

  /// Without an update between, the gradient of one update is that of the loss of the new steps alone, from the state
  /// k2 steps before the end: here by differences of a model's own losses.
  @Test("The gradient reaches k2 steps back", arguments: [(4, 4), (2, 6), (3, 7), (6, 2), (1, 20), (20, 3)])
  func reach(new: Int, through: Int) throws {
    let (tokens, classes) = (Self.tokens(3), Self.tokens(4))
    // A rate of 0 leaves the model as it is, so that the norms of all updates are those of one model.
    var trainer = try Self.trainer(20, rate: 0)
    let reports = trainer.steps(.tokens(tokens), .classes(classes), every: new, through: through)
    let model = trainer.model()
    var firsts = stride(from: 0, to: Self.steps, by: new).makeIterator()
    for report in reports {
      let first = firsts.next()!
      let end = min(first + new, Self.steps)
      let start = max(0, end - through)
      var pass = try RecurrentPass(model, steps: Self.steps, batchSize: Self.batch, threads: 1)
      func slice(_ values: [Int32], _ range: Range<Int>) -> [Int32] {
        Array(values[range.lowerBound * Self.batch..<range.upperBound * Self.batch])
      }
      if start > 0 {
        let before = slice(tokens, 0..<start)
        pass.forward(tokens: before.span)
        pass.initialState = pass.finalState
      }
      let window = slice(tokens, start..<end)
      pass.forward(tokens: window.span)
      let learnt = max(first, start)
      let skipped = (learnt - start) * Self.batch * 4
      let outputs = Array(pass.outputs[skipped...])
      let (loss, gradient) = Loss.crossEntropy.evaluate(
        outputs, outputSize: 4, classes: slice(classes, learnt..<end))
      #expect(abs(report.loss - loss) < 1e-13)
      let whole = [Double](repeating: 0, count: skipped) + gradient
      pass.backward(outputGradient: whole.span)
      let squares = model.table.entries.flatMap { pass.gradient(of: $0.name) }.map { $0 * $0 }
      #expect(abs(report.gradientNorm - squares.reduce(0, +).squareRoot()) < 1e-13)
    }
    #expect(firsts.next() == nil)
  }

  @Test("A trainer that does not carry its state starts the next sequence where the first one started")
  func notCarried() throws {
    let (tokens, classes) = (Self.tokens(5), Self.tokens(6))
    var trainer = try Self.trainer(8, carriesState: false, rate: 0)
    let first = trainer.steps(.tokens(tokens), .classes(classes), every: 4, through: 8)
    let second = trainer.steps(.tokens(tokens), .classes(classes), every: 4, through: 8)
    #expect(first.map(\.loss) == second.map(\.loss))
  }
}
