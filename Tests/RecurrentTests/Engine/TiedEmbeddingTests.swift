import Foundation
import Recurrent
import Testing

@Suite("Tied embeddings")
struct TiedEmbeddingTests {
  private static func configuration(
    _ cell: some RecurrentCell = .lstm, _ change: (inout ModelConfiguration) -> Void = { _ in }
  ) -> ModelConfiguration {
    var configuration = ModelConfiguration(
      cell: cell, input: .embedding(vocabularySize: 7, size: 5), hiddenSize: 5, layerCount: 2, outputSize: 7)
    configuration.tiesEmbedding = true
    change(&configuration)
    return configuration
  }

  private static let tokens: [Int32] = (0..<4 * 6).map { Int32($0 * $0 % 7) }
  private static let classes: [Int32] = (0..<4 * 6).map { Int32(($0 * 5 + 3) % 7) }

  @Test("Gradients, by differences", arguments: OracleCell.kinds)
  func gradients(cell: OracleCell) throws {
    for (change, name) in [
      ({ _ in }, "plain"), ({ $0.headDropout = 0.3 }, "dropout before the head"),
      (
        {
          $0.input = .embedding(vocabularySize: 7, size: 10); $0.directions = .both(merge: .concatenate)
        }, "both ways"
      ),
    ] as [((inout ModelConfiguration) -> Void, String)] {
      let configuration = Self.configuration(cell.cell, change)
      let even = try checkGradients(of: configuration, steps: 4, batchSize: 3)
      #expect(even.passes, "\(name):\n\(even)")
      #expect(even.tensors.map(\.name).filter { $0.hasPrefix("linear") } == ["linear.bias"])
      let ragged = try checkGradients(of: configuration, steps: 4, batchSize: 3, lengths: [2, 4, 1])
      #expect(ragged.passes, "\(name), ragged:\n\(ragged)")
    }
  }

  /// A step without momentum moves the one matrix by what moves both of the untied model, and all else alike.
  @Test("A step is that of both matrices together", arguments: [1, 2, 3], [false, true])
  func step(threads: Int, inSegments: Bool) throws {
    func stepped(_ model: Model<Double>, _ threads: Int) throws -> (Model<Double>, Double) {
      var trainer = try Trainer(
        model, batchSize: 4, sequenceLength: 6, optimizer: .sgd(learningRate: 0.5),
        recomputing: inSegments ? .segments(ofSteps: 2) : .none, products: .packed, threads: threads)
      let report = trainer.step(.tokens(Self.tokens), .classes(Self.classes))
      return (trainer.model(), report.loss)
    }
    let tied = try Model<Double>(Self.configuration(), seed: 3)
    let apart = try tied.untied()
    #expect(
      !apart.configuration.tiesEmbedding && apart[parameter: "linear.weight"] == tied[parameter: "embedding.weight"])
    let (moved, loss) = try stepped(tied, threads)
    let (both, otherLoss) = try stepped(apart, threads)
    #expect(loss == otherLoss)
    let start = tied[parameter: "embedding.weight"]
    let (embedding, head) = (both[parameter: "embedding.weight"], both[parameter: "linear.weight"])
    for (index, value) in moved[parameter: "embedding.weight"].enumerated() {
      let expected = embedding[index] + head[index] - start[index]
      // Two sums of 24 terms below 1, in another order.
      #expect(abs(value - expected) < 64 * 0x1p-52, "\(index)")
    }
    for entry in moved.table.entries where entry.name != "embedding.weight" {
      #expect(moved[parameter: entry.name] == both[parameter: entry.name], "\(entry.name)")
    }
    let (alone, _) = try stepped(tied, 1)
    #expect(alone[parameter: "embedding.weight"] == moved[parameter: "embedding.weight"])
  }

  @Test("In shards, in mixed precision, and without allocations")
  func others() throws {
    let model = try Model<Float>(Self.configuration(), seed: 3)
    for (shards, precision) in [(2, WeightPrecision.full), (1, .bfloat16Dot)] {
      var whole = try Trainer(model, batchSize: 4, sequenceLength: 6, products: .packed, threads: 1)
      var other = try Trainer(
        model, batchSize: 4, sequenceLength: 6, shards: shards, products: .packed, precision: precision, threads: 1)
      for _ in 0..<3 {
        let (a, b) = (
          whole.step(.tokens(Self.tokens), .classes(Self.classes)),
          other.step(.tokens(Self.tokens), .classes(Self.classes))
        )
        #expect(abs(a.loss - b.loss) < (shards == 2 ? 1e-5 : 3e-2), "\(a) \(b)")
      }
    }
  }

  @Test("Files keep it, with one matrix; forged ones are refused")
  func files() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "tied-\(UInt64.random(in: 0 ... .max))").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let model = try Model<Float>(Self.configuration(), seed: 1)
    try model.save(to: path)
    #expect(try SafetensorsFile(path: path).contains("linear.weight") == false)
    let read = try Model<Float>(contentsOf: path)
    #expect(
      read.configuration.tiesEmbedding && read[parameter: "embedding.weight"] == model[parameter: "embedding.weight"])
    #expect("\(read)".contains("tied embedding"))
    let input = ModelInput<Float>.tokens(Self.tokens)
    #expect(try read.predict(input).values == model.untied().predict(input).values)
    // The flag with sizes that do not go together.
    let other = try Model<Float>(
      ModelConfiguration(
        cell: .lstm, input: .embedding(vocabularySize: 7, size: 5), hiddenSize: 4, outputSize: 7), seed: 1)
    try other.save(to: path)
    var bytes = try Data(contentsOf: URL(filePath: path))
    let dropout = Data(#"\"dropout\":0"#.utf8)
    let place = try #require(bytes.range(of: dropout))
    bytes.replaceSubrange(place, with: Data(#"\"tied_embedding\":true,\"dropout\":0"#.utf8))
    let added = UInt64(#"\"tied_embedding\":true,"#.utf8.count)
    let length = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } + added
    bytes.replaceSubrange(0..<8, with: (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) })
    try bytes.write(to: URL(filePath: path))
    #expect(throws: CheckpointError.self) { try Model<Float>(contentsOf: path) }
  }
}
