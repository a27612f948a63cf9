import Foundation
import Recurrent
import RecurrentExchange
import TestSupport
import Testing

/// CuDNNLSTM and CuDNNGRU of Keras keep each gate's weights as cuDNN wants them, and two biases.
@Suite("Weights of Keras's layers for cuDNN")
struct CuDNNTests {
  /// A kernel [inputs, G·H] as a plain layer has it, in the layout of one for cuDNN: each gate's [inputs, H] becomes the
  /// numbers of its transpose, in the same shape (Keras's own conversion, `transpose_input`).
  private func kernel(_ plain: [Float], inputs: Int, hidden: Int, gates: Int) -> [Float] {
    let width = gates * hidden
    var result = [Float](repeating: 0, count: plain.count)
    for gate in 0..<gates {
      for place in 0..<inputs * hidden {
        let (unit, input) = (place / inputs, place % inputs)
        result[place / hidden * width + gate * hidden + place % hidden] = plain[input * width + gate * hidden + unit]
      }
    }
    return result
  }

  @Test("They give the model of the same plain layers", arguments: [("lstm", 4), ("gru", 3)], [true, false])
  func conversion(cell: (name: String, gates: Int), isNamed: Bool) throws {
    let directory = try ScratchDirectory()
    let configuration = ModelConfiguration(
      cell: BuiltInCells.named(cell.name)!, input: .vectors(size: 3), hiddenSize: 5, outputSize: 2)
    let model = try Model<Float>(configuration, seed: 4)
    try model.saveKeras(to: directory.file("plain.npz"))
    let plain = try NPZFile(path: directory.file("plain.npz")).arrays
    func values(_ end: String) throws -> [Float] { try #require(plain.first { $0.name == "0." + end }).values() }
    // Keras's order of gates: i f c o as ours; z r h are our second, first, third.
    let order = cell.gates == 4 ? [0, 1, 2, 3] : [1, 0, 2]
    let biases = ["ih", "hh"].flatMap { kind in
      let ours = model[parameter: "rnn.bias_\(kind)_l0"]
      return order.flatMap { ours[$0 * 5..<($0 + 1) * 5] }
    }
    let layer = isNamed ? "cu_dnn\(cell.name)/" : ""
    let arrays: [(name: String, shape: [Int], values: [Float])] = [
      (layer + "kernel", [3, cell.gates * 5], kernel(try values("kernel"), inputs: 3, hidden: 5, gates: cell.gates)),
      (
        layer + "recurrent_kernel", [5, cell.gates * 5],
        kernel(try values("recurrent_kernel"), inputs: 5, hidden: 5, gates: cell.gates)
      ),
      (layer + "bias", [2 * cell.gates * 5], biases),
      (isNamed ? "dense/kernel" : "3", [5, 2], try #require(plain.first { $0.name == "1.kernel" }).values()),
      (isNamed ? "dense/bias" : "4", [2], model[parameter: "linear.bias"]),
    ]
    let named = isNamed ? arrays : arrays.enumerated().map { ("arr_\($0)", $1.shape, $1.values) }
    try NPZFile.write(to: directory.file("cudnn.npz"), arrays: named.map { ($0.0, $0.1) }) { named[$0].2 }
    let loaded = try Model<Float>(keras: directory.file("cudnn.npz"))
    #expect(loaded.configuration.cell.name == cell.name)
    #expect(loaded.allParameters == model.allParameters)
  }

  @Test("A bias of neither size is refused")
  func otherSizes() throws {
    let directory = try ScratchDirectory()
    for size in [15, 24, 60] {
      let shapes = [("a/kernel", [3, 20]), ("a/recurrent_kernel", [5, 20]), ("a/bias", [size])]
      try NPZFile.write(to: directory.file("a.npz"), arrays: shapes) {
        [Float](repeating: 0, count: shapes[$0].1.reduce(1, *))
      }
      let error = #expect(throws: ExchangeError.self) { try Model<Float>(keras: directory.file("a.npz")) }
      #expect(error?.description.contains("\"a/bias\" has shape [\(size)], expected [20]") == true)
    }
  }
}
