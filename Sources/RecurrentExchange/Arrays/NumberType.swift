package import Recurrent
import Storage

/// The types of numbers in files of arrays that are read here.
package enum NumberType: String, Sendable, Hashable, CaseIterable {
  case bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, bfloat16, float32, float64

  package var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  package var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  /// nil for types of safetensors that are not read.
  init?(_ type: Safetensors.DType) {
    switch type {
    case .BOOL: self = .bool
    case .I8: self = .int8
    case .U8: self = .uint8
    case .I16: self = .int16
    case .U16: self = .uint16
    case .I32: self = .int32
    case .U32: self = .uint32
    case .I64: self = .int64
    case .U64: self = .uint64
    case .F16: self = .float16
    case .BF16: self = .bfloat16
    case .F32: self = .float32
    case .F64: self = .float64
    default: return nil
    }
  }

  /// Numbers out of their little-endian bytes, rounded to nearest where `S` is narrower. Whole numbers are converted too.
  /// - Precondition: whole numbers of elements.
  package func values<S: Scalar>(_ bytes: Span<UInt8>, as type: S.Type = S.self) -> [S] {
    guard let format = storedReal else { return words(bytes).map { self == .uint64 ? S($0) : S(signed($0)) } }
    var values = [S](repeating: 0, count: bytes.count / byteCount)
    var span = values.mutableSpan
    convert(littleEndian: bytes, format, to: &span)
    return values
  }

  private var storedReal: StoredReal? {
    switch self {
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32: .float32
    case .float64: .float64
    default: nil
    }
  }

  /// Whole numbers out of their little-endian bytes; nil in the place of one that an `Int32` cannot hold.
  /// - Precondition: not of a floating-point type.
  package func integers(_ bytes: Span<UInt8>) -> [Int32?] {
    require(!isFloatingPoint, "\(self) is no type of whole numbers")
    return words(bytes).map { self == .uint64 ? Int32(exactly: $0) : Int32(exactly: signed($0)) }
  }

  /// The bits of each element, zeros above them.
  private func words(_ bytes: Span<UInt8>) -> [UInt64] {
    let size = byteCount
    require(bytes.count.isMultiple(of: size), "expected a multiple of \(size) bytes, got \(bytes.count)")
    var words: [UInt64] = []
    words.reserveCapacity(bytes.count / size)
    var start = 0
    while start < bytes.count {
      var word: UInt64 = 0
      for offset in 0..<size { word |= UInt64(bytes[start + offset]) << UInt64(8 * offset) }
      words.append(word)
      start += size
    }
    return words
  }

  private func signed(_ word: UInt64) -> Int64 {
    switch self {
    case .int8: Int64(Int8(truncatingIfNeeded: word))
    case .int16: Int64(Int16(truncatingIfNeeded: word))
    case .int32: Int64(Int32(truncatingIfNeeded: word))
    default: Int64(truncatingIfNeeded: word)
    }
  }
}

/// The little-endian bytes of numbers.
func littleEndianBytes<S: Scalar>(_ values: [S]) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(values.count * MemoryLayout<S>.size)
  if let floats = values as? [Float] {
    for value in floats { appendLittleEndian(value.bitPattern, to: &bytes) }
  } else {
    for value in values { appendLittleEndian(Double(value).bitPattern, to: &bytes) }
  }
  return bytes
}
