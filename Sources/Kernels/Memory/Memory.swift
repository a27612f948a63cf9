/// One 64-byte aligned piece of memory, allocated once and zeroed. The owner of what its `memory` points to.
@safe package struct Arena<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  package let memory: Memory<Element>

  /// - Parameters:
  ///   - count: number of elements.
  ///   - zero: the value to fill with.
  package init(count: Int, filledWith zero: Element) {
    require(count >= 0, "an arena needs a count of 0 or more, got \(count)")
    let bytes = max(1, count) * MemoryLayout<Element>.stride
    let raw = unsafe LargePages.allocate(byteCount: bytes)
    let base = unsafe raw.bindMemory(to: Element.self, capacity: count)
    unsafe base.initialize(repeating: zero, count: count)
    memory = unsafe Memory(base: base, count: count)
  }

  deinit { memory.deallocate() }
}

/// A handle on an arena's memory that workers may copy and use together; it does not keep the arena alive.
///
/// Places in it are plain integers (`Region`). Every access checks that it stays inside the memory. That two workers
/// do not write the same place is the plan's business.
@safe package struct Memory<Element: BitwiseCopyable>: @unchecked Sendable, BitwiseCopyable {
  @usableFromInline let base: UnsafeMutablePointer<Element>
  package let count: Int

  @unsafe init(base: UnsafeMutablePointer<Element>, count: Int) {
    unsafe self.base = unsafe base
    self.count = count
  }

  func deallocate() { unsafe UnsafeMutableRawPointer(base).deallocate() }

  /// The address of `matrix`, after a check that all of it lies inside the memory. One without rows may lie anywhere, such
  /// as behind the last row of the last matrix: its address is the memory's, and nothing is there to be read.
  @inlinable @inline(__always)
  @unsafe package func pointer(_ matrix: Region) -> UnsafeMutablePointer<Element> {
    require(
      (matrix.offset | matrix.rows | matrix.columns | matrix.stride) >= 0
        && (matrix.rows == 0
          || matrix.offset + (matrix.rows - 1) * matrix.stride + matrix.columns <= count),
      "matrix outside its memory")
    return unsafe base + (matrix.rows == 0 ? 0 : matrix.offset)
  }

  /// The address of a matrix of one row, for what reads or writes that row whatever number of rows it is told.
  @inlinable @inline(__always)
  @unsafe package func vector(_ matrix: Region) -> UnsafeMutablePointer<Element> {
    require(matrix.rows == 1, "expected a matrix of one row, got \(matrix.rows)")
    return unsafe pointer(matrix)
  }

  /// The same memory with its element type known: `Element` must be `Known`.
  @inline(__always)
  package func assuming<Known: BitwiseCopyable>(_ type: Known.Type) -> Memory<Known> {
    require(Element.self == Known.self, "a memory of \(Element.self) is none of \(Known.self)")
    return unsafe unsafeBitCast(self, to: Memory<Known>.self)
  }

  @inlinable @inline(__always)
  @_lifetime(borrow self)
  package func span(_ offset: Int, _ length: Int) -> Span<Element> {
    require(offset >= 0 && length >= 0 && offset + length <= count, "span outside its memory")
    let span = unsafe Span(_unsafeStart: base + offset, count: length)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  @inlinable @inline(__always)
  @_lifetime(borrow self)
  package func mutableSpan(_ offset: Int, _ length: Int) -> MutableSpan<Element> {
    require(offset >= 0 && length >= 0 && offset + length <= count, "span outside its memory")
    let span = unsafe MutableSpan(_unsafeStart: base + offset, count: length)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// A row of `matrix`.
  @inlinable @inline(__always)
  @_lifetime(borrow self)
  package func span(_ matrix: Region, _ row: Int) -> Span<Element> {
    require(row >= 0 && row < matrix.rows, "row \(row) of \(matrix.rows)")
    return span(matrix.offset + row * matrix.stride, matrix.columns)
  }

  /// A row of `matrix`.
  @inlinable @inline(__always)
  @_lifetime(borrow self)
  package func mutableSpan(_ matrix: Region, _ row: Int) -> MutableSpan<Element> {
    require(row >= 0 && row < matrix.rows, "row \(row) of \(matrix.rows)")
    return mutableSpan(matrix.offset + row * matrix.stride, matrix.columns)
  }

  @inlinable package subscript(index: Int) -> Element {
    @inline(__always) get {
      require(index >= 0 && index < count, "element \(index) of \(count)")
      return unsafe base[index]
    }
    @inline(__always) nonmutating set {
      require(index >= 0 && index < count, "element \(index) of \(count)")
      unsafe base[index] = newValue
    }
  }

  /// Copies `values` to the memory from `offset` on.
  package func write(_ values: Span<Element>, at offset: Int) {
    require(offset >= 0 && offset + values.count <= count, "write outside the memory")
    unsafe values.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      unsafe (base + offset).update(from: start, count: source.count)
    }
  }

  /// Copies a place of the memory to `values`.
  package func read(from offset: Int, into values: inout MutableSpan<Element>) {
    require(offset >= 0 && offset + values.count <= count, "read outside the memory")
    unsafe values.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      unsafe start.update(from: base + offset, count: target.count)
    }
  }

  /// Copies `values`, row-major, to the rows of `matrix`.
  package func write(_ values: Span<Element>, to matrix: Region) {
    require(values.count == matrix.count, "\(values.count) values to [\(matrix.rows), \(matrix.columns)]")
    let target = unsafe pointer(matrix)
    unsafe values.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      for row in 0..<matrix.rows {
        unsafe (target + row * matrix.stride).update(from: start + row * matrix.columns, count: matrix.columns)
      }
    }
  }

  /// Copies the rows of `matrix` to `values`, row-major.
  package func read(_ matrix: Region, into values: inout MutableSpan<Element>) {
    require(values.count == matrix.count, "[\(matrix.rows), \(matrix.columns)] into \(values.count) values")
    read(matrix, into: &values, at: 0)
  }

  /// Copies the rows of `matrix` to a part of `values`, from place `first` on.
  package func read(_ matrix: Region, into values: inout MutableSpan<Element>, at first: Int) {
    require(
      first >= 0 && first + matrix.count <= values.count,
      "[\(matrix.rows), \(matrix.columns)] into \(values.count) values from \(first) on")
    let source = unsafe pointer(matrix)
    unsafe values.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      for row in 0..<matrix.rows {
        unsafe (start + first + row * matrix.columns).update(from: source + row * matrix.stride, count: matrix.columns)
      }
    }
  }

  /// A copy of `matrix`, its rows one after the other.
  package func array(_ matrix: Region) -> [Element] {
    let source = unsafe pointer(matrix)
    return unsafe [Element](unsafeUninitializedCapacity: matrix.count) { buffer, initialized in
      for row in 0..<matrix.rows {
        unsafe (buffer.baseAddress! + row * matrix.columns)
          .initialize(from: source + row * matrix.stride, count: matrix.columns)
      }
      initialized = matrix.count
    }
  }

  /// Copies the rows of `source` to `target` of the same shape.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func copy(_ source: Region, to target: Region) {
    require(
      source.rows == target.rows && source.columns == target.columns,
      "copy of [\(source.rows), \(source.columns)] to [\(target.rows), \(target.columns)]")
    let from = unsafe pointer(source)
    let to = unsafe pointer(target)
    for row in 0..<source.rows {
      unsafe (to + row * target.stride).update(from: from + row * source.stride, count: source.columns)
    }
  }

  // Not specialised, the standard library would assign element by element through witnesses.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func fill(_ matrix: Region, with value: Element) {
    let target = unsafe pointer(matrix)
    for row in 0..<matrix.rows {
      unsafe (target + row * matrix.stride).update(repeating: value, count: matrix.columns)
    }
  }
}
