import Foundation
import Recurrent
import Storage
import TestSupport
import Testing

@Suite("Models with a CRF")
struct CRFTrainingTests {
  private static let tags = ["O", "B-A", "I-A", "B-B", "I-B"]
  private static let lengths = [6, 1, 0, 3, 5, 5]

  private static func configuration(_ input: ModelConfiguration.Input = .vectors(size: 3)) -> ModelConfiguration {
    var configuration = ModelConfiguration(
      cell: .lstm, input: input, hiddenSize: 7, directions: .both(merge: .concatenate), outputSize: 5)
    configuration.crf = .spans(tags)
    return configuration
  }

  /// Vectors, and labels that keep the rules.
  private static func data<S: Scalar>(
    _ lengths: [Int], seed: UInt64 = 5, _: S.Type = S.self
  ) -> (inputs: Sequences<S>, labels: Sequences<Int32>) {
    var generator = SeededGenerator(seed: seed)
    let inputs = lengths.map { length in (0..<3 * length).map { _ in S(generator.uniform(-2, 2)) } }
    let labels = lengths.map { length in
      var own: [Int32] = []
      for _ in 0..<length {
        let label = Int32(generator.uniform() * 5)
        let before = own.last ?? 0
        own.append(label == 2 && before != 1 && before != 2 || label == 4 && before != 3 && before != 4 ? 0 : label)
      }
      return own
    }
    return (Sequences(inputs, width: 3), Sequences(labels))
  }

  @Test(
    "Gradients of everything by differences",
    arguments: [
      ModelConfiguration.Input.vectors(size: 3), .embedding(vocabularySize: 4, size: 3), .oneHot(vocabularySize: 4),
      .features([.init(vocabularySize: 4, size: 3), .init(vocabularySize: 2, size: 1)]),
      .features(
        [.init(vocabularySize: 4, size: 3)], letters: LetterEncoder(vocabularySize: 3, size: 2, hiddenSize: 2, count: 3)
      ),
    ])
  func gradients(input: ModelConfiguration.Input) throws {
    var configuration = Self.configuration(input)
    // Drawn labels break rules: differences of losses in the thousands would say nothing.
    configuration.crf = CRFConstraints.none
    let report = try checkGradients(of: configuration, loss: .crf, steps: 5, batchSize: 4, lengths: [5, 1, 4, 3])
    #expect(report.passes, "\(report)")
    #expect(report.tensors.contains { $0.name == "crf.transitions" })
    if case .features = input { return }
    let whole = try checkGradients(of: configuration, loss: .crf, steps: 4, batchSize: 3)
    #expect(whole.passes, "\(whole)")
  }

  /// Plain descent moves each parameter by its gradient.
  @Test("A trainer's step goes down the gradient of what the loss says", arguments: [1, 3])
  func step(threads: Int) throws {
    let model = try Model<Double>(Self.configuration(), seed: 4)
    let (inputs, labels) = Self.data(Self.lengths, Double.self)
    var trainer = try Trainer(
      model, batchSize: 6, sequenceLength: 6, loss: .crf, optimizer: .sgd(learningRate: 1), isRagged: true,
      threads: threads)
    let report = trainer.step(.vectors(inputs), .classes(labels))
    let outputs = try model.predict(.vectors(inputs))
    let crf = try #require(model.crf)
    let expected = crf.evaluate(outputs, labels: labels)
    #expect(abs(report.loss - expected.loss) < 1e-13)
    let after = trainer.model()
    for (name, gradient) in [
      ("crf.transitions", expected.gradients.transitions), ("crf.start_transitions", expected.gradients.starts),
      ("crf.end_transitions", expected.gradients.ends),
    ] {
      for (index, value) in gradient.enumerated() {
        let moved = model[parameter: name][index] - after[parameter: name][index]
        #expect(abs(moved - value) < 1e-13, "\(name)[\(index)]")
      }
    }
  }

