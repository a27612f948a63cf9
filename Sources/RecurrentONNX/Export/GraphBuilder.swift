internal import Foundation
package import Recurrent
internal import Storage

/// A graph as it grows: nodes in the order in which they are added, which is one in which they can be run, and names
/// that are each used once.
package struct GraphBuilder {
  /// A tensor in the graph: an input, an initializer or what a node gives.
  package struct Value: Hashable {
    fileprivate(set) var name: String
    /// Where an operator's optional input is left out.
    package static let absent = Value(name: "")
  }

  /// One axis of an input or output: a size, or a name where it is known only in a run.
  package enum Axis: Hashable {
    case size(Int)
    case named(String)
  }

  package enum Attribute {
    case int(Int)
    case ints([Int])
    case floats([Float])
    case string(String)
    case strings([String])
  }

  private(set) var graph = ONNXGraphProto()
  package let opset: Int
  private var names: Set<String> = []
  private var constants: [String: Value] = [:]

  package init(name: String, opset: Int) {
    graph.name = name
    self.opset = opset
  }

  /// `name`, or that with a number behind it where it is taken.
  private mutating func unique(_ name: String) -> String {
    var candidate = name
    var number = 1
    while !names.insert(candidate).inserted {
      number += 1
      candidate = "\(name)_\(number)"
    }
    return candidate
  }
}

// MARK: Nodes

extension GraphBuilder {
  /// - Parameters:
  ///   - name: of the node, and of its output; a number is added where it is taken.
  ///   - outputs: what is added to the name for each output, where there are several; nil: the output is not wanted.
  package mutating func node(
    _ type: String, _ inputs: [Value], name: String, attributes: [(key: String, value: Attribute)],
    outputs: [String?]
  ) -> [Value] {
    var node = ONNXNodeProto()
    node.opType = type
    node.name = unique(name)
    node.input = inputs.map(\.name)
    while node.input.last == "" { node.input.removeLast() }
    var values: [Value] = []
    for suffix in outputs {
      guard let suffix else {
        values.append(.absent)
        continue
      }
      values.append(Value(name: suffix.isEmpty ? node.name : unique(node.name + suffix)))
    }
    node.output = values.map(\.name)
    while node.output.last == "" { node.output.removeLast() }
    node.attribute = attributes.map { ONNXAttributeProto($0.key, $0.value) }
    graph.node.append(node)
    return values
  }

  /// A node with one output.
  package mutating func node(
    _ type: String, _ inputs: Value..., name: String, attributes: KeyValuePairs<String, Attribute> = [:]
  ) -> Value {
    node(type, inputs, name: name, attributes: Array(attributes), outputs: [""])[0]
  }

  package mutating func concatenate(_ inputs: [Value], axis: Int, name: String) -> Value {
    node("Concat", inputs, name: name, attributes: [("axis", .int(axis))], outputs: [""])[0]
  }

  package mutating func cast(_ input: Value, to type: ONNXTensorProto.DataType, name: String) -> Value {
    node("Cast", input, name: name, attributes: ["to": .int(type.rawValue)])
  }

  package mutating func transpose(_ input: Value, _ order: [Int], name: String) -> Value {
    node("Transpose", input, name: name, attributes: ["perm": .ints(order)])
  }

  package mutating func squeeze(_ input: Value, axis: Int, name: String) -> Value {
    let axes = constant([axis], "axis_\(axis)")
    return node("Squeeze", input, axes, name: name)
  }

  package mutating func unsqueeze(_ input: Value, axis: Int, name: String) -> Value {
    let axes = constant([axis], "axis_\(axis)")
    return node("Unsqueeze", input, axes, name: name)
  }

  /// One index of an axis, which goes away. From the end where it is negative.
  package mutating func element(_ index: Int, of input: Value, axis: Int, name: String) -> Value {
    let place = constant(index, index < 0 ? "last" : "index_\(index)")
    return node("Gather", input, place, name: name, attributes: ["axis": .int(axis)])
  }

  /// The size of an axis, [1].
  package mutating func size(ofAxis axis: Int, of input: Value, name: String) -> Value {
    node("Shape", input, name: name, attributes: ["start": .int(axis), "end": .int(axis + 1)])
  }

  /// The sum over an axis, which goes away.
  package mutating func sum(_ input: Value, axis: Int, name: String) -> Value {
    let axes = constant([axis], "axis_\(axis)")
    return node("ReduceSum", input, axes, name: name, attributes: ["keepdims": .int(0)])
  }

  /// The greatest value along an axis, which goes away.
  package mutating func greatest(_ input: Value, axis: Int, name: String) -> Value {
    // The axes became an input with operator set 18.
    guard opset >= 18 else {
      return node("ReduceMax", input, name: name, attributes: ["axes": .ints([axis]), "keepdims": .int(0)])
    }
    let axes = constant([axis], "axis_\(axis)")
    return node("ReduceMax", input, axes, name: name, attributes: ["keepdims": .int(0)])
  }
}

