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
  precondition(
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
  precondition(bytes.count == expected, "expected \(expected) bytes, got \(bytes.count)")
  unsafe bytes.withUnsafeBytes { source in
    unsafe target.withUnsafeMutableBytes { unsafe $0.copyMemory(from: source) }
  }
}
