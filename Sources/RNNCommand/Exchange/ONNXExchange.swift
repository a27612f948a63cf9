import Storage
import Recurrent
import RecurrentExchange
import RecurrentONNX

/// Tensors for an ONNX graph out of a file of arrays.
enum ONNXExchange {
  /// The graph's inputs by name; where file and graph have one each, whatever they are called. And the names of tensors
  /// that are no inputs of the graph.
  static func inputs(
    of graph: ONNXModel, from file: ArrayFile
  ) throws -> (tensors: [String: ONNXTensor], unused: [String]) {
    var tensors: [String: ONNXTensor] = [:]
    var used: [String] = []
    for port in graph.inputs + graph.defaultedInputs {
      let isOnly = graph.inputs.count == 1 && graph.inputs[0] == port && file.entries.count == 1
      let name = isOnly ? file.entries[0].name : port.name
      guard let entry = file.entry(name) else { continue }
      tensors[port.name] = try tensor(entry, of: file, type: port.type)
      used.append(name)
    }
    return (tensors, file.entries.map(\.name).filter { !used.contains($0) })
  }

  private static func tensor(
    _ entry: ArrayFile.Entry, of file: ArrayFile, type: ONNXTensor.ElementType
  ) throws -> ONNXTensor {
    switch type {
    case .float: ONNXTensor(shape: entry.shape, try file.values(entry.name, as: Float.self))
    case .double: ONNXTensor(shape: entry.shape, try file.values(entry.name, as: Double.self))
    case .int32: ONNXTensor(shape: entry.shape, try file.integers(entry.name))
    case .int64: ONNXTensor(shape: entry.shape, try file.integers(entry.name).map { Int64($0) })
    case .bool: ONNXTensor(shape: entry.shape, try file.integers(entry.name).map { $0 != 0 })
    }
  }
}

/// What `rnn inspect` and `rnn export` tell about an ONNX file.
struct ONNXDescription {
  private let model: ONNXModel

  init(_ model: ONNXModel) { self.model = model }

  /// Inputs and outputs.
  var ports: String { table(portRows) }

  var text: String {
    var facts = [["file", "ONNX"]]
    if !model.producer.isEmpty { facts.append(["producer", printable(model.producer, limit: 80)]) }
    for (key, value) in model.metadata.sorted(by: { $0.key < $1.key }) {
      facts.append([printable(key, limit: 40), printable(value, limit: 80)])
    }
    facts += NonFinite.facts(model.nonFiniteValues)
    return table(facts) + "\n\n" + ports
  }

  var json: JSON {
    func list(_ ports: [ONNXModel.Port]) -> JSON {
      .array(
        ports.map { port in
          .object([
            (key: "name", value: .string(port.name)), (key: "type", value: .string(port.type.rawValue)),
            (
              key: "shape",
              value: port.shape.map { .array($0.map { $0.map { .integer($0) } ?? .null }) } ?? .null
            ),
          ])
        })
    }
    return .object([
      (key: "format", value: .string("onnx")), (key: "producer", value: .string(model.producer)),
      (
        key: "metadata",
        value: .object(model.metadata.sorted { $0.key < $1.key }.map { (key: $0.key, value: .string($0.value)) })
      ),
      (key: "inputs", value: list(model.inputs)), (key: "defaulted_inputs", value: list(model.defaultedInputs)),
      (key: "outputs", value: list(model.outputs)),
      (key: "not_finite", value: NonFinite.json(model.nonFiniteValues)),
    ])
  }

  private var portRows: [[String]] {
    func rows(_ kind: String, _ ports: [ONNXModel.Port]) -> [[String]] {
      ports.map { port in
        let shape = port.shape.map { $0.map { $0.map(String.init) ?? "?" }.joined(separator: " × ") } ?? "any shape"
        return [kind, printable(port.name, limit: 80), port.type.rawValue, shape]
      }
    }
    return rows("input", model.inputs) + rows("input, or the file's", model.defaultedInputs)
      + rows("output", model.outputs)
  }
}
