import Foundation
import Storage
import Recurrent
import TestSupport
import Testing

/// A pass with weights of 16 bits gives the bits that it gives in full with the rounded weights; one in pairs of bfloat16 or with
/// weights of 8 bits rounds what they multiply, too.
@Suite("Weights of 16 and 8 bits")
struct WeightPrecisionTests {
  private static let precisions: [WeightPrecision] = [.bfloat16, .float16]

  private static func configuration(_ cell: any RecurrentCell) -> ModelConfiguration {
    ModelConfiguration(
      cell: cell, input: .embedding(vocabularySize: 11, size: 6), hiddenSize: 40, layerCount: 2, outputSize: 11)
  }

  @Test("As the rounded model gives it, batches and streams", arguments: OracleCell.allCases, precisions)
  func passes(cell: OracleCell, precision: WeightPrecision) throws {
    let model = try Model<Float>(Self.configuration(cell.cell), seed: 2)
    let rounded = try model.rounded(to: precision)
    for (steps, batchSize) in [(7, 3), (1, 1), (5, 14)] {
      let tokens = (0..<steps * batchSize).map { Int32($0 * 5 % 11) }
      var half = try InferencePass(model, steps: steps, batchSize: batchSize, precision: precision, threads: 2)
      var full = try InferencePass(rounded, steps: steps, batchSize: batchSize, products: .packed, threads: 1)
      for _ in 0..<3 {
        half.run(.tokens(tokens), continuing: true)
        full.run(.tokens(tokens), continuing: true)
        #expect(half.outputs == full.outputs)
      }
      #expect(half.plan.precision == precision && half.plan.productsDescription.hasSuffix("weights in \(precision)"))
    }
  }

  @Test(
    "With both sides rounded: as the rounded model in the same precision, alone, among others, and on any number of threads",
    arguments: OracleCell.allCases, [WeightPrecision.int8, .bfloat16Dot])
  func roundedOperands(cell: OracleCell, precision: WeightPrecision) throws {
    let model = try Model<Float>(Self.configuration(cell.cell), seed: 2)
    let rounded = try model.rounded(to: precision)
    let (steps, batchSize) = (6, 14)
    let tokens = (0..<steps * batchSize).map { Int32($0 * 5 % 11) }
    func outputs(_ model: Model<Float>, threads: Int) throws -> [Float] {
      var pass = try InferencePass(
        model, steps: steps, batchSize: batchSize, precision: precision, threads: threads)
      pass.run(.tokens(tokens))
      return pass.outputs
    }
    let together = try outputs(model, threads: 2)
    #expect(try outputs(model, threads: 1) == together && outputs(rounded, threads: 1) == together)
    var alone = try InferencePass(model, steps: 1, batchSize: 1, precision: precision, threads: 1)
    #expect(alone.plan.productsDescription.contains("weights in \(precision.rawValue) ("))
    for sequence in [0, 13] {
      alone.resetState()
      for step in 0..<steps {
        let row = step * batchSize + sequence
        alone.run(.tokens([tokens[row]]), continuing: true)
        #expect(alone.outputs == Array(together[row * 11..<(row + 1) * 11]))
      }
    }
    // Near what the rounded model gives in full: what products multiply is off by half a unit of 127 at most of the largest, or by
    // 2⁻⁹ of itself.
    var full = try InferencePass(rounded, steps: steps, batchSize: batchSize, products: .packed, threads: 1)
    full.run(.tokens(tokens))
    let distance = zip(full.outputs, together).reduce(Float(0)) { max($0, ($1.0 - $1.1).magnitude) }
    #expect(distance > 0 && distance < (precision == .int8 ? 0.05 : 0.03), "\(distance)")
  }

  @Test("In pairs of bfloat16: as in full with inputs that are such numbers, to the bit", arguments: [1, 3, 14, 40])
  func pairs(batchSize: Int) throws {
    let configuration = ModelConfiguration(cell: .lstm, input: .vectors(size: 37), hiddenSize: 40)
    let model = try Model<Float>(configuration, seed: 2)
    var random = SeededGenerator(seed: 9)
    let vectors = (0..<batchSize * 37).map { _ in Float(4 * random.uniform() - 2) }
    let rounded = vectors.map { Float(bitPattern: ($0.bitPattern + 0x7fff + ($0.bitPattern >> 16 & 1)) & 0xffff_0000) }
    var pairs = try InferencePass(model, steps: 1, batchSize: batchSize, precision: .bfloat16Dot, threads: 1)
    var full = try InferencePass(
      model.rounded(to: .bfloat16), steps: 1, batchSize: batchSize, products: .packed, threads: 1)
    pairs.run(.vectors(vectors))
    full.run(.vectors(rounded))
    #expect(pairs.outputs == full.outputs)
  }

