internal import Foundation
internal import SwiftProtobuf

/// The value of a node's attribute, of the kinds that the operators here have.
package enum Attribute: Sendable, Hashable {
  case float(Float)
  case int(Int64)
  case string(String)
  case tensor(ONNXTensor)
  case floats([Float])
  case ints([Int64])
  case strings([String])
}

extension Attribute {
  package init(_ attribute: ONNXAttributeProto, node: String, file: String) throws(ONNXError) {
    func invalid(_ reason: String) -> ONNXError {
      .invalidAttribute(file: file, node: node, attribute: attribute.name, reason: reason)
    }
    func text(_ bytes: Data) throws(ONNXError) -> String {
      guard let text = String(validating: bytes, as: UTF8.self) else { throw invalid("it is not UTF-8") }
      return text
    }
    guard attribute.refAttrName.isEmpty else { throw invalid("it belongs to a function, which is not supported") }
    switch attribute.type {
    case .float: self = .float(attribute.f)
    case .int: self = .int(attribute.i)
    case .string: self = .string(try text(attribute.s))
    case .tensor:
      self = .tensor(try ONNXTensor(attribute.t, name: "\(attribute.name) of node \(node)", file: file))
    case .floats: self = .floats(attribute.floats)
    case .ints: self = .ints(attribute.ints)
    case .strings:
      var strings: [String] = []
      for bytes in attribute.strings { strings.append(try text(bytes)) }
      self = .strings(strings)
    case .graph, .graphs: throw .unsupported(file: file, what: "the subgraph \(attribute.name) of node \(node)")
    case .undefined: throw invalid("it has no type")
    default: throw invalid("attributes of type \(attribute.type) are not supported")
    }
  }
}
