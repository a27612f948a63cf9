/// How long a buffer's contents are needed.
public enum BufferLifetime: String, Sendable, Hashable, CaseIterable {
  case parameters, gradients, moments
  /// Copies of the weights as the products want them, made once per update.
  case packed
  /// Forward keeps it for backward.
  case workspace
  /// Dies with the call.
  case scratch
}

/// A buffer of a plan.
public struct PlannedBuffer: Sendable, Hashable {
  public let name: String
  public let lifetime: BufferLifetime
  public let shape: [Int]
  public let bytes: Int

  /// The same under another name, among the buffers of another plan.
  package func named(_ name: String) -> PlannedBuffer {
    PlannedBuffer(name: name, lifetime: lifetime, shape: shape, bytes: bytes)
  }
}

/// Hands out regions of three arenas that are still to be allocated (numbers of a precision, whole numbers, sums in double
/// precision) and keeps a list of all that it gave: what is allocated is what is listed.
package struct ArenaLayout: Sendable {
  /// Every buffer, in the order in which it was reserved.
  package private(set) var buffers: [PlannedBuffer] = []
  /// Scalars, integers and sums given so far.
  package private(set) var scalarCount = 0
  package private(set) var indexCount = 0
  package private(set) var sumCount = 0
  package let scalarBytes: Int

  /// How packed weights are stored.
  package let storage: WeightStorage

  /// - Precondition: only of Floats is there another storage than the full one.
  package init<S: KernelScalar>(_ scalar: S.Type, storage: WeightStorage = .full) {
    require(storage == .full || S.self == Float.self, "weights of \(S.self) are stored in full, got \(storage)")
    (scalarBytes, self.storage) = (MemoryLayout<S>.stride, storage)
  }

  /// Bytes of the three arenas together.
  package var totalBytes: Int {
    scalarCount * scalarBytes + indexCount * MemoryLayout<Int32>.stride + sumCount * MemoryLayout<Double>.stride
  }

  /// A matrix [rows, columns].
  ///
  /// Padded rows start on cache lines and are never a multiple of 256 scalars long: rows of such strides would compete for
  /// the same lines of the first-level cache.
  package mutating func matrix(
    _ name: String, _ lifetime: BufferLifetime, _ rows: Int, _ columns: Int, padded: Bool = true
  ) -> Region {
    var stride = columns
    if padded {
      stride = (columns + 15) / 16 * 16
      if stride > 0, stride % 256 == 0, rows > 1 { stride += 16 }
    }
    let offset = scalars(name, lifetime, [rows, columns], count: rows * stride)
    return Region(offset: offset, rows: rows, columns: columns, stride: stride)
  }

  /// Room for a matrix [inner, columns] when packed for the kernels in use.
  /// - Parameter storage: nil: that of weights.
  package mutating func packed<S: KernelScalar>(
    _ name: String, _ inner: Int, _ columns: Int, copies: Int = 1, storage: WeightStorage? = nil, _ scalar: S.Type
  ) -> PackedRegion {
    let storage = storage ?? self.storage
    let count = (Memory<S>.packedCount(inner: inner, columns: columns, storage) + 15) / 16 * 16
    let shape = copies == 1 ? [inner, columns] : [copies, inner, columns]
    return PackedRegion(offset: scalars(name, .packed, shape, count: copies * count), count: count, storage: storage)
  }

  /// Room for a matrix [inner, columns] when packed without its zeros.
  package mutating func sparse<S: KernelScalar>(
    _ name: String, _ inner: Int, _ columns: Int, _ scalar: S.Type
  ) -> Region {
    let count = Memory<S>.sparseCount(inner: inner, columns: columns)
    return Region(offset: scalars(name, .packed, [inner, columns], count: count), rows: 1, columns: count)
  }

  /// `count` scalars, rounded up to whole cache lines.
  package mutating func scalars(
    _ name: String, _ lifetime: BufferLifetime, _ shape: [Int], count: Int
  ) -> Int {
    let rounded = (count + 15) / 16 * 16
    defer { scalarCount += rounded }
    record(name, lifetime, shape, bytes: rounded * scalarBytes)
    return scalarCount
  }

  /// Whole numbers, rounded up to whole cache lines.
  package mutating func integers(_ name: String, _ lifetime: BufferLifetime, _ shape: [Int]) -> Int {
    let count = (shape.reduce(1, *) + 15) / 16 * 16
    defer { indexCount += count }
    record(name, lifetime, shape, bytes: count * MemoryLayout<Int32>.stride)
    return indexCount
  }

  /// Numbers in double precision, rounded up to whole cache lines.
  package mutating func sums(_ name: String, _ lifetime: BufferLifetime, _ shape: [Int]) -> Int {
    let count = (shape.reduce(1, *) + 7) / 8 * 8
    defer { sumCount += count }
    record(name, lifetime, shape, bytes: count * MemoryLayout<Double>.stride)
    return sumCount
  }

  private mutating func record(_ name: String, _ lifetime: BufferLifetime, _ shape: [Int], bytes: Int) {
    if bytes > 0 { buffers.append(PlannedBuffer(name: name, lifetime: lifetime, shape: shape, bytes: bytes)) }
  }
}

/// Where packed copies of a matrix stand, one after the other.
package struct PackedRegion: Sendable, Hashable, BitwiseCopyable {
  /// Index of the first scalar in the memory.
  package let offset: Int
  /// Scalars that a copy takes.
  package let count: Int
  package let storage: WeightStorage

  package init(offset: Int, count: Int, storage: WeightStorage = .full) {
    (self.offset, self.count, self.storage) = (offset, count, storage)
  }

  /// Where one of several copies starts.
  package func copy(_ index: Int) -> Int { offset + index * count }
}
