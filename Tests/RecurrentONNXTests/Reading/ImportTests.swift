import Recurrent
import SwiftProtobuf
import Testing

import RecurrentONNX

/// Graphs as models that can be trained.
@Suite struct ImportTests {
  /// The model's outputs are what PyTorch computed, up to the log-softmax that is left out at the end.
  @Test(arguments: Case.all(in: "PyTorch")) func takesWhatPyTorchWrites(_ test: Case) throws {
    let onnx = try test.model
    let model = try Model<Float>(onnx)
    let expected = try #require(try test.outputs["y"])
    let input = try #require(try test.inputs["x"])
    let isBatchFirst = !["gru_last", "gru_two_layers_both", "rnn_both"].contains { test.testDescription.hasSuffix($0) }
    let swapped = input.shape.count == 3 ? [1, 0, 2] : [1, 0]
    let timeMajor = isBatchFirst ? input.transposed(swapped) : input
    let (steps, batch) = (timeMajor.shape[0], timeMajor.shape[1])
    var pass = try InferencePass(model, steps: steps, batchSize: batch, threads: 1)
    if let tokens = timeMajor.integers {
      let tokens = tokens.map { Int32($0) }
      pass.run(tokens: tokens.span, continuing: true)
    } else {
      let vectors = timeMajor.floats
      pass.run(vectors: vectors.span, continuing: true)
    }
    let isPooled = model.configuration.head == .lastStep
    #expect(isPooled == (expected.shape.count == 2))
    let outputs = ONNXTensor(shape: (isPooled ? [batch] : [steps, batch]) + [3], pass.outputs)
    let ordered = isBatchFirst && !isPooled ? outputs.transposed([1, 0, 2]) : outputs
    // log-softmax leaves differences within a row as they are.
    let isShifted = onnx.nodes.contains { $0.kind == .logSoftmax }
    for row in stride(from: 0, to: ordered.count, by: 3) {
      let (ours, theirs) = (ordered.doubles[row..<row + 3], expected.doubles[row..<row + 3])
      let shift = isShifted ? theirs.first! - ours.first! : 0
      for (a, b) in zip(ours, theirs) { #expect(abs(a + shift - b) < 1e-5) }
    }
  }

  @Test func configurationsAreWhatPyTorchHad() throws {
    let first = try Model<Double>(Case("PyTorch/dynamo_lstm_two_layers_both").model).configuration
    #expect(first.cell.name == "lstm" && first.layerCount == 2 && first.hiddenSize == 6 && first.outputSize == 3)
    #expect(first.directions == .both(merge: .concatenate) && first.head == .everyStep)
    #expect(first.input == .vectors(size: 5))
    let second = try Model<Float>(Case("PyTorch/script_gru_last").model).configuration
    #expect(second.cell.name == "gru" && second.input == .embedding(vocabularySize: 11, size: 5))
    #expect(second.head == .lastStep && second.directions == .forward)
    #expect(try Model<Float>(Case("PyTorch/script_rnn_relu").model).configuration.cell.name == "rnn-relu")
  }

  /// One node with constant weights is a model without head; its cell may be one of this module's.
  @Test(arguments: ["gru_reset_before_bidirectional", "lstm_ragged_bidirectional"])
  func takesLoneLayers(_ name: String) throws {
    let test = Case("Runtime/\(name)")
    let onnx = try test.model
    // Y [T, D, N, H] is no output of a model: it is that of a graph that joins the directions.
    let error = #expect(throws: ONNXError.self) { try Model<Float>(onnx) }
    #expect(error?.description.contains("\"Y\"") == true)
  }

  static let configurations: [ModelConfiguration] = {
    var list: [ModelConfiguration] = []
    for cell in BuiltInCells.all where !RecurrentOperator.isInexpressible(cell) {
      list.append(ModelConfiguration(cell: cell, input: .vectors(size: 3), hiddenSize: 4, layerCount: 2, outputSize: 2))
    }
    let both = Directions.both(merge: .concatenate)
    list.append(
      ModelConfiguration(
        cell: .lstm, input: .oneHot(vocabularySize: 5), hiddenSize: 4, layerCount: 2, directions: both, outputSize: 5))
    list.append(
      ModelConfiguration(
        cell: .gru, input: .embedding(vocabularySize: 5, size: 3), hiddenSize: 4, directions: .both(merge: .sum),
        outputSize: 2, head: .meanOverSteps))
    var projected = ModelConfiguration(
      cell: .lstmPeephole, input: .vectors(size: 3), hiddenSize: 4, layerCount: 2, directions: both, outputSize: 2)
    projected.projectionSize = 2
    projected.trainsInitialState = true
    list.append(projected)
    var sizes = ModelConfiguration(cell: .lstm, input: .vectors(size: 3), hiddenSize: 4, layerCount: 2, outputSize: 2)
    sizes.hiddenSizes = [3, 5]
    sizes.trainsInitialState = true
    list.append(sizes)
    list.append(ModelConfiguration(cell: .rnn, input: .vectors(size: 3), hiddenSize: 4))
    return list
  }()

  /// With trained initial states and vectors that are not what they start as.
  static func model<S: Scalar>(_ configuration: ModelConfiguration, _: S.Type) throws -> Model<S> {
    var model = try Model<S>(configuration, seed: 7)
    var generator = SplitMix(state: 5)
    for entry in model.table.entries where entry.name.contains("initial_state") || entry.name.contains("vectors") {
      var values = (0..<entry.count).map { _ in S(generator.next()) }
      // What lies past a projected h in its row is never read.
      if let projected = configuration.projectionSize, entry.name.contains("initial_state") {
        for unit in projected..<entry.shape[1] { values[unit] = 0 }
      }
      model[parameter: entry.name] = values
    }
    return model
  }

  /// What is exported comes back to the bit.
  @Test(arguments: configurations.indices) func exportsComeBack(_ index: Int) throws {
    let configuration = Self.configurations[index]
    let model = try Self.model(configuration, Float.self)
    let states = !configuration.trainsInitialState
    for options in [ONNXExportOptions(), ONNXExportOptions(batchFirst: true, states: states)] {
      let back = try Model<Float>(ONNXModel(bytes: model.onnx(options: options), file: "export.onnx"))
      #expect(back.table == model.table)
      #expect("\(back.configuration)" == "\(model.configuration)")
      for entry in model.table.entries {
        let (before, after) = (model[parameter: entry.name], back[parameter: entry.name])
        #expect(before.map(\.bitPattern) == after.map(\.bitPattern), "\(entry.name)")
      }
    }
  }

  /// The graph alone says the same, where PyTorch's layers could: without the metadata it is followed.
  @Test(arguments: ["rnn", "rnn-relu", "lstm", "lstm-peephole", "gru", "gru-reset-before"], [1, 2])
  func exportsAreFollowed(cell: String, directions: Int) throws {
    var configuration = ModelConfiguration(
      cell: BuiltInCells.named(cell)!, input: .embedding(vocabularySize: 6, size: 3), hiddenSize: 4, layerCount: 2,
      directions: directions == 1 ? .forward : .both(merge: .concatenate), outputSize: 2,
      head: directions == 1 ? .everyStep : .lastStep)
    configuration.trainsInitialState = directions == 1
    let model = try Self.model(configuration, Double.self)
    var message = try ONNXModelProto(serializedBytes: model.onnx())
    message.metadataProps = []
    let back = try Model<Double>(ONNXModel(bytes: message.serializedBytes(), file: "export.onnx"))
    #expect("\(back.configuration)" == "\(model.configuration)")
    for entry in model.table.entries {
      #expect(back[parameter: entry.name] == model[parameter: entry.name], "\(entry.name)")
    }
  }

  /// What is no model of this package is refused, and the node is named.
  @Test func otherGraphsAreRefusedByName() throws {
    func message(_ build: (inout ONNXBytes) -> Void) throws -> String {
      var graph = ONNXBytes()
      graph.input("x", .float, [nil, nil, 3])
      graph.add("w", ONNXTensor(zeros: .float, shape: [1, 8, 3]))
      graph.add("r", ONNXTensor(zeros: .float, shape: [1, 8, 2]))
      build(&graph)
      let bytes = try graph.bytes
      do throws(ONNXError) {
        _ = try Model<Float>(ONNXModel(bytes: bytes, file: "other.onnx"))
        return ""
      } catch { return error.description }
    }
    let reverse = try message { graph in
      graph.add("LSTM", ["x", "w", "r"], ["y"], name: "layer", ["direction": .string("reverse")])
      graph.output("y")
    }
    #expect(reverse.contains("node \"layer\" (LSTM): a layer that runs backwards alone"))
    let squashed = try message { graph in
      graph.add("LSTM", ["x", "w", "r"], ["y"], name: "layer")
      graph.add("Tanh", ["y"], ["z"], name: "squash")
      graph.output("z")
    }
    #expect(squashed.contains("node \"squash\" (Tanh)"))
    let doubled = try message { graph in
      graph.add("Add", ["x", "x"], ["z"], name: "twice")
      graph.add("LSTM", ["z", "w", "r"], ["y"], name: "layer")
      graph.output("y")
    }
    #expect(doubled.contains("node \"twice\" (Add)"))
    let none = try message { graph in
      graph.add("Identity", ["x"], ["y"])
      graph.output("y")
    }
    #expect(none.contains("comes from no recurrent layer"))
  }

  @Test func metadataThatLieAreRefused() throws {
    let configuration = ModelConfiguration(cell: .lstm, input: .vectors(size: 3), hiddenSize: 4, outputSize: 2)
    let bytes = try Model<Float>(configuration, seed: 1).onnx()
    for (from, to) in [
      ("\"hidden_size\":4", "\"hidden_size\":5"), ("\"layers\":1", "\"layers\":1000000000000"),
      ("\"lstm\"", "\"lstn\""),
      ("\"hidden_size\":4", "\"hidden_size\":4611686018427387904"),
    ] {
      var message = try ONNXModelProto(serializedBytes: bytes)
      for index in message.metadataProps.indices where message.metadataProps[index].key == "configuration" {
        let text = message.metadataProps[index].value.replacing(from.replacing("\":", with: "\": "), with: to)
        message.metadataProps[index].value = text.replacing(from, with: to)
      }
      let changed: [UInt8] = try message.serializedBytes()
      #expect(changed != bytes)
      #expect(throws: ONNXError.self) { try Model<Float>(ONNXModel(bytes: changed, file: "lie.onnx")) }
    }
  }
}
