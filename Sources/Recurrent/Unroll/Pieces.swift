/// A range cut into nearly equal pieces.
struct Pieces {
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