// MARK: Data

extension GraphBuilder {
  package mutating func parameter<S: Scalar>(_ name: String, _ values: [S], shape: [Int]) -> Value {
    require(values.count == shape.reduce(1, *), "\(name) of shape \(shape) with \(values.count) values")
    var tensor = ONNXTensorProto()
    tensor.name = unique(name)
    tensor.dims = shape.map { Int64($0) }
    if let values = values as? [Float] {
      tensor.dataType = Int32(ONNXTensorProto.DataType.float.rawValue)
      tensor.floatData = values
    } else {
      tensor.dataType = Int32(ONNXTensorProto.DataType.double.rawValue)
      tensor.doubleData = values.map { Double($0) }
    }
    graph.initializer.append(tensor)
    return Value(name: tensor.name)
  }

  /// A vector of int64. The same name stands for the same tensor.
  package mutating func constant(_ values: [Int], _ name: String) -> Value {
    integers(values, dims: [Int64(values.count)], name)
  }

  /// A scalar of int64. The same name stands for the same tensor.
  package mutating func constant(_ value: Int, _ name: String) -> Value { integers([value], dims: [], name) }

  private mutating func integers(_ values: [Int], dims: [Int64], _ name: String) -> Value {
    if let value = constants[name] { return value }
    var tensor = ONNXTensorProto()
    tensor.name = unique(name)
    tensor.dims = dims
    tensor.dataType = Int32(ONNXTensorProto.DataType.int64.rawValue)
    tensor.int64Data = values.map { Int64($0) }
    graph.initializer.append(tensor)
    constants[name] = Value(name: tensor.name)
    return constants[name]!
  }

  /// Numbers of some precision. The same name stands for the same tensor.
  package mutating func constant<S: Scalar>(_ values: [S], shape: [Int], _ name: String) -> Value {
    if let value = constants[name] { return value }
    constants[name] = parameter(name, values, shape: shape)
    return constants[name]!
  }
}

// MARK: Inputs and outputs

extension GraphBuilder {
  package mutating func input(
    _ name: String, _ type: ONNXTensorProto.DataType, _ axes: [Axis], _ description: String
  ) -> Value {
    let value = Value(name: unique(name))
    graph.input.append(ONNXValueInfoProto(value.name, type, axes, description))
    return value
  }

  /// Makes a value that a node gives an output of the graph, under this name.
  package mutating func output(
    _ value: Value, _ name: String, _ type: ONNXTensorProto.DataType, _ axes: [Axis], _ description: String
  ) {
    let new = unique(name)
    for index in graph.node.indices {
      graph.node[index].input = graph.node[index].input.map { $0 == value.name ? new : $0 }
      graph.node[index].output = graph.node[index].output.map { $0 == value.name ? new : $0 }
    }
    // The output is described as such.
    graph.valueInfo.removeAll { $0.name == value.name }
    graph.output.append(ONNXValueInfoProto(new, type, axes, description))
  }

  /// Says what type and shape a value inside the graph has.
  package mutating func describe(
    _ value: Value, _ type: ONNXTensorProto.DataType, _ axes: [Axis], _ description: String
  ) {
    guard !graph.valueInfo.contains(where: { $0.name == value.name }) else { return }
    graph.valueInfo.append(ONNXValueInfoProto(value.name, type, axes, description))
  }
}

extension ONNXAttributeProto {
  fileprivate init(_ name: String, _ attribute: GraphBuilder.Attribute) {
    self.init()
    self.name = name
    switch attribute {
    case .int(let value): (type, i) = (.int, Int64(value))
    case .ints(let values): (type, ints) = (.ints, values.map { Int64($0) })
    case .floats(let values): (type, floats) = (.floats, values)
    case .string(let text): (type, s) = (.string, Data(text.utf8))
    case .strings(let texts): (type, strings) = (.strings, texts.map { Data($0.utf8) })
    }
  }
}

extension ONNXValueInfoProto {
  fileprivate init(
    _ name: String, _ type: ONNXTensorProto.DataType, _ axes: [GraphBuilder.Axis], _ description: String
  ) {
    self.init()
    self.name = name
    docString = description
    self.type.tensorType.elemType = Int32(type.rawValue)
    self.type.tensorType.shape = ONNXTensorShapeProto()
    for axis in axes {
      var dimension = ONNXTensorShapeProto.Dimension()
      switch axis {
      case .size(let size): dimension.dimValue = Int64(size)
      case .named(let name): dimension.dimParam = name
      }
      self.type.tensorType.shape.dim.append(dimension)
    }
  }
}
