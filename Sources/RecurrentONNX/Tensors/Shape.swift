/// Arithmetic on shapes that come from a file: nothing here overflows or traps, whatever the sizes.
package enum Shape {
  /// The most dimensions a tensor may have.
  package static let maximumRank = 8

  /// The number of elements; nil where there would be more than could ever be, also of a shape that a 0 makes empty:
  /// so every stride fits, too.
  package static func count(_ shape: [Int]) -> Int? {
    var bound = 1
    for size in shape {
      guard size >= 0 else { return nil }
      let (product, overflow) = bound.multipliedReportingOverflow(by: max(1, size))
      guard !overflow, product <= 1 << 48 else { return nil }
      bound = product
    }
    return shape.contains(0) ? 0 : bound
  }

  /// Elements from one index to the next, for each axis of a row-major tensor.
  package static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * max(1, shape[axis + 1]) }
    return strides
  }

  /// The shape to which both are broadcast (NumPy's rule); nil where they do not fit.
  package static func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
    let rank = max(a.count, b.count)
    var result = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let x = axis < rank - a.count ? 1 : a[axis - (rank - a.count)]
      let y = axis < rank - b.count ? 1 : b[axis - (rank - b.count)]
      guard x == y || x == 1 || y == 1 else { return nil }
      result[axis] = x == 1 ? y : x
    }
    return result
  }

  /// An axis counted from the end where it is negative; nil where there is none.
  package static func axis(_ axis: Int, rank: Int) -> Int? {
    let position = axis < 0 ? axis &+ rank : axis
    return position >= 0 && position < rank ? position : nil
  }
}