  @Test("The same bits on any number of threads")
  func threads() throws {
    let (inputs, labels) = Self.data(Self.lengths, Float.self)
    func trained(_ threads: Int) throws -> [[Float]] {
      var trainer = try Trainer(
        Model<Float>(Self.configuration(), seed: 4), batchSize: 6, sequenceLength: 6, loss: .crf, isRagged: true,
        threads: threads)
      for _ in 0..<5 { _ = trainer.step(.vectors(inputs), .classes(labels)) }
      let model = trainer.model()
      return model.table.entries.map { model[parameter: $0.name] }
    }
    let one = try trained(1)
    for threads in [2, 3, 5] { #expect(try trained(threads) == one) }
  }

  @Test("Sequences of a batch cost what each costs alone, and weights count whole sequences")
  func alone() throws {
    let model = try Model<Double>(Self.configuration(), seed: 4)
    let (inputs, labels) = Self.data(Self.lengths, Double.self)
    let together = try model.evaluate(.vectors(inputs), .classes(labels), loss: .crf)
    var (sum, weighted, weight, right) = (0.0, 0.0, 0.0, 0.0)
    let weights = [2, 0.5, 1, 0, 3, 1]
    for (sequence, length) in Self.lengths.enumerated() where length > 0 {
      let own = try model.evaluate(
        .vectors([Array(inputs[sequence])]), .classes([Array(labels[sequence])]), loss: .crf)
      sum += own.loss * Double(length)
      right += (own.accuracy ?? 0) * Double(length)
      weighted += weights[sequence] * own.loss * Double(length)
      weight += weights[sequence] * Double(length)
    }
    #expect(abs(together.loss - sum / 20) < 1e-14)
    #expect(together.count == 20)
    #expect(abs((together.accuracy ?? 0) - right / 20) < 1e-14)
    let uneven = try model.evaluate(
      .vectors(inputs), .classes(labels, weights: weights), loss: .crf.weighted)
    #expect(abs(uneven.loss - weighted / weight) < 1e-14)
  }

  @Test("Labels are predicted together")
  func prediction() throws {
    let model = try Model<Double>(Self.configuration(), seed: 4)
    let (inputs, _) = Self.data(Self.lengths, Double.self)
    let outputs = try model.predict(.vectors(inputs))
    let labels = model.labels(of: outputs)
    #expect(labels.lengths == Self.lengths)
    for sequence in 0..<outputs.count {
      #expect(Array(labels[sequence]) == model.crf?.labels(Array(outputs[sequence])))
    }
  }

  @Test("A training learns a rule that no single step shows")
  func learns() throws {
    // Inputs say nothing; labels go 0, 1, 2, 3, 4, 0, …
    var configuration = ModelConfiguration(cell: .rnn, input: .vectors(size: 1), hiddenSize: 2, outputSize: 5)
    configuration.crf = CRFConstraints.none
    let labels = Sequences((0..<8).map { start in (0..<9).map { Int32((start + $0) % 5) } })
    let inputs = Sequences([[Float]](repeating: [Float](repeating: 0, count: 9), count: 8), width: 1)
    var trainer = try Trainer(
      Model<Float>(configuration, seed: 1), batchSize: 8, sequenceLength: 9, loss: .crf,
      optimizer: .adam(learningRate: 0.1))
    for _ in 0..<200 { _ = trainer.step(.vectors(inputs), .classes(labels)) }
    // Only the first label of a sequence is open: at most log 5 of nine steps.
    let evaluation = try trainer.evaluate(.vectors(inputs), .classes(labels))
    #expect(evaluation.loss < log(5) / 9 + 0.02)
    let found = trainer.model().labels(of: try trainer.model().predict(.vectors(inputs)))
    #expect(zip(found[0], found[0].dropFirst()).allSatisfy { $1 == ($0 + 1) % 5 })
  }

  @Test("Model and training come back from their files")
  func files() throws {
    let directory = try ScratchDirectory()
    let path = directory.file("model.safetensors")
    let tables: [ModelConfiguration.Input.EmbeddingTable] = [
      .init(vocabularySize: 9, size: 4), .init(vocabularySize: 3, size: 2),
    ]
    let letters = LetterEncoder(vocabularySize: 4, size: 3, hiddenSize: 2, count: 2)
    let model = try Model<Float>(Self.configuration(.features(tables, letters: letters)), seed: 8)
    try model.save(to: path)
    let loaded = try Model<Float>(contentsOf: path)
    #expect(loaded.configuration.crf == model.configuration.crf)
    #expect(loaded.configuration.input == model.configuration.input)
    #expect(loaded.crf == model.crf)
    #expect(model.table["crf.transitions"]?.shape == [5, 5])
    #expect(loaded.table.entries.map(\.name).contains("embeddings.1.weight"))

    let tokens = Sequences<Int32>([[0, 0, 3, 0, 8, 2, 1, 2], [3, 1, 1, 0]], width: 4)
    let labels = Sequences<Int32>([[1, 2], [0]])
    var trainer = try Trainer(model, batchSize: 2, sequenceLength: 2, loss: .crf, isRagged: true)
    _ = trainer.step(.tokens(tokens), .classes(labels))
    try trainer.checkpoint().save(to: path)
    var resumed = try Trainer(TrainingCheckpoint<Float>(contentsOf: path), threads: 1)
    #expect(resumed.settings.loss == .crf)
    let (a, b) = (
      trainer.step(.tokens(tokens), .classes(labels)), resumed.step(.tokens(tokens), .classes(labels))
    )
    #expect(a.loss == b.loss)
    #expect(
      trainer.model().table.entries.allSatisfy {
        trainer.model()[parameter: $0.name] == resumed.model()[parameter: $0.name]
      })
  }

