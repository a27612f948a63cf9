import Foundation
import Recurrent
import RecurrentExchange
import Storage
import Testing

/// What `rnn import` and `rnn run` say where files, names and options do not fit each other.
struct ImportTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  private func path(_ name: String) -> String { place.url(name).path }

  private func write(_ shapes: [(name: String, shape: [Int])], to name: String) throws {
    func values(_ shape: [Int]) -> [Float] { (0..<shape.reduce(1, *)).map { Float(sin(Double($0))) } }
    if name.hasSuffix(".npz") {
      try NPZFile.write(to: path(name), arrays: shapes) { values(shapes[$0].shape) }
    } else {
      try Safetensors.write(to: path(name), tensors: shapes.map { ($0.name, .F32, $0.shape) }) {
        (tensor, file) throws(FileError) in
        let numbers = values(tensor.shape)
        try file.write(numbers.span)
      }
    }
  }

  private func layer(_ gates: Int, _ inputs: Int, _ hidden: Int, prefix: String = "rnn.") -> [(
    name: String, shape: [Int]
  )] {
    [
      (prefix + "weight_ih_l0", [gates * hidden, inputs]), (prefix + "weight_hh_l0", [gates * hidden, hidden]),
      (prefix + "bias_ih_l0", [gates * hidden]), (prefix + "bias_hh_l0", [gates * hidden]),
    ]
  }

  /// What is said of a cell is true of it.
  @Test(arguments: [
    ("lstm-peephole", "has as many and vectors besides, peephole_"), ("lstm-norm", "has as many and vectors besides"),
    ("lstm-coupled", "the cell lstm-coupled has 3"), ("gru", "the cell gru has 3"), ("rnn", "the cell rnn has 1"),
    ("mingru", "the cell mingru has 2"),
  ])
  func cells(cell: String, part: String) throws {
    try write(layer(4, 2, 3), to: "w.safetensors")
    expectFailure(try place.rnn("import", "w.safetensors", "m.st", "--cell", cell), 1, "4 gates, as of lstm", part)
    try write(
      [("a", [2, 12]), ("b", [3, 12]), ("c", [12]), ("d", [3, 2]), ("e", [2])], to: "w.npz")
    expectFailure(
      try place.rnn("import", "w.npz", "m.st", "--cell", cell), 1, "the arrays are of lstm, not of \(cell)")
    expectFailure(
      try place.rnn("import", "w.npz", "m.st", "--directions", "sum"), 1, "the arrays are of layers in one direction")
  }

  /// A mapping that was given is not advised again.
  @Test func mappings() throws {
    try write(layer(3, 2, 4) + [("final_conv.weight", [5, 4, 1]), ("final_conv.bias", [5])], to: "w.safetensors")
    expectFailure(try place.rnn("import", "w.safetensors", "m.st"), 1, "final_conv.weight", "--ignore", "--prefix")
    let mapped = try place.rnn("import", "w.safetensors", "m.st", "--prefix", "final_conv=linear")
    expectFailure(mapped, 1, "\"final_conv.weight\" has shape [5, 4, 1], expected [outputs, 4]")
    #expect(!mapped.errors.contains("--prefix"))
    try write(
      [
        ("w_in", [12, 2]), ("w_state", [12, 4]), ("b.in", [12]), ("b.state", [12]), ("out", [3, 4]),
      ], to: "w.safetensors")
    expectFailure(try place.rnn("import", "w.safetensors", "m.st"), 1, "--prefix NAME=rnn.weight_ih_l0")
    let whole = try place.rnn(
      "import", "w.safetensors", "m.st", "--prefix", "w_in=rnn.weight_ih_l0", "--prefix", "w_state=rnn.weight_hh_l0",
      "--prefix", "b.in=rnn.bias_ih_l0", "--prefix", "b.state=rnn.bias_hh_l0", "--prefix", "out=linear.weight")
    #expect(whole.status == 0 && whole.text.contains("gru, 1 × 4, vectors of 2; 3 outputs"), "\(whole.errors)")
    #expect(try place.rnn("import", "--help").text.contains("rnn.weight_ih_l1"))
  }

  @Test func unknownKeysOfAConfiguration() throws {
    try write(layer(4, 2, 3), to: "w.safetensors")
    let good = "\"cell\": \"lstm\", \"hidden_size\": 3, \"layers\": 1, \"output_size\": 3, \"head\": \"none\""
    let input = "\"input\": {\"kind\": \"vectors\", \"size\": 2}"
    for (text, key) in [
      ("{\(good), \(input), \"num_layers\": 1}", "num_layers"), ("{\(good), \(input), \"Residual\": true}", "Residual"),
      ("{\"configuration\": {\(good), \(input), \"bidirectionnal\": \"sum\"}}", "bidirectionnal"),
      ("{\(good), \"input\": {\"kind\": \"vectors\", \"size\": 2, \"width\": 2}}", "width"),
    ] {
      try place.write(text, to: "c.json")
      let outcome = try place.rnn("import", "w.safetensors", "m.st", "--config", "c.json")
      expectFailure(
        outcome, 1, "c.json", "there is no key \"\(key)\"", key == "width" ? "vocabulary_size" : "head_dropout")
    }
    for text in ["[1]", "\"lstm\"", "{\"cell\": }"] {
      try place.write(text, to: "c.json")
      let outcome = try place.rnn("import", "w.safetensors", "m.st", "--config", "c.json")
      expectFailure(outcome, 1, "c.json")
      #expect(!outcome.errors.contains("damaged"))
    }
    try place.write("{\(good), \(input)}", to: "c.json")
    #expect(try place.rnn("import", "w.safetensors", "m.st", "--config", "c.json").status == 0)
    // Every key that the help names is one that model files have.
    let help = try place.rnn("import", "--help").text
    for key in ModelConfiguration.keysInFiles + ModelConfiguration.inputKeysInFiles { #expect(help.contains(key)) }
  }

  /// Names of PyTorch in a file of NumPy.
  @Test func namesInNPZ() throws {
    try write(layer(3, 2, 4, prefix: "encoder.gru.") + [("fc.weight", [3, 4]), ("fc.bias", [3])], to: "w.npz")
    let outcome = try place.rnn("import", "w.npz", "m.st")
    #expect(outcome.status == 0 && outcome.text.contains("gru, 1 × 4, vectors of 2; 3 outputs"), "\(outcome.errors)")
    #expect(try place.rnn("inspect", "w.npz").text.contains("PyTorch state dictionary: gru"))
    try write(
      [("lstm/cell/kernel:0", [2, 16]), ("lstm/cell/recurrent_kernel:0", [4, 16]), ("lstm/cell/bias:0", [16])],
      to: "k.npz")
    let keras = try place.rnn("import", "k.npz", "k.st")
    #expect(keras.status == 0 && keras.text.contains("lstm, 1 × 4"), "\(keras.errors)")
  }

  /// A file without one of the names of tied weights.
  @Test func tiedWeights() throws {
    let weights = layer(3, 4, 4) + [("encoder.weight", [7, 4])]
    try write(weights + [("decoder.bias", [7])], to: "w.safetensors")
    var outcome = try place.rnn("import", "w.safetensors", "m.st")
    #expect(outcome.status == 0 && outcome.text.contains("7 tokens embedded in 4; 7 outputs"), "\(outcome.errors)")
    let model = try Model<Float>(contentsOf: path("m.st"))
    #expect(model[parameter: "linear.weight"] == model[parameter: "embedding.weight"])
    #expect(model[parameter: "linear.bias"].contains { $0 != 0 })
    // Without a bias nothing in the file tells: it is said.
    try write(weights, to: "w.safetensors")
    outcome = try place.rnn("import", "w.safetensors", "m.st")
    #expect(outcome.status == 0 && outcome.text.contains("no head") && outcome.errors.contains("--head every-step"))
    outcome = try place.rnn("import", "w.safetensors", "m.st", "--head", "every-step")
    #expect(outcome.status == 0 && outcome.text.contains("7 outputs") && outcome.errors.isEmpty, "\(outcome.errors)")
    // The other name is the one that was kept.
    try write(layer(3, 4, 4) + [("decoder.weight", [7, 4]), ("decoder.bias", [7])], to: "w.safetensors")
    outcome = try place.rnn("import", "w.safetensors", "m.st")
    #expect(outcome.errors.contains("--prefix decoder.weight=embedding.weight"), "\(outcome.errors)")
    outcome = try place.rnn(
      "import", "w.safetensors", "m.st", "--prefix", "decoder.weight=embedding.weight", "--head", "every-step")
    #expect(outcome.status == 0 && outcome.text.contains("7 tokens embedded in 4; 7 outputs"), "\(outcome.errors)")
  }

  /// Arrays without a name, and lists of names.
  @Test func namesInMessagesOfRuns() throws {
    let tokens = ModelConfiguration(cell: .gru, input: .oneHot(vocabularySize: 3), hiddenSize: 2, outputSize: 3)
    try Model<Float>(tokens, seed: 1).save(to: path("m.st"))
    let header = Array("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }".utf8)
    let npy = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count + 1), 0] + header + [0x0A, 2, 5]
    try Data(npy).write(to: place.url("x.npy"))
    let outcome = try place.rnn("run", "m.st", "--input", "x.npy", "--output", "y.npy")
    expectFailure(outcome, 1, "x.npy: token 5 at [1] is not in 0..<3")
    #expect(!outcome.errors.contains("\"\""))
    try Safetensors.write(to: path("x.st"), tensors: [("words", .U8, [2])]) { (_, file) throws(FileError) in
      let bytes: [UInt8] = [0, 1]
      try file.write(bytes.span)
    }
    expectFailure(
      try place.rnn("run", "m.st", "--input", "x.st", "--output", "y.npy", "--lengths-tensor", "sizes"), 1,
      "no tensor \"sizes\"", "it has \"words\"")
    expectFailure(
      try place.rnn("run", "m.st", "--input", "x.st", "--output", "y.npy", "--input-tensor", "tokens"), 1,
      "no tensor \"tokens\"", "it has \"words\"")
  }
}
