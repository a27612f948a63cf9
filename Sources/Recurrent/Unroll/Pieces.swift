/// A range cut into nearly equal pieces whose number depends on its length alone: a product cut so gives the same bits
/// with any number of workers.
struct Pieces {
  let total: Int
  let count: Int

  /// - Parameter size: about the largest piece; at most 64 pieces are made. More than one: an even number, so that two
  ///   workers get equal shares.
  init(of total: Int, atMost size: Int) {
    self.total = total
    let wanted = min(64, (total + size - 1) / size)
    count = wanted <= 1 ? 1 : (wanted + 1) / 2 * 2
  }

  /// Bounds lie on multiples of 8, a micro-kernel's usual height.
  subscript(index: Int) -> Range<Int> { bound(index)..<bound(index + 1) }

  private func bound(_ index: Int) -> Int {
    index == count ? total : total * index / count / 8 * 8
  }

  /// The pieces of one worker: every `workers`-th.
  func taken(by worker: Int, of workers: Int) -> some Sequence<Range<Int>> {
    let pieces = self
    return stride(from: worker, to: count, by: workers).lazy.map { pieces[$0] }
  }
}