  @Test("An encoder of letters is the model that it says it is, and a trainer trains it along")
  func letters() throws {
    let encoder = LetterEncoder(vocabularySize: 5, size: 3, hiddenSize: 2, count: 4)
    var configuration = Self.configuration(.features([.init(vocabularySize: 4, size: 3)], letters: encoder))
    let model = try Model<Double>(configuration, seed: 3)
    configuration.input = .vectors(size: 7)
    var above = try Model<Double>(configuration, seed: 3)
    for entry in above.table.entries { above[parameter: entry.name] = model[parameter: entry.name] }
    var below = try Model<Double>(
      ModelConfiguration(
        cell: .lstm, input: .embedding(vocabularySize: 5, size: 3), hiddenSize: 2,
        directions: .both(merge: .concatenate), outputSize: 4, head: .lastStep), seed: 3)
    for entry in below.table.entries { below[parameter: entry.name] = model[parameter: "letters." + entry.name] }

    // A word and its letters a step; a word without any.
    let words: [[(token: Int32, letters: [Int32])]] = [
      [(1, [4, 2]), (3, [1]), (0, [1, 2, 3, 4])], [(2, [])], [(1, [4, 2]), (1, [3, 3, 1])],
    ]
    let tokens = Sequences(
      words.map { $0.flatMap { [$0.token] + $0.letters + [Int32](repeating: 0, count: 4 - $0.letters.count) } },
      width: 5)
    let table = model[parameter: "embeddings.0.weight"]
    let vectors = try words.map { sentence in
      try sentence.flatMap { word in
        let start = Int(word.token) * 3
        // Without letters both directions end where they begin, in 0.
        let own =
          word.letters.isEmpty
          ? below[parameter: "linear.bias"] : try below.predict(.tokens([word.letters])).values
        return Array(table[start..<start + 3]) + own
      }
    }
    let read = try model.predict(.tokens(tokens))
    let given = try above.predict(.vectors(vectors))
    for (a, b) in zip(read.values, given.values) { #expect(abs(a - b) < 1e-15) }

    let labels = Sequences<Int32>([[1, 2, 0], [3], [0, 1]])
    func trained(_ threads: Int) throws -> [[Double]] {
      var trainer = try Trainer(
        model, batchSize: 3, sequenceLength: 3, loss: .crf, optimizer: .adam(learningRate: 0.01),
        clipping: .norm(0.5), isRagged: true, threads: threads)
      for _ in 0..<60 { _ = trainer.step(.tokens(tokens), .classes(labels)) }
      let evaluation = try trainer.evaluate(.tokens(tokens), .classes(labels))
      let before = try model.evaluate(.tokens(tokens), .classes(labels), loss: .crf)
      #expect(evaluation.loss < before.loss / 2)
      let result = trainer.model()
      for name in ["letters.embedding.weight", "letters.rnn.weight_hh_l0", "letters.linear.weight"] {
        #expect(result[parameter: name] != model[parameter: name], "\(name)")
      }
      return result.table.entries.map { result[parameter: $0.name] }
    }
    #expect(try trained(1) == trained(3))
  }

  @Test("Several tokens a step are what one-hot vectors of each would be")
  func features() throws {
    let tables: [ModelConfiguration.Input.EmbeddingTable] = [
      .init(vocabularySize: 4, size: 3), .init(vocabularySize: 3, size: 2),
    ]
    var configuration = Self.configuration(.features(tables))
    let model = try Model<Double>(configuration, seed: 3)
    configuration.input = .vectors(size: 5)
    var plain = try Model<Double>(configuration, seed: 3)
    for entry in plain.table.entries { plain[parameter: entry.name] = model[parameter: entry.name] }
    let tokens: [[Int32]] = [[1, 2, 0, 0, 3, 1], [2, 2], [0, 1, 3, 0]]
    let (first, second) = (model[parameter: "embeddings.0.weight"], model[parameter: "embeddings.1.weight"])
    let vectors = tokens.map { own in
      stride(from: 0, to: own.count, by: 2).flatMap { step in
        let (a, b) = (Int(own[step]), Int(own[step + 1]))
        return Array(first[a * 3..<a * 3 + 3]) + Array(second[b * 2..<b * 2 + 2])
      }
    }
    let read = try model.predict(.tokens(Sequences(tokens, width: 2)))
    let given = try plain.predict(.vectors(vectors))
    #expect(read.values == given.values)
  }
}