  @Test("One-hot tokens choose among weights that are not rounded", arguments: WeightPrecision.allCases)
  func oneHot(precision: WeightPrecision) throws {
    let model = try Model<Float>(
      ModelConfiguration(cell: .lstm, input: .oneHot(vocabularySize: 7), hiddenSize: 20, outputSize: 7), seed: 2)
    let rounded = try model.rounded(to: precision)
    #expect(rounded[parameter: "rnn.weight_ih_l0"] == model[parameter: "rnn.weight_ih_l0"])
    let tokens: [Int32] = [1, 2, 3, 6, 5, 4]
    #expect(
      try model.predict(.tokens(tokens), products: .packed, precision: precision).values
        == rounded.predict(.tokens(tokens), products: .packed, precision: precision).values)
  }

  @Test("Only what products read is rounded, by half a unit at most", arguments: precisions)
  func rounding(precision: WeightPrecision) throws {
    let model = try Model<Float>(Self.configuration(.lstm), seed: 2)
    let rounded = try model.rounded(to: precision)
    let bound: Float = precision == .bfloat16 ? 0x1p-8 : 0x1p-11
    for entry in model.table.entries {
      let (old, new) = (model[parameter: entry.name], rounded[parameter: entry.name])
      let isWeight = ["rnn.weight_ih", "rnn.weight_hh", "linear.weight"].contains { entry.name.hasPrefix($0) }
      #expect((old != new) == isWeight, "\(entry.name)")
      // Half a unit in the last place of the binade.
      for (x, y) in zip(old, new) { #expect((x - y).magnitude <= bound * x.magnitude + 0x1p-25) }
    }
    #expect(try rounded.rounded(to: precision).block == rounded.block)
  }

  @Test("Servers, samplers, predictions and evaluations take it")
  func everywhere() throws {
    let model = try Model<Float>(Self.configuration(.gru), seed: 2)
    let rounded = try model.rounded(to: .bfloat16)
    let tokens = (0..<20).map { Int32($0 * 3 % 11) }
    let server = try InferenceServer(model, precision: .bfloat16)
    let other = try InferenceServer(rounded, products: .packed)
    #expect(server.open().run(.tokens(tokens)) == other.open().run(.tokens(tokens)))
    #expect(
      try model.predict(.tokens(tokens), precision: .bfloat16).values
        == rounded.predict(.tokens(tokens), products: .packed).values)
    #expect(
      try model.evaluate(tokens, precision: .bfloat16).loss == rounded.evaluate(tokens, products: .packed).loss)
    var half = try Sampler(model, precision: .bfloat16, seed: 1)
    var full = try Sampler(rounded, products: .packed, seed: 1)
    half.feed(3)
    full.feed(3)
    for _ in 0..<20 {
      let (token, same) = (half.next(), full.next())
      #expect(token == same)
    }
  }

  @Test("A weight that is too large for float16 is named")
  func tooLarge() throws {
    var model = try Model<Float>(Self.configuration(.lstm), seed: 2)
    model[parameter: "rnn.weight_hh_l1"][7] = 70_000
    #expect(
      throws: PlanError.exceedsPrecision(parameter: "rnn.weight_hh_l1", value: 70_000, precision: .float16)
    ) { _ = try InferencePass(model, steps: 1, batchSize: 1, precision: .float16) }
    #expect(throws: Never.self) { _ = try InferencePass(model, steps: 1, batchSize: 1, precision: .bfloat16) }
    // Not read by products.
    model = try Model<Float>(Self.configuration(.lstm), seed: 2)
    model[parameter: "rnn.bias_hh_l1"][7] = 70_000
    #expect(throws: Never.self) { _ = try InferencePass(model, steps: 1, batchSize: 1, precision: .float16) }
  }

  @Test("A file with rounded weights is read as the rounded model", arguments: precisions + [.int8])
  func file(precision: WeightPrecision) throws {
    let model = try Model<Float>(Self.configuration(.lstm), seed: 2)
    let directory = try ScratchDirectory()
    let (path, full) = (directory.file("half.safetensors"), directory.file("full.safetensors"))
    try model.save(to: path, precision: precision)
    try model.save(to: full)
    let read = try Model<Float>(contentsOf: path)
    #expect(try read.block == model.rounded(to: precision).block)
    #expect(read.storedPrecision == precision && model.storedPrecision == .full)
    #expect(try Model<Double>(contentsOf: path).block == read.block.map(Double.init))
    try read.save(to: directory.file("again.safetensors"), precision: precision)
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: directory.file("again.safetensors")))
        == Data(contentsOf: URL(fileURLWithPath: path)))
    let sizes = try [path, full].map { try Data(contentsOf: URL(fileURLWithPath: $0)).count }
    #expect(sizes[0] < sizes[1] * (precision == .int8 ? 4 : 6) / 10)
  }

  @Test("A file of whole numbers without its scales, with scales of another shape, or with some that belong to nothing")
  func scales() throws {
    let model = try Model<Float>(Self.configuration(.rnn), seed: 2)
    let directory = try ScratchDirectory()
    try model.save(to: directory.file("model.safetensors"), precision: .int8)
    let file = try SafetensorsFile(path: directory.file("model.safetensors"))
    let bytes = try Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, try file.bytes(of: $0)) })
    let scale = "rnn.weight_hh_l0.scale"
    /// The file with its tensors changed, and a checksum that is right.
    func read(_ change: (inout [(name: String, dtype: Safetensors.DType, shape: [Int])]) -> Void) throws {
      var tensors = file.tensors.map { (name: $0.name, dtype: $0.dtype, shape: $0.shape) }
      change(&tensors)
      let path = directory.file("changed.safetensors")
      try Safetensors.write(
        to: path, tensors: tensors, metadata: file.metadata.filter { $0.key != "checksum" }, checksum: true
      ) { (tensor, output) throws(FileError) in
        let data = bytes[tensor.name] ?? bytes[scale]!
        try output.write(data.span)
      }
      _ = try Model<Float>(contentsOf: path)
    }
    let path = directory.file("changed.safetensors")
    try read { _ in }
    #expect(throws: CheckpointError.missingTensor(file: path, name: scale)) {
      try read { $0.removeAll { $0.name == scale } }
    }
    #expect(throws: CheckpointError.shapeMismatch(file: path, tensor: scale, expected: [40], actual: [20, 2])) {
      try read { $0[$0.firstIndex { $0.name == scale }!].shape = [20, 2] }
    }
    #expect(throws: CheckpointError.unexpectedTensor(file: path, name: "rnn.bias_hh_l0.scale")) {
      try read { $0.append((name: "rnn.bias_hh_l0.scale", dtype: .F32, shape: [40])) }
    }
  }
}
