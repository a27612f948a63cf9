import Foundation
import Recurrent
import RecurrentExchange
import Testing
import Storage
import TestSupport

@Suite("Weights of Keras")
struct KerasTests {
  @Test(
    "Models that Keras saved compute what they computed there",
    arguments: [
      ("keras-rnn", "rnn"), ("keras-lstm", "lstm"), ("keras-gru", "gru"),
      ("keras-gru-reset-before", "gru-reset-before"), ("keras-bidirectional-last-step", "gru"),
      ("keras-bidirectional-names", "lstm"),
    ])
  func fixtures(name: String, cell: String) throws {
    var options = KerasOptions()
    if name.hasSuffix("last-step") { options.head = .lastStep }
    if name.hasSuffix("names") { options.directions = .both(merge: .average) }
    let model = try Model<Double>(keras: ExchangeFixture.path(name + ".npz"), options: options)
    #expect(model.configuration.cell.name == cell)
    try ExchangeFixture.check(model, run: name, isBatchFirst: true)
  }

  /// A model without biases that Keras would have to add, so that nothing is rounded.
  private func exactModel<S: Scalar>(_ configuration: ModelConfiguration, _ scalar: S.Type) throws -> Model<S> {
    var model = try Model<S>(configuration, seed: 2)
    if configuration.cell.name != "gru" {
      for entry in model.table.entries where entry.name.hasPrefix("rnn.bias_hh") {
        model[parameter: entry.name] = [S](repeating: 0, count: entry.count)
      }
    }
    return model
  }

  @Test(
    "What is saved is read again to the bit", arguments: ["rnn", "rnn-relu", "lstm", "gru", "gru-reset-before"],
    [Directions.forward, .both(merge: .concatenate), .both(merge: .sum)])
  func roundTrip(cell: String, directions: Directions) throws {
    let directory = try ScratchDirectory()
    var configuration = ModelConfiguration(
      cell: BuiltInCells.named(cell)!, input: .embedding(vocabularySize: 5, size: 2), hiddenSize: 3, layerCount: 12,
      directions: directions, outputSize: 4, head: .lastStep)
    configuration.hiddenSizes = (0..<12).map { 2 + $0 % 3 }
    let model = try exactModel(configuration, Float.self)
    var options = KerasOptions()
    options.head = .lastStep
    options.directions = directions
    options.cell = configuration.cell
    for name in ["a.npz", "a.safetensors"] {
      try model.saveKeras(to: directory.file(name))
      let loaded = try Model<Float>(keras: directory.file(name), options: options)
      #expect(loaded.allParameters == model.allParameters, "\(name)")
      #expect(loaded.configuration.hiddenSizes == configuration.hiddenSizes)
    }
    let names = try NPZFile(path: directory.file("a.npz")).arrays.map(\.name)
    #expect(names[0] == "0.embeddings" && names[names.count - 1] == "13.bias")
    let order = try JSON(parsing: SafetensorsFile(path: directory.file("a.safetensors")).metadata("order")!)
    #expect(order.array?.map(\.string) == names)
  }

  @Test("Two biases become their sum, where Keras has one")
  func biases() throws {
    let directory = try ScratchDirectory()
    let configuration = ModelConfiguration(cell: .lstm, input: .vectors(size: 2), hiddenSize: 3)
    let model = try Model<Float>(configuration, seed: 1)
    try model.saveKeras(to: directory.file("a.npz"))
    let loaded = try Model<Float>(keras: directory.file("a.npz"))
    let sum = zip(model[parameter: "rnn.bias_ih_l0"], model[parameter: "rnn.bias_hh_l0"]).map { $0 + $1 }
    #expect(loaded[parameter: "rnn.bias_ih_l0"] == sum)
    #expect(loaded[parameter: "rnn.bias_hh_l0"].allSatisfy { $0 == 0 })
    #expect(loaded[parameter: "rnn.weight_hh_l0"] == model[parameter: "rnn.weight_hh_l0"])
  }

  /// arr_0 … of these shapes, with ones.
  private func arrays(_ shapes: [Int]..., in directory: ScratchDirectory) throws -> String {
    let path = directory.file("arrays.npz")
    try NPZFile.write(to: path, arrays: shapes.enumerated().map { ("arr_\($0)", $1) }) { index in
      [Float](repeating: 1, count: shapes[index].reduce(1, *))
    }
    return path
  }

