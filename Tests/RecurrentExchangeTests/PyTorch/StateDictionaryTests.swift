import Foundation
import Recurrent
import RecurrentExchange
import Testing
import Storage
import TestSupport

@Suite("State dictionaries of PyTorch")
struct StateDictionaryTests {
  // MARK: What PyTorch saved

  @Test(
    "Models that PyTorch saved compute what they computed there",
    arguments: [
      ("torch-lstm-bidirectional-projection-bf16", "lstm"), ("torch-gru-f16", "gru"),
      ("torch-rnn-relu-f64-wrapped", "rnn-relu"), ("torch-lstm-embedding-last-step", "lstm"), ("torch-gru-tied", "gru"),
    ])
  func fixtures(name: String, cell: String) throws {
    var options = StateDictionaryOptions()
    if cell == "rnn-relu" { options.cell = .rnnReLU }
    if name.hasSuffix("last-step") { options.head = .lastStep }
    let path = ExchangeFixture.path(name + ".safetensors")
    let model = try Model<Double>(stateDictionary: path, options: options)
    #expect(model.configuration.cell.name == cell)
    try ExchangeFixture.check(model, run: name, isBatchFirst: false)
  }

  @Test("Numbers of 16 bits are converted exactly")
  func narrowNumbers() throws {
    let file = try SafetensorsFile(path: ExchangeFixture.path("torch-lstm-bidirectional-projection-bf16.safetensors"))
    let tensor = try file.tensor("lstm.weight_hr_l1")
    #expect(tensor.dtype == .BF16)
    let data = try file.bytes(of: tensor)
    let bits = (0..<tensor.elementCount).map { UInt32(data[2 * $0]) << 16 | UInt32(data[2 * $0 + 1]) << 24 }
    let model = try Model<Float>(stateDictionary: file.file)
    #expect(model[parameter: "rnn.weight_hr_l1"].map(\.bitPattern) == bits)
  }

  // MARK: Names

  /// A file with these tensors, all of ones, and metadata.
  private func file(
    _ shapes: [String: [Int]], metadata: [(key: String, value: String)] = [], in directory: ScratchDirectory
  ) throws -> String {
    let path = directory.file("weights.safetensors")
    try Safetensors.write(
      to: path, tensors: shapes.map { (name: $0.key, dtype: .F32, shape: $0.value) }, metadata: metadata
    ) { (tensor, file) throws(FileError) in
      let ones = [Float](repeating: 1, count: tensor.elementCount)
      try file.write(ones.span)
    }
    return path
  }

  private func layer(_ prefix: String, gates: Int, inputs: Int, hidden: Int) -> [String: [Int]] {
    [
      prefix + "weight_ih_l0": [gates * hidden, inputs], prefix + "weight_hh_l0": [gates * hidden, hidden],
      prefix + "bias_ih_l0": [gates * hidden], prefix + "bias_hh_l0": [gates * hidden],
    ]
  }

  private func read(_ path: String, _ change: (inout StateDictionaryOptions) -> Void = { _ in }) throws -> Model<Float>
  {
    var options = StateDictionaryOptions()
    change(&options)
    return try Model<Float>(stateDictionary: path, options: options)
  }

  private func refusal(
    _ path: String, _ parts: String..., change: (inout StateDictionaryOptions) -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: ExchangeError.self, sourceLocation: sourceLocation) { _ = try read(path, change) }
    let text = error?.description ?? ""
    for part in parts { #expect(text.contains(part), "\(text)", sourceLocation: sourceLocation) }
    #expect(!text.contains("\n"))
  }

  @Test("Prefixes of any depth, none at all, and cells")
  func prefixes() throws {
    let directory = try ScratchDirectory()
    for prefix in ["", "rnn.", "module.model.encoder.gru."] {
      let model = try read(file(layer(prefix, gates: 3, inputs: 2, hidden: 5), in: directory))
      #expect(model.configuration.cell.name == "gru" && model.configuration.head == .none)
      #expect(model.parameterCount == 15 * 2 + 15 * 5 + 30)
    }
    let cell = Dictionary(
      uniqueKeysWithValues: layer("cell.", gates: 4, inputs: 2, hidden: 3).map {
        (String($0.key.dropLast(3)), $0.value)
      })
    #expect(try read(file(cell, in: directory)).configuration.cell.name == "lstm")
  }

