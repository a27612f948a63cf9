import SwiftProtobuf

import RecurrentONNX

/// Small graphs for the tests, built message by message.
struct ONNXBytes {
  var model = ONNXModelProto()

  init(opset: Int64 = 17) {
    model.irVersion = 8
    var set = ONNXOperatorSetIdProto()
    set.version = opset
    model.opsetImport = [set]
  }

  var bytes: [UInt8] {
    get throws { try model.serializedBytes() }
  }

  /// Runs the graph as it stands.
  func run(_ inputs: [String: ONNXTensor] = [:], memoryLimit: Int = 1 << 24) throws -> [String: ONNXTensor] {
    var model = try ONNXModel(bytes: bytes, file: "test.onnx")
    model.memoryLimit = memoryLimit
    return try model.run(inputs)
  }

  mutating func add(
    _ type: String, _ inputs: [String], _ outputs: [String], name: String = "", domain: String = "",
    _ attributes: [String: Attribute] = [:]
  ) {
    var node = ONNXNodeProto()
    (node.opType, node.input, node.output, node.name, node.domain) = (type, inputs, outputs, name, domain)
    node.attribute = attributes.sorted { $0.key < $1.key }.map { name, value in
      var attribute = ONNXAttributeProto()
      attribute.name = name
      switch value {
      case .int(let value): (attribute.type, attribute.i) = (.int, value)
      case .float(let value): (attribute.type, attribute.f) = (.float, value)
      case .ints(let values): (attribute.type, attribute.ints) = (.ints, values)
      case .floats(let values): (attribute.type, attribute.floats) = (.floats, values)
      case .string(let value): (attribute.type, attribute.s) = (.string, .init(value.utf8))
      case .strings(let values): (attribute.type, attribute.strings) = (.strings, values.map { .init($0.utf8) })
      case .tensor(let value): (attribute.type, attribute.t) = (.tensor, Self.message(value, ""))
      }
      return attribute
    }
    model.graph.node.append(node)
  }

  mutating func add(_ name: String, _ tensor: ONNXTensor) {
    model.graph.initializer.append(Self.message(tensor, name))
  }

  mutating func input(_ name: String, _ type: ONNXTensorProto.DataType = .float, _ shape: [Int64?]?) {
    model.graph.input.append(Self.port(name, type, shape))
  }

  mutating func output(_ name: String) { model.graph.output.append(Self.port(name, .float, nil)) }

  static func port(_ name: String, _ type: ONNXTensorProto.DataType, _ shape: [Int64?]?) -> ONNXValueInfoProto {
    var port = ONNXValueInfoProto()
    port.name = name
    port.type.tensorType.elemType = Int32(type.rawValue)
    if let shape {
      port.type.tensorType.shape.dim = shape.map { size in
        var dimension = ONNXTensorShapeProto.Dimension()
        if let size { dimension.dimValue = size } else { dimension.dimParam = "?" }
        return dimension
      }
    }
    return port
  }

  static func message(_ tensor: ONNXTensor, _ name: String) -> ONNXTensorProto {
    var message = ONNXTensorProto()
    message.name = name
    message.dims = tensor.shape.map { Int64($0) }
    switch tensor.values {
    case .float(let values): (message.dataType, message.floatData) = (1, values)
    case .double(let values): (message.dataType, message.doubleData) = (11, values)
    case .int32(let values): (message.dataType, message.int32Data) = (6, values)
    case .int64(let values): (message.dataType, message.int64Data) = (7, values)
    case .bool(let values): (message.dataType, message.int32Data) = (9, values.map { $0 ? 1 : 0 })
    }
    return message
  }
}
