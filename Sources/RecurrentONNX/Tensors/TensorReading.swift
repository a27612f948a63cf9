internal import Foundation
internal import SwiftProtobuf

extension ONNXTensor {
  /// Checks and converts a tensor of a file: type, shape and data must agree.
  package init(_ tensor: ONNXTensorProto, name: String, file: String) throws(ONNXError) {
    func invalid(_ reason: String) -> ONNXError { .invalidTensor(file: file, tensor: name, reason: reason) }
    // External data has had holes enough elsewhere (CVE-2022-25882, CVE-2024-27318): no path in a file is ever opened.
    guard tensor.dataLocation == .default, tensor.externalData.isEmpty else {
      throw .externalData(file: file, tensor: name)
    }
    guard !tensor.hasSegment else { throw invalid("tensors in segments are not supported") }
    let type = ONNXTensorProto.DataType(rawValue: Int(tensor.dataType)) ?? .undefined
    let dims = tensor.dims
    guard dims.count <= Shape.maximumRank else {
      throw invalid("\(dims.count) dimensions; at most \(Shape.maximumRank) are supported")
    }
    guard let count = Shape.count(dims.map { Int($0) }) else { throw invalid("shape \(dims) makes no sense") }
    let shape = dims.map { Int($0) }

    let stored: [(name: String, count: Int)] = [
      ("float_data", tensor.floatData.count), ("int32_data", tensor.int32Data.count),
      ("int64_data", tensor.int64Data.count), ("double_data", tensor.doubleData.count),
      ("uint64_data", tensor.uint64Data.count), ("string_data", tensor.stringData.count),
    ].filter { $0.count > 0 }
    guard stored.count + (tensor.hasRawData && !tensor.rawData.isEmpty ? 1 : 0) <= 1 else {
      throw invalid("it holds its data twice, in \(stored[0].name) and in another field")
    }
    /// The raw data where there are such, else the typed field, which must be the one of the type.
    func either<Element>(_ raw: [Element]?, _ values: [Element], _ field: String) throws(ONNXError) -> [Element] {
      if let raw { return raw }
      guard stored.allSatisfy({ $0.name == field }) else {
        throw invalid("its data stand in \(stored[0].name); those of its type stand in \(field)")
      }
      guard values.count == count else { throw invalid("shape \(dims) has \(count) values, got \(values.count)") }
      return values
    }
    /// Little-endian numbers of `Raw` in raw_data; nil where the data stand in a typed field.
    func raw<Raw: FixedWidthInteger & UnsignedInteger>(_: Raw.Type) throws(ONNXError) -> [Raw]? {
      guard stored.isEmpty, tensor.hasRawData else { return nil }
      let size = MemoryLayout<Raw>.size
      let bytes = [UInt8](tensor.rawData)
      guard bytes.count == count * size else {
        throw invalid("shape \(dims) takes \(count * size) bytes, got \(bytes.count)")
      }
      return (0..<count).map { element in
        var bits: Raw = 0
        for byte in 0..<size { bits |= Raw(truncatingIfNeeded: bytes[element * size + byte]) << Raw(8 * byte) }
        return bits
      }
    }

    switch type {
    case .float:
      let raw = try raw(UInt32.self)?.map { Float(bitPattern: $0) }
      self.init(shape: shape, try either(raw, tensor.floatData, "float_data"))
    case .double:
      let raw = try raw(UInt64.self)?.map { Double(bitPattern: $0) }
      self.init(shape: shape, try either(raw, tensor.doubleData, "double_data"))
    case .int32:
      let raw = try raw(UInt32.self)?.map { Int32(bitPattern: $0) }
      self.init(shape: shape, try either(raw, tensor.int32Data, "int32_data"))
    case .int64:
      let raw = try raw(UInt64.self)?.map { Int64(bitPattern: $0) }
      self.init(shape: shape, try either(raw, tensor.int64Data, "int64_data"))
    case .bool:
      let raw = try raw(UInt8.self)?.map { Int32($0) }
      self.init(shape: shape, try either(raw, tensor.int32Data, "int32_data").map { $0 != 0 })
    case .float16, .bfloat16:
      let raw = try raw(UInt16.self)?.map { Int32($0) }
      let bits = try either(raw, tensor.int32Data, "int32_data").map { UInt16(truncatingIfNeeded: $0) }
      self.init(shape: shape, bits.map { type == .float16 ? Float(halfBits: $0) : Float(bitPattern: UInt32($0) << 16) })
    case .undefined where tensor.dataType == 0:
      throw invalid("it has no type")
    default:
      throw invalid("numbers of type \(type == .undefined ? "\(tensor.dataType)" : "\(type)") are not supported")
    }
  }
}

extension Float {
  /// IEEE 754 binary16 by its bits: not every platform has the type.
  package init(halfBits bits: UInt16) {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10) & 0x1F
    let fraction = Float(bits & 0x3FF)
    switch exponent {
    case 0: self = sign * fraction * 0x1p-24
    case 31: self = fraction == 0 ? sign * .infinity : .nan
    default: self = sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction * 0x1p-10)
    }
  }
}