  @Test("Several recurrent layers are ambiguous until a mapping names one and the rest is left out")
  func severalLayers() throws {
    let directory = try ScratchDirectory()
    let shapes = layer("a.lstm.", gates: 4, inputs: 2, hidden: 3).merging(
      layer("b.lstm.", gates: 4, inputs: 3, hidden: 3)
    ) { $1 }
    let path = try file(shapes, in: directory)
    refusal(path, "a.lstm", "b.lstm", "--prefix", "--ignore")
    refusal(path, "a.lstm.weight_ih_l0", "--ignore") { $0.mapping = [(from: "b.lstm", to: "rnn")] }
    let second = try read(path) { options in
      options.mapping = [(from: "b.lstm", to: "rnn")]
      options.ignored = ["a"]
    }
    #expect(second.configuration.input == .vectors(size: 3))
    // Or one stack of both, name by name.
    let stack = try read(path) { options in
      options.mapping = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map {
        (from: "b.lstm.\($0)_l0", to: "rnn.\($0)_l1")
      }
      options.mapping.append((from: "a.lstm", to: "rnn"))
    }
    #expect(stack.configuration.layerCount == 2 && stack.configuration.input == .vectors(size: 2))
    refusal(path, "rnn.bias_hh_l0", "could be") {
      $0.mapping = [(from: "a.lstm", to: "rnn"), (from: "b.lstm", to: "rnn")]
    }
  }

  @Test("Embedding and linear layer are told apart by shapes, then names, then a mapping")
  func embeddingsAndLinears() throws {
    let directory = try ScratchDirectory()
    // Widths differ: shapes say.
    var shapes = layer("rnn.", gates: 3, inputs: 2, hidden: 5)
    shapes["x.weight"] = [7, 2]
    shapes["y.weight"] = [7, 5]
    var model = try read(file(shapes, in: directory))
    #expect(model.configuration.input == .embedding(vocabularySize: 7, size: 2) && model.configuration.outputSize == 7)
    // The same widths: a bias, or names.
    shapes = layer("rnn.", gates: 3, inputs: 5, hidden: 5)
    shapes["x.weight"] = [7, 5]
    let path = try file(shapes, in: directory)
    refusal(path, "\"x.weight\" could be \"embedding\" or \"linear\"", "--prefix x=embedding")
    #expect(try read(path) { $0.mapping = [(from: "x", to: "linear")] }.configuration.head == .everyStep)
    #expect(try read(path) { $0.mapping = [(from: "x", to: "embedding")] }.configuration.head == .none)
    shapes["y.weight"] = [6, 5]
    shapes["y.bias"] = [6]
    model = try read(file(shapes, in: directory))
    #expect(model.configuration.input.vocabularySize == 7 && model.configuration.outputSize == 6)
    shapes = layer("rnn.", gates: 3, inputs: 5, hidden: 5)
    shapes["encoder.weight"] = [7, 5]
    shapes["decoder.weight"] = [4, 5]
    model = try read(file(shapes, in: directory))
    #expect(model.configuration.input.vocabularySize == 7 && model.configuration.outputSize == 4)
  }

  @Test("What is left over is listed")
  func leftOver() throws {
    let directory = try ScratchDirectory()
    var shapes = layer("rnn.", gates: 3, inputs: 2, hidden: 5)
    shapes["norm.weight"] = [5]
    shapes["norm.bias"] = [5]
    let path = try file(shapes, in: directory)
    refusal(path, "\"norm.bias\" and \"norm.weight\"", "--ignore")
    #expect(try read(path) { $0.ignored = ["norm"] }.parameterCount == 135)
    refusal(path, "norm") { $0.ignored = ["nor"] }
  }

  @Test("Tensors that are missing or do not fit are named")
  func faults() throws {
    let directory = try ScratchDirectory()
    var shapes = layer("gru.", gates: 3, inputs: 2, hidden: 5)
    shapes["gru.bias_hh_l0"] = nil
    refusal(try file(shapes, in: directory), "gru.bias_hh_l0")
    shapes["gru.bias_ih_l0"] = nil
    #expect(try read(file(shapes, in: directory))[parameter: "rnn.bias_ih_l0"] == [Float](repeating: 0, count: 15))
    shapes["gru.weight_ih_l0_reverse"] = [15, 2]
    refusal(try file(shapes, in: directory), "gru.weight_hh_l0_reverse")
    shapes["gru.weight_hh_l0_reverse"] = [15, 4]
    refusal(try file(shapes, in: directory), "gru.weight_hh_l0_reverse", "[15, 4]", "[15, 5]")
    refusal(try file(["weight_ih_l0": [10, 2], "weight_hh_l0": [10, 5]], in: directory), "1, 3 or 4 times 5")
    refusal(try file(["weight_ih_l0": [5, 0], "weight_hh_l0": [5, 5]], in: directory), "[5, 0]")
    refusal(try file(["weight_ih_l0": [5, 5], "weight_hh_l0": [5, 0]], in: directory), "[5, 0]")
    refusal(try file(["other.weight": [5, 5]], in: directory), "other.weight", "weight_ih_l0")
    // Only one of many layers is there: no table of so many is made.
    refusal(
      try file(
        layer("", gates: 3, inputs: 2, hidden: 5).merging(["weight_ih_l99999999": [15, 5]]) { $1 }, in: directory),
      "weight_ih_l99999999")
    var linear = layer("", gates: 1, inputs: 2, hidden: 5)
    linear["linear.weight"] = [3, 4]
    refusal(try file(linear, in: directory), "linear.weight", "[3, 4]", "[3, 5]")
    linear["linear.weight"] = nil
    linear["linear.bias"] = [3]
    refusal(try file(linear, in: directory), "linear.bias")
  }

