internal import Kernels

/// A range cut into nearly equal pieces.
struct Pieces: Sendable {
  let total: Int
  let count: Int

  init(of total: Int, count: Int) {
    self.total = total
    self.count = count
  }

  /// Pieces whose number depends on the range's length alone: a product of OpenBLAS that is cut so gives the same bits
  /// with any number of workers.
  /// - Parameter size: about the largest piece; at most 64 pieces are made. More than one: an even number, so that two
  ///   workers get equal shares.
  init(of total: Int, atMost size: Int) {
    let wanted = min(64, (total + size - 1) / size)
    self.init(of: total, count: wanted <= 1 ? 1 : (wanted + 1) / 2 * 2)
  }

  /// Bounds of long pieces lie on multiples of 12, which is divisible by a micro-kernel's usual heights.
  subscript(index: Int) -> Range<Int> { bound(index)..<bound(index + 1) }

  private func bound(_ index: Int) -> Int {
    let exact = total * index / count
    return index == count || total < 24 * count ? exact : exact / 12 * 12
  }
}

/// What one worker computes of a product of many rows: a part of the columns of some ranges of rows.
struct ProductPart {
  let columns: Range<Int>
  private let pieces: Pieces
  private let first: Int
  private let step: Int

  /// A part of a packed product [rows, inner]·[inner, columns].
  init(packedRows rows: Int, columns: Int, inner: Int, worker: Int, of workers: Int) {
    if ProductChoice.sharesColumns(rows: rows, columns: columns, inner: inner, workers: workers) {
      self.columns = Self.share(ofColumns: columns, worker: worker, of: workers)
      (pieces, first, step) = (Pieces(of: rows, count: 1), 0, 1)
    } else {
      self.columns = 0..<columns
      (pieces, first, step) = (Pieces(of: rows, count: min(workers, rows)), worker, workers)
    }
  }

  /// About the most rows of a piece that OpenBLAS multiplies at once: smaller ones cost it, as each packs the weights anew.
  static let openBLASRows = 512

  /// A part of a product of OpenBLAS: the output is cut by its size alone.
  init(openBLASRows rows: Int, columns: Int, worker: Int, of workers: Int) {
    self.columns = 0..<columns
    (pieces, first, step) = (Pieces(of: rows, atMost: Self.openBLASRows), worker, workers)
  }

  /// The worker's columns of a packed product, where columns are what is shared.
  static func share(ofColumns columns: Int, worker: Int, of workers: Int) -> Range<Int> {
    let unit = Memory<Float>.packedColumnUnit
    let units = (columns + unit - 1) / unit
    return units * worker / workers * unit..<min(columns, units * (worker + 1) / workers * unit)
  }

  /// The worker's ranges of rows.
  var rows: some Sequence<Range<Int>> { stride(from: first, to: pieces.count, by: step).lazy.map { pieces[$0] } }
}
