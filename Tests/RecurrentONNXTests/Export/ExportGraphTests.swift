import Foundation
import Recurrent
import SwiftProtobuf
import Testing

import RecurrentONNX

/// What stands in an exported file: nodes, attributes, the order of gates, names, metadata.
@Suite struct ExportGraphTests {
  private func message<S: Scalar>(
    _ model: Model<S>, _ options: ONNXExportOptions = ONNXExportOptions()
  ) throws -> ONNXModelProto {
    try ONNXModelProto(serializedBytes: model.onnx(options: options))
  }

  private func node(_ type: String, of message: ONNXModelProto) throws -> ONNXNodeProto {
    try #require(message.graph.node.first { $0.opType == type })
  }

  /// A model whose parameters count up: every number tells where it came from.
  private func counting(_ cell: some RecurrentCell, hidden: Int, inputs: Int) throws -> Model<Float> {
    var model = try Model<Float>(
      ModelConfiguration(cell: cell, input: .vectors(size: inputs), hiddenSize: hidden), seed: 1)
    for (index, entry) in model.table.entries.enumerated() {
      model[parameter: entry.name] = (0..<entry.count).map { Float(1000 * (index + 1) + $0) }
    }
    return model
  }

  private func floats(_ name: String, of message: ONNXModelProto) throws -> [Float] {
    try #require(message.graph.initializer.first { $0.name == name }).floatData
  }

  private func int(_ name: String, of node: ONNXNodeProto) -> Int64? { node.attribute.first { $0.name == name }?.i }

  private func texts(_ name: String, of node: ONNXNodeProto) -> [String]? {
    node.attribute.first { $0.name == name }?.strings.map { String(decoding: $0, as: UTF8.self) }
  }

  // MARK: Order of gates. Parameters: 1000 Wᵢ, 2000 Wₕ, 3000 bᵢ, 4000 bₕ, 5000 vectors; one input, two units.