  @Test("Options that the weights do not allow")
  func options() throws {
    let directory = try ScratchDirectory()
    let path = try file(layer("", gates: 3, inputs: 2, hidden: 5), in: directory)
    refusal(path, "lstm") { $0.cell = .lstm }
    refusal(path, "linear") { $0.head = .lastStep }
    #expect(try read(path) { $0.cell = .gruResetBefore }.configuration.cell.name == "gru-reset-before")
    #expect(try read(path) { $0.isOneHot = true }.configuration.input == .oneHot(vocabularySize: 2))
    let vocabulary = try Vocabulary(unit: .byte, symbols: [65, 66, 67])
    refusal(path, "vectors") { $0.vocabulary = vocabulary }
    refusal(path, "3 symbols", "2 tokens") { options in
      options.isOneHot = true
      options.vocabulary = vocabulary
    }
  }

  @Test("A configuration in place of what shapes say")
  func configuration() throws {
    let directory = try ScratchDirectory()
    var configuration = ModelConfiguration(
      cell: .lstmPeephole, input: .vectors(size: 2), hiddenSize: 3, outputSize: 4, head: .meanOverSteps)
    configuration.isResidual = true
    let model = try Model<Float>(configuration, seed: 3)
    let path = directory.file("model.safetensors")
    try model.save(to: path)
    let loaded = try read(path) { $0.configuration = configuration }
    #expect(loaded.allParameters == model.allParameters && loaded.configuration.head == .meanOverSteps)
    configuration.hiddenSize = 5
    refusal(path, "rnn.weight_ih_l0", "[12, 2]", "[20, 2]") { $0.configuration = configuration }
    // Without it the cell's own vectors have no place.
    refusal(path, "rnn.vectors_l0")
  }

  // MARK: Writing

  @Test("What is saved is read again, for every model that PyTorch has")
  func roundTrip() throws {
    let directory = try ScratchDirectory()
    var configuration = ModelConfiguration(
      cell: .lstm, input: .embedding(vocabularySize: 7, size: 2), hiddenSize: 3, layerCount: 2,
      directions: .both(merge: .concatenate), outputSize: 5)
    configuration.projectionSize = 2
    configuration.recurrentDropout = 0.5
    let path = directory.file("a.safetensors")
    let model = try Model<Double>(configuration, seed: 1)
    try model.saveStateDictionary(to: path)
    let file = try SafetensorsFile(path: path)
    #expect(Set(file.tensors.map(\.name)) == Set(model.table.entries.map(\.name)))
    #expect(file.metadata.map(\.key) == ["format"] && file.metadata("format") == "pt")
    #expect(try Model<Double>(stateDictionary: path).allParameters == model.allParameters)
  }

  @Test("What PyTorch has not is named")
  func inexpressible() throws {
    let directory = try ScratchDirectory()
    func refusal(_ cell: some RecurrentCell, _ text: String, _ change: (inout ModelConfiguration) -> Void = { _ in })
      throws
    {
      var configuration = ModelConfiguration(
        cell: cell, input: .vectors(size: 3), hiddenSize: 3, layerCount: 2, outputSize: 2)
      change(&configuration)
      let model = try Model<Float>(configuration, seed: 1)
      let error = #expect(throws: ExchangeError.self) {
        try model.saveStateDictionary(to: directory.file("a.safetensors"))
      }
      #expect(error?.description.contains(text) == true && error?.description.contains("PyTorch") == true)
    }
    for cell in BuiltInCells.all where !["rnn", "rnn-relu", "lstm", "gru"].contains(cell.name) {
      try refusal(cell, "cell \(cell.name)")
    }
    try refusal(.lstm, "differ by layer") { $0.hiddenSizes = [3, 4] }
    try refusal(.lstm, "merge of two directions by sum") { $0.directions = .both(merge: .sum) }
    try refusal(.lstm, "residual") { $0.isResidual = true }
    try refusal(.lstm, "all layers") { $0.headReadsAllLayers = true }
    try refusal(.lstm, "attention") { $0.attention = .dot }
    try refusal(.lstm, "initial state") { $0.trainsInitialState = true }
    #expect(try directory.names.isEmpty)
  }
}
