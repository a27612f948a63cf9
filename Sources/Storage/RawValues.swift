#if _endian(big)
  #error("Recurrent writes its values as they lie in memory and expects a little-endian machine")
#endif

/// The values whose little-endian bytes are `bytes`, wherever those lie in memory.
/// - Precondition: the length is a whole number of values.
package func floats(littleEndian bytes: Span<UInt8>) -> [Float] { values(bytes) }

/// The values whose little-endian bytes are `bytes`, wherever those lie in memory.
/// - Precondition: the length is a whole number of values.
package func doubles(littleEndian bytes: Span<UInt8>) -> [Double] { values(bytes) }

/// The values whose little-endian bytes are `bytes`, wherever those lie in memory.
/// - Precondition: the length is a whole number of values.
package func integers(littleEndian bytes: Span<UInt8>) -> [Int32] { values(bytes) }

/// How a real number lies in a file.
package enum StoredReal: Sendable {
  /// IEEE 754 binary16.
  case float16
  /// The upper half of a binary32.
  case bfloat16
  case float32, float64

  package var size: Int {
    switch self {
    case .float16, .bfloat16: 2
    case .float32: 4
    case .float64: 8
    }
  }
}

/// The numbers whose little-endian bytes are `bytes`, written to `target` from `place` on. Each that `Value` can hold is
/// exact; others are rounded to the nearest, ties to even, or become infinite. NaN stays NaN.
/// - Precondition: the length is a whole number of values, and there is room for them.
@_specialize(where Value == Float)
@_specialize(where Value == Double)
package func convert<Value: BinaryFloatingPoint & BitwiseCopyable>(
  littleEndian bytes: Span<UInt8>, _ format: StoredReal, to target: inout MutableSpan<Value>, at place: Int = 0
) {
  let count = bytes.count / format.size
  require(
    count * format.size == bytes.count && place >= 0 && place + count <= target.count,
    "expected bytes of up to \(target.count - place) values, got \(bytes.count)")
  // Of any alignment; every bit pattern is a number, and all offsets are checked.
  let raw = unsafe bytes.bytes
  switch format {
  case .float16:
    for index in 0..<count {
      target[place + index] = Value(
        float(half: unsafe raw.unsafeLoadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
    }
  case .bfloat16:
    for index in 0..<count {
      let upper = unsafe raw.unsafeLoadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
      target[place + index] = Value(Float(bitPattern: UInt32(upper) << 16))
    }
  case .float32:
    for index in 0..<count {
      target[place + index] = Value(unsafe raw.unsafeLoadUnaligned(fromByteOffset: 4 * index, as: Float.self))
    }
  case .float64:
    for index in 0..<count {
      target[place + index] = Value(unsafe raw.unsafeLoadUnaligned(fromByteOffset: 8 * index, as: Double.self))
    }
  }
}

/// The value of IEEE 754 binary16 bits, exact.
@inline(__always)
private func float(half bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10 & 0x1F)
  let fraction = UInt32(bits & 0x3FF)
  switch exponent {
  case 0:
    // A whole number of the smallest denormals.
    let magnitude = Float(fraction) * 0x1p-24
    return sign == 0 ? magnitude : -magnitude
  case 0x1F: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}

/// Copies little-endian `bytes` to `target`.
/// - Precondition: the length is that of `target`.
package func copy(littleEndian bytes: Span<UInt8>, to target: inout MutableSpan<Float>) {
  copyValues(bytes, &target)
}

/// Copies little-endian `bytes` to `target`.
/// - Precondition: the length is that of `target`.
package func copy(littleEndian bytes: Span<UInt8>, to target: inout MutableSpan<Double>) {
  copyValues(bytes, &target)
}

private func values<Value: BitwiseCopyable & Numeric>(_ bytes: Span<UInt8>) -> [Value] {
  let size = MemoryLayout<Value>.size
  require(
    bytes.count.isMultiple(of: size), "expected a multiple of \(size) bytes, got \(bytes.count)")
  let count = bytes.count / size
  return unsafe [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
    // A copy of bytes asks nothing of the source's alignment; every bit pattern is a value.
    unsafe bytes.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
    initialized = count
  }
}

private func copyValues<Value: BitwiseCopyable & Numeric>(
  _ bytes: Span<UInt8>, _ target: inout MutableSpan<Value>
) {
  let expected = target.count * MemoryLayout<Value>.size
  require(bytes.count == expected, "expected \(expected) bytes, got \(bytes.count)")
  unsafe bytes.withUnsafeBytes { source in
    unsafe target.withUnsafeMutableBytes { unsafe $0.copyMemory(from: source) }
  }
}

/// Appends the bytes of `value`, the lowest first.
package func appendLittleEndian(_ value: some FixedWidthInteger & UnsignedInteger, to bytes: inout [UInt8]) {
  var rest = value
  for _ in 0..<value.bitWidth / 8 {
    bytes.append(UInt8(truncatingIfNeeded: rest))
    rest >>= 8
  }
}