  @Test func lstm() throws {
    let message = try message(counting(.lstm, hidden: 2, inputs: 1))
    let node = try node("LSTM", of: message)
    #expect(node.input == ["input", "rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_l0"])
    #expect(int("hidden_size", of: node) == 2)
    #expect(int("input_forget", of: node) == nil)
    // i f g o becomes i o f c.
    #expect(try floats("rnn.weight_ih_l0", of: message) == [1000, 1001, 1006, 1007, 1002, 1003, 1004, 1005])
    #expect(
      try floats("rnn.weight_hh_l0", of: message)
        == [0, 1, 2, 3, 12, 13, 14, 15, 4, 5, 6, 7, 8, 9, 10, 11].map { 2000 + $0 })
    let order: [Float] = [0, 1, 6, 7, 2, 3, 4, 5]
    #expect(try floats("rnn.bias_l0", of: message) == order.map { 3000 + $0 } + order.map { 4000 + $0 })
  }

  @Test func peepholes() throws {
    let message = try message(counting(.lstmPeephole, hidden: 2, inputs: 1))
    #expect(try node("LSTM", of: message).input.last == "rnn.vectors_l0")
    // i f o becomes i o f.
    #expect(try floats("rnn.vectors_l0", of: message) == [5000, 5001, 5004, 5005, 5002, 5003])
  }

  @Test func coupled() throws {
    let message = try message(counting(.lstmCoupled, hidden: 1, inputs: 1))
    #expect(try int("input_forget", of: node("LSTM", of: message)) == 1)
    // i g o becomes i o −i c: the forget gate is right also where the attribute is ignored.
    #expect(try floats("rnn.weight_ih_l0", of: message) == [1000, 1002, -1000, 1001])
    #expect(try floats("rnn.bias_l0", of: message) == [3000, 3002, -3000, 3001, 4000, 4002, -4000, 4001])
  }

  @Test func gru() throws {
    for (cell, flag) in [(GRUCell.gru as any RecurrentCell, 1 as Int64?), (ResetBeforeGRUCell.gruResetBefore, nil)] {
      let message = try message(counting(cell, hidden: 1, inputs: 2))
      #expect(try int("linear_before_reset", of: node("GRU", of: message)) == flag)
      // r z n becomes z r h.
      #expect(try floats("rnn.weight_ih_l0", of: message) == [1002, 1003, 1000, 1001, 1004, 1005])
      #expect(try floats("rnn.weight_hh_l0", of: message) == [2001, 2000, 2002])
      #expect(try floats("rnn.bias_l0", of: message) == [3001, 3000, 3002, 4001, 4000, 4002])
    }
  }

  @Test func elman() throws {
    for (cell, name) in [(ElmanCell.rnn, "Tanh"), (ElmanCell.rnnReLU, "Relu")] {
      let message = try message(counting(cell, hidden: 2, inputs: 1))
      #expect(try texts("activations", of: node("RNN", of: message)) == [name])
      #expect(try floats("rnn.weight_ih_l0", of: message) == [1000, 1001])
    }
  }

  /// Cells without a recurrent product: Wᵢ, bᵢ and, of indrnn, vectors.
  @Test func withoutProduct() throws {
    let minimal = try message(counting(.minGRU, hidden: 1, inputs: 1))
    #expect(try texts("activations", of: node("GRU", of: minimal)) == ["Sigmoid", "Affine"])
    #expect(try floats("rnn.weight_ih_l0", of: minimal) == [-1000, 0, 1001])
    #expect(try floats("rnn.bias_l0", of: minimal) == [-2000, 0, 2001, 0, 0, 0])
    let independent = try message(counting(.indRNN, hidden: 2, inputs: 1))
    #expect(try texts("activations", of: node("RNN", of: independent)) == ["Relu"])
    #expect(try floats("rnn.vectors_l0", of: independent) == [3000, 3001])
  }

  // MARK: Names and shapes

  @Test func bothDirections() throws {
    var configuration = ModelConfiguration(
      cell: .gru, input: .embedding(vocabularySize: 5, size: 3), hiddenSize: 4, layerCount: 2,
      directions: .both(merge: .concatenate), outputSize: 2)
    configuration.trainsInitialState = true
    let model = try Model<Double>(configuration, seed: 1)
    let message = try message(model)
    let shapes = Dictionary(
      uniqueKeysWithValues: message.graph.initializer.filter { $0.dataType == 11 }.map { ($0.name, $0.dims) })
    #expect(
      shapes == [
        "embedding.weight": [5, 3], "rnn.weight_ih_l0": [2, 12, 3], "rnn.weight_hh_l0": [2, 12, 4],
        "rnn.bias_l0": [2, 24], "rnn.initial_h_l0": [2, 1, 4], "rnn.weight_ih_l1": [2, 12, 8],
        "rnn.weight_hh_l1": [2, 12, 4], "rnn.bias_l1": [2, 24], "rnn.initial_h_l1": [2, 1, 4],
        "linear.weight": [2, 8], "linear.bias": [2],
      ])
    #expect(try node("GRU", of: message).attribute.contains { $0.s == Data("bidirectional".utf8) })
    #expect(message.graph.input.map(\.name) == ["tokens"])
    #expect(message.graph.output.map(\.name) == ["output"])
  }

  @Test func statesAndLengths() throws {
    let model = try Model<Float>(
      ModelConfiguration(cell: .lstm, input: .vectors(size: 3), hiddenSize: 4, layerCount: 2, outputSize: 2), seed: 1)
    let message = try message(model, ONNXExportOptions(batchFirst: true, lengths: true, states: true))
    #expect(
      message.graph.input.map(\.name)
        == ["input", "lengths", "initial_h_l0", "initial_c_l0", "initial_h_l1", "initial_c_l1"])
    #expect(
      message.graph.output.map(\.name) == ["output", "final_h_l0", "final_c_l0", "final_h_l1", "final_c_l1"])
    let axes = message.graph.input[0].type.tensorType.shape.dim
    #expect(axes.map(\.dimParam) == ["N", "T", ""])
    #expect(axes[2].dimValue == 3)
    #expect(message.graph.input[1].type.tensorType.elemType == 6)
    #expect(message.graph.node.filter { $0.opType == "LSTM" }.allSatisfy { $0.input[4] == "lengths" })
  }

  @Test func metadata() throws {
    let vocabulary = try Vocabulary(unit: .unicodeScalar, symbols: [97, 98, 0x1F600])
    var model = try Model<Float>(
      ModelConfiguration(cell: .lstm, input: .oneHot(vocabularySize: 3), hiddenSize: 4, outputSize: 3), seed: 1,
      vocabulary: vocabulary)
    model.annotations = ["scale": "2"]
    let message = try message(model)
    #expect(message.producerName == "Recurrent")
    #expect(!message.producerVersion.isEmpty)
    #expect(message.domain.isEmpty)
    let entries = Dictionary(uniqueKeysWithValues: message.metadataProps.map { ($0.key, $0.value) })
    #expect(entries["format"] == "recurrent")
    #expect(entries["configuration"]?.contains(#""cell":"lstm""#) == true)
    #expect(entries["vocabulary"] == #"{"unit":"scalar","symbols":[97,98,128512]}"#)
    #expect(entries["annotation.scale"] == "2")
  }

  @Test(arguments: [(17, 8), (18, 8), (19, 9), (20, 9), (21, 10), (22, 10), (23, 11)])
  func versions(opset: Int, format: Int64) throws {
    let model = try Model<Float>(
      ModelConfiguration(
        cell: .rnn, input: .vectors(size: 2), hiddenSize: 3, outputSize: 1, head: .maxOverSteps), seed: 1)
    let message = try message(model, ONNXExportOptions(opset: opset))
    #expect(message.irVersion == format)
    #expect(message.opsetImport.map(\.version) == [Int64(opset)])
    let greatest = try node("ReduceMax", of: message)
    #expect(greatest.input.count == (opset < 18 ? 1 : 2))
    #expect(greatest.attribute.contains { $0.name == "axes" } == (opset < 18))
  }

  @Test func sameModelSameBytes() throws {
    let exported = ExportCase(47)
    let first = try exported.model(Float.self).onnx(options: exported.options)
    let second = try exported.model(Float.self).onnx(options: exported.options)
    #expect(first == second)
  }
}
