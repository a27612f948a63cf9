/// A node of a graph with its operator, checked as far as that is possible without the inputs' values.
package struct Node: Sendable {
  package let file: String
  /// How messages name it: see `ONNXError`.
  package let label: String
  package let kind: Operator
  /// Of the operator set that the file asks for: what some operators mean depends on it.
  package let version: Int64
  /// Names of values; empty for an optional one that is left out.
  package let inputs: [String]
  package let outputs: [String]
  package let attributes: [String: Attribute]

  package func invalid(_ reason: String) -> ONNXError { .invalidNode(file: file, node: label, reason: reason) }

  package func invalid(_ attribute: String, _ reason: String) -> ONNXError {
    .invalidAttribute(file: file, node: label, attribute: attribute, reason: reason)
  }

  /// Why a graph with this node is no model that can be trained here.
  package func unfit(_ reason: String) -> ONNXError { .notAModel(file: file, node: label, reason: reason) }

  /// Whether the output has a name, so that somebody may read it.
  package func wants(output: Int) -> Bool { output < outputs.count && !outputs[output].isEmpty }

  // MARK: Attributes; nil where the node has none of the name

  package func int(_ name: String) throws(ONNXError) -> Int? {
    switch attributes[name] {
    case nil: return nil
    case .int(let value): return Int(value)
    default: throw invalid(name, "expected an integer")
    }
  }

  /// 0 or 1.
  package func flag(_ name: String) throws(ONNXError) -> Bool {
    let value = try int(name) ?? 0
    guard value == 0 || value == 1 else { throw invalid(name, "expected 0 or 1, got \(value)") }
    return value == 1
  }

  package func float(_ name: String) throws(ONNXError) -> Float? {
    switch attributes[name] {
    case nil: return nil
    case .float(let value): return value
    default: throw invalid(name, "expected a number")
    }
  }

  package func string(_ name: String) throws(ONNXError) -> String? {
    switch attributes[name] {
    case nil: return nil
    case .string(let value): return value
    default: throw invalid(name, "expected a text")
    }
  }

  package func ints(_ name: String) throws(ONNXError) -> [Int]? {
    switch attributes[name] {
    case nil: return nil
    case .ints(let values): return values.map { Int($0) }
    default: throw invalid(name, "expected integers")
    }
  }

  package func floats(_ name: String) throws(ONNXError) -> [Float]? {
    switch attributes[name] {
    case nil: return nil
    case .floats(let values): return values
    default: throw invalid(name, "expected numbers")
    }
  }

  package func strings(_ name: String) throws(ONNXError) -> [String]? {
    switch attributes[name] {
    case nil: return nil
    case .strings(let values): return values
    default: throw invalid(name, "expected texts")
    }
  }

  package func tensor(_ name: String) throws(ONNXError) -> ONNXTensor? {
    switch attributes[name] {
    case nil: return nil
    case .tensor(let value): return value
    default: throw invalid(name, "expected a tensor")
    }
  }
}

extension Node {
  /// - Parameters:
  ///   - position: in the graph, from 0.
  ///   - version: of ONNX's own operator set.
  package init(_ node: ONNXNodeProto, position: Int, version: Int64, file: String) throws(ONNXError) {
    let label = (node.name.isEmpty ? "#\(position)" : "\"\(node.name)\"") + " (\(node.opType))"
    let isOwnDomain = node.domain.isEmpty || node.domain == "ai.onnx"
    guard isOwnDomain, let kind = Operator(rawValue: node.opType) else {
      throw .unsupportedOperator(file: file, node: label, domain: isOwnDomain ? "" : node.domain)
    }
    let rule = kind.rule
    func invalid(_ reason: String) -> ONNXError { .invalidNode(file: file, node: label, reason: reason) }
    guard rule.inputs.contains(node.input.count) else {
      throw invalid("expected \(rule.inputs.lowerBound) to \(rule.inputs.upperBound) inputs, got \(node.input.count)")
    }
    guard (1...rule.outputs).contains(node.output.count) else {
      throw invalid("expected 1 to \(rule.outputs) outputs, got \(node.output.count)")
    }
    var attributes: [String: Attribute] = [:]
    for attribute in node.attribute {
      let value = try Attribute(attribute, node: label, file: file)
      guard rule.attributes.contains(attribute.name) else {
        throw .invalidAttribute(file: file, node: label, attribute: attribute.name, reason: "it is not supported")
      }
      guard attributes.updateValue(value, forKey: attribute.name) == nil else {
        throw .invalidAttribute(file: file, node: label, attribute: attribute.name, reason: "it stands there twice")
      }
    }
    self.init(
      file: file, label: label, kind: kind, version: version, inputs: node.input, outputs: node.output,
      attributes: attributes)
  }
}
