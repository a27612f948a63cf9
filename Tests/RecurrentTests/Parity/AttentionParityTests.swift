import Foundation
import Recurrent
import Testing

/// Encoders and decoders with attention and input feeding, as PyTorch computes them.
@Suite("Attention as in PyTorch")
struct AttentionParityTests {
  static let directory = Fixture.directory.appending(path: "Attention")

  static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: directory.path))?.filter { $0.hasSuffix(".safetensors") }
    .sorted() ?? []

  /// Model and pairs of a file, which `Fixtures/README.md` describes.
  private struct Pairs {
    let file: SafetensorsFile
    let model: EncoderDecoder<Double>
    let sources: Sequences<Int32>
    let targets: Sequences<Int32>

    init(_ name: String) throws {
      let file = try SafetensorsFile(path: AttentionParityTests.directory.appending(path: name).path)
      func shape(_ name: String) throws -> [Int] { try file.tensor(name).shape }
      let cell = try #require(BuiltInCells.named(file.metadata("cell")!))
      let layers = Int(file.metadata("layers")!)!
      let bothWays = file.metadata("bidirectional") == "true"
      let (sourceTable, targetTable) = try (shape("encoder.embedding.weight"), shape("decoder.embedding.weight"))
      let hidden = try shape("decoder.attention.bias")[0]
      let encoder = ModelConfiguration(
        cell: cell, input: .embedding(vocabularySize: sourceTable[0], size: sourceTable[1]),
        hiddenSize: bothWays ? hidden / 2 : hidden, layerCount: layers,
        directions: bothWays ? .both(merge: .concatenate) : .forward)
      var decoder = ModelConfiguration(
        cell: cell, input: .embedding(vocabularySize: targetTable[0], size: targetTable[1]), hiddenSize: hidden,
        layerCount: layers, outputSize: targetTable[0])
      decoder.attention = Attention(rawValue: file.metadata("attention")!)
      decoder.hasInputFeeding = file.metadata("input_feeding") == "true"
      var model = try EncoderDecoder<Double>(
        encoder: encoder, decoder: decoder,
        marks: SequenceMarks(start: Int32(targetTable[0] - 2), end: Int32(targetTable[0] - 1)), seed: 1)
      for name in model.names { model[name] = try file.doubles(name) }
      func sequences(_ name: String) throws -> Sequences<Int32> {
        let tokens = try file.integers(name + "s")
        let lengths = try file.integers(name + "_lengths").map { Int($0) }
        return Sequences(values: tokens, lengths: lengths, width: 1)
      }
      (self.file, self.model) = (file, model)
      (sources, targets) = try (sequences("source"), sequences("target"))
    }
  }

  @Test("Loss and gradients", arguments: names, [1, 2])
  func gradients(name: String, threads: Int) throws {
    let pairs = try Pairs(name)
    var trainer = try EncoderDecoderTrainer(
      pairs.model, batchSize: 4, sourceLength: 6, targetLength: 7, optimizer: .sgd(learningRate: 1), threads: threads)
    let report = trainer.step(.tokens(pairs.sources), .classes(pairs.targets))
    let loss = try pairs.file.doubles("loss")[0]
    // Some hundred operations one after the other, each rounded, on numbers of about 1.
    #expect(abs(report.loss - loss) <= 1e-13 * loss)
    for name in pairs.model.names {
      let expected = try pairs.file.doubles("grad." + name)
      let scale = expected.reduce(0) { max($0, abs($1)) }
      #expect(scale > 0 || name.hasSuffix("embedding.weight"), "\(name) has no gradient")
      for (index, (x, y)) in zip(trainer.gradient(of: name), expected).enumerated() {
        #expect(abs(x - y) <= 1e-12 * max(scale, 1e-3), "\(name)[\(index)]: \(x), PyTorch's \(y)")
      }
    }
  }

  @Test("What is attended to", arguments: names)
  func weights(name: String) throws {
    let pairs = try Pairs(name)
    let shape = try pairs.file.tensor("weights").shape
    let expected = try pairs.file.doubles("weights")
    var decoder = try SequenceDecoder(
      pairs.model, sourceLength: 6, options: DecodingOptions(beamWidth: 2, maximumLength: 5), threads: 1)
    for sequence in 0..<pairs.sources.count {
      let (source, target) = (Array(pairs.sources[sequence]), Array(pairs.targets[sequence]))
      let weights = decoder.attentionWeights(of: source, target: target)
      #expect(weights.count == target.count + 1)
      for (step, row) in weights.enumerated() {
        for (index, weight) in row.enumerated() {
          let place = (sequence * shape[1] + step) * shape[2] + index
          #expect(abs(weight - expected[place]) <= 1e-13, "\(sequence), \(step), \(index)")
        }
      }
    }
  }

  @Test("There are files") func files() { #expect(Self.names.count == 7) }
}
