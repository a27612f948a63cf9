package import Recurrent
internal import Storage

/// An array of a .npy or .npz file that lies in memory.
package struct NumberArray: Sendable {
  /// The path, for messages.
  package let file: String
  package let name: String
  package let type: NumberType
  package let shape: [Int]
  /// Whether the first index runs fastest, and not the last.
  package let isFortranOrdered: Bool
  private let bytes: [UInt8]
  private let range: Range<Int>

  /// - Precondition: `range` of `bytes` has the size that type and shape ask for.
  init(
    file: String, name: String, type: NumberType, shape: [Int], isFortranOrdered: Bool, bytes: [UInt8],
    range: Range<Int>
  ) {
    require(range.count == shape.reduce(type.byteCount, *), "\(range.count) bytes for \(type) \(shape)")
    self.file = file
    self.name = name
    self.type = type
    self.shape = shape
    self.isFortranOrdered = isFortranOrdered
    self.bytes = bytes
    self.range = range
  }

  /// The numbers, row-major.
  package func values<S: Scalar>(as scalar: S.Type = S.self) -> [S] {
    rowMajor(type.values(bytes.span.extracting(range)))
  }

  /// The whole numbers, row-major.
  /// - Throws: `ExchangeError.unsupportedArray` where they are none, or one is beyond an `Int32`.
  package func integers() throws(ExchangeError) -> [Int32] {
    rowMajor(try wholeNumbers(type, bytes.span.extracting(range), file: file, name: name))
  }

  private func rowMajor<Element>(_ values: [Element]) -> [Element] {
    guard isFortranOrdered, shape.count > 1, !values.isEmpty else { return values }
    var strides: [Int] = []
    var stride = 1
    for size in shape {
      strides.append(stride)
      stride *= size
    }
    var result: [Element] = []
    result.reserveCapacity(values.count)
    var index = [Int](repeating: 0, count: shape.count)
    var place = 0
    for _ in values.indices {
      result.append(values[place])
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        place += strides[axis]
        if index[axis] < shape[axis] { break }
        place -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    return result
  }
}

/// - Throws: `ExchangeError.unsupportedArray` where the numbers are not whole, or one is beyond an `Int32`.
func wholeNumbers(
  _ type: NumberType, _ bytes: Span<UInt8>, file: String, name: String
) throws(ExchangeError) -> [Int32] {
  guard !type.isFloatingPoint else {
    throw .unsupportedArray(file: file, array: name, reason: "is of type \(type), expected whole numbers")
  }
  let values = type.integers(bytes)
  if let index = values.firstIndex(of: nil) {
    throw .unsupportedArray(file: file, array: name, reason: "has at place \(index) a number beyond 32 bits")
  }
  return values.compactMap { $0 }
}