  private func refusal(
    _ path: String, _ parts: String..., options: KerasOptions = KerasOptions(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: ExchangeError.self, sourceLocation: sourceLocation) {
      _ = try Model<Float>(keras: path, options: options)
    }
    let text = error?.description ?? ""
    for part in parts { #expect(text.contains(part), "\(text)", sourceLocation: sourceLocation) }
    #expect(!text.contains("\n"))
  }

  @Test("Arrays without names, where shapes alone do not decide")
  func ambiguous() throws {
    let directory = try ScratchDirectory()
    // Two LSTMs of 3 on 3, or one in both directions.
    let path = try arrays([3, 12], [3, 12], [12], [3, 12], [3, 12], [12], in: directory)
    refusal(path, "2 × one direction", "1 × Bidirectional", "--directions")
    var options = KerasOptions()
    options.directions = .forward
    #expect(try Model<Float>(keras: path, options: options).configuration.layerCount == 2)
    options.directions = .both(merge: .concatenate)
    #expect(try Model<Float>(keras: path, options: options).configuration.layerCount == 1)
    // A Dense decides it.
    let decided = try arrays([3, 12], [3, 12], [12], [3, 12], [3, 12], [12], [6, 2], [2], in: directory)
    #expect(try Model<Float>(keras: decided).configuration.directions == .both(merge: .concatenate))
    // Without biases.
    let bare = try arrays([2, 9], [3, 9], [3, 2], in: directory)
    let model = try Model<Float>(keras: bare)
    #expect(model.configuration.cell.name == "gru" && model.configuration.outputSize == 2)
    #expect(model[parameter: "rnn.bias_ih_l0"].allSatisfy { $0 == 0 })
  }

  @Test("Arrays that are no model")
  func faults() throws {
    let directory = try ScratchDirectory()
    refusal(try arrays([3, 12], [3, 11], [12], in: directory), "arr_1 [3, 11]", "get_weights()")
    refusal(try arrays([3, 0], [0, 0], in: directory), "get_weights()")
    refusal(try arrays([2, 9], [3, 9], [9], [9, 9], [9, 9], in: directory), "arr_4")
    let named = directory.file("named.npz")
    func names(_ list: (String, [Int])...) throws -> String {
      try NPZFile.write(to: named, arrays: list) { [Float](repeating: 1, count: list[$0].1.reduce(1, *)) }
      return named
    }
    refusal(try names(("lstm/recurrent_kernel", [3, 12])), "lstm.kernel", "recurrent_kernel")
    refusal(
      try names(("a/kernel", [2, 12]), ("a/recurrent_kernel", [3, 12]), ("a/gamma", [3])), "a/gamma")
    refusal(
      try names(("a/kernel", [2, 12]), ("a/recurrent_kernel", [3, 12]), ("a/bias", [13])), "a/bias", "[12]")
    refusal(
      try names(
        ("a/forward/kernel", [2, 12]), ("a/forward/recurrent_kernel", [3, 12]), ("a/backward/kernel", [2, 12]),
        ("a/backward/recurrent_kernel", [3, 12]), ("b/kernel", [6, 12]), ("b/recurrent_kernel", [3, 12])),
      "Bidirectional")
    refusal(
      try names(("a/kernel", [2, 12]), ("a/recurrent_kernel", [3, 12]), ("a.bias", [12]), ("a/bias", [12])), "a/bias")
    var options = KerasOptions()
    options.cell = .gru
    refusal(try names(("kernel", [2, 12]), ("recurrent_kernel", [3, 12])), "lstm", options: options)
    options.cell = .gruResetBefore
    refusal(
      try names(("kernel", [2, 9]), ("recurrent_kernel", [3, 9]), ("bias", [2, 9])), "gru", options: options)
  }

  @Test("What Keras has not is named")
  func inexpressible() throws {
    let directory = try ScratchDirectory()
    func refusal(_ cell: some RecurrentCell, _ text: String, _ change: (inout ModelConfiguration) -> Void = { _ in })
      throws
    {
      var configuration = ModelConfiguration(
        cell: cell, input: .vectors(size: 3), hiddenSize: 3, layerCount: 2, outputSize: 2)
      change(&configuration)
      let model = try Model<Float>(configuration, seed: 1)
      let error = #expect(throws: ExchangeError.self) { try model.saveKeras(to: directory.file("a.npz")) }
      #expect(error?.description.contains(text) == true && error?.description.contains("Keras") == true)
    }
    for cell in BuiltInCells.all where !["rnn", "rnn-relu", "lstm", "gru", "gru-reset-before"].contains(cell.name) {
      try refusal(cell, "cell \(cell.name)")
    }
    try refusal(.lstm, "projection") { $0.projectionSize = 2 }
    try refusal(.lstm, "residual") { $0.isResidual = true }
    try refusal(.lstm, "initial state") { $0.trainsInitialState = true }
    #expect(try directory.names.isEmpty)
  }
}
