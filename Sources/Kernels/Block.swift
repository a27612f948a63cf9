/// One 64-byte aligned piece of memory, allocated once and zeroed. The owner of what its `block` points to.
@safe package struct Arena<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  package let block: Block<Element>

  /// - Parameters:
  ///   - count: number of elements.
  ///   - zero: the value to fill with.
  package init(count: Int, filledWith zero: Element) {
    precondition(count >= 0, "an arena needs a count of 0 or more, got \(count)")
    let bytes = max(1, count) * MemoryLayout<Element>.stride
    let raw = unsafe LargePages.allocate(byteCount: bytes)
    let base = unsafe raw.bindMemory(to: Element.self, capacity: count)
    unsafe base.initialize(repeating: zero, count: count)
    block = unsafe Block(base: base, count: count)
  }

  deinit { block.deallocate() }
}

/// A handle on an arena's memory that workers may copy and use together; it does not keep the arena alive.
///
/// Places in it are plain integers (`Matrix`). Every access checks that it stays inside the block. That two workers
/// do not write the same place is the plan's business.
@safe package struct Block<Element: BitwiseCopyable>: @unchecked Sendable, BitwiseCopyable {
  @usableFromInline let base: UnsafeMutablePointer<Element>
  package let count: Int

  @unsafe init(base: UnsafeMutablePointer<Element>, count: Int) {
    unsafe self.base = unsafe base
    self.count = count
  }

  func deallocate() { unsafe UnsafeMutableRawPointer(base).deallocate() }

  /// The address of `matrix`, after a check that all of it lies inside the block.
  @inlinable @inline(__always)
  @unsafe package func pointer(_ matrix: Matrix) -> UnsafeMutablePointer<Element> {
    precondition(
      matrix.offset >= 0
        && (matrix.rows == 0
          || matrix.offset + (matrix.rows - 1) * matrix.stride + matrix.columns <= count),
      "matrix outside its block")
    return unsafe base + matrix.offset
  }

  /// The same block with its element type known: `Element` must be `Known`.
  @inline(__always)
  package func assuming<Known: BitwiseCopyable>(_ type: Known.Type) -> Block<Known> {
    precondition(Element.self == Known.self)
    return unsafe unsafeBitCast(self, to: Block<Known>.self)
  }

  @inlinable @inline(__always)
  @_lifetime(borrow self)
  package func span(_ offset: Int, _ length: Int) -> Span<Element> {
    precondition(offset >= 0 && length >= 0 && offset + length <= count, "span outside its block")
    let span = unsafe Span(_unsafeStart: base + offset, count: length)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  @inlinable @inline(__always)
  @_lifetime(borrow self)
  package func mutableSpan(_ offset: Int, _ length: Int) -> MutableSpan<Element> {
    precondition(offset >= 0 && length >= 0 && offset + length <= count, "span outside its block")
    let span = unsafe MutableSpan(_unsafeStart: base + offset, count: length)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// A row of `matrix`.
  @inlinable @inline(__always)
  @_lifetime(borrow self)
  package func span(_ matrix: Matrix, _ row: Int) -> Span<Element> {
    span(matrix.offset + row * matrix.stride, matrix.columns)
  }

  /// A row of `matrix`.
  @inlinable @inline(__always)
  @_lifetime(borrow self)
  package func mutableSpan(_ matrix: Matrix, _ row: Int) -> MutableSpan<Element> {
    mutableSpan(matrix.offset + row * matrix.stride, matrix.columns)
  }

  @inlinable package subscript(index: Int) -> Element {
    @inline(__always) get {
      precondition(index >= 0 && index < count, "element \(index) of \(count)")
      return unsafe base[index]
    }
    @inline(__always) nonmutating set {
      precondition(index >= 0 && index < count, "element \(index) of \(count)")
      unsafe base[index] = newValue
    }
  }

  /// Copies `values` to the block from `offset` on.
  package func write(_ values: Span<Element>, at offset: Int) {
    precondition(offset >= 0 && offset + values.count <= count, "write outside the block")
    unsafe values.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      unsafe (base + offset).update(from: start, count: source.count)
    }
  }

  /// Copies a place of the block to `values`.
  package func read(from offset: Int, into values: inout MutableSpan<Element>) {
    precondition(offset >= 0 && offset + values.count <= count, "read outside the block")
    unsafe values.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      unsafe start.update(from: base + offset, count: target.count)
    }
  }

  /// Copies `values`, row-major, to the rows of `matrix`.
  package func write(_ values: Span<Element>, to matrix: Matrix) {
    precondition(values.count == matrix.count, "\(values.count) values to [\(matrix.rows), \(matrix.columns)]")
    let target = unsafe pointer(matrix)
    unsafe values.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      for row in 0..<matrix.rows {
        unsafe (target + row * matrix.stride).update(from: start + row * matrix.columns, count: matrix.columns)
      }
    }
  }

  /// Copies the rows of `matrix` to `values`, row-major.
  package func read(_ matrix: Matrix, into values: inout MutableSpan<Element>) {
    precondition(values.count == matrix.count, "[\(matrix.rows), \(matrix.columns)] into \(values.count) values")
    let source = unsafe pointer(matrix)
    unsafe values.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      for row in 0..<matrix.rows {
        unsafe (start + row * matrix.columns).update(from: source + row * matrix.stride, count: matrix.columns)
      }
    }
  }

  /// A copy of `matrix`, its rows one after the other.
  package func array(_ matrix: Matrix) -> [Element] {
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
  package func copy(_ source: Matrix, to target: Matrix) {
    precondition(
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
  package func fill(_ matrix: Matrix, with value: Element) {
    let target = unsafe pointer(matrix)
    for row in 0..<matrix.rows {
      unsafe (target + row * matrix.stride).update(repeating: value, count: matrix.columns)
    }
  }
}
