import Recurrent

/// How many sequences lie side by side, and how long they are.
struct BatchShape {
  private(set) var batchSize = 20
  private(set) var sequenceLength = 50
  /// Whether the text, or what is to be read of it, is too small for the defaults.
  private(set) var isReduced = false

  /// Sequences are not cut shorter than this on their own.
  private static let shortestSequence = 16
  /// Updates in one pass over the text below which the batch shrinks.
  private static let wantedWindows = 10
  /// Updates in the whole training below which the batch shrinks: with fewer a network barely begins to learn.
  private static let wantedUpdates = 1000

  /// What was asked for, and for the rest what suits a text of `count` characters that is read `epochs` times; nil where
  /// the number of updates is given.
  /// - Parameter shards: what a batch size that was not asked for is a multiple of.
  init(batchSize: Int?, sequenceLength: Int?, count: Int, epochs: Int?, shards: Int = 1) {
    if let batchSize { self.batchSize = batchSize }
    if let sequenceLength { self.sequenceLength = sequenceLength }
    func isTooLarge(_ windows: Int) -> Bool {
      let (size, overflow) = self.batchSize.multipliedReportingOverflow(by: self.sequenceLength * windows)
      return overflow || size >= count
    }
    if batchSize == nil {
      if let epochs {
        let (characters, overflow) = count.multipliedReportingOverflow(by: epochs)
        let fitting = (overflow ? .max : characters) / Self.wantedUpdates / self.sequenceLength
        if fitting < self.batchSize {
          self.batchSize = max(1, fitting)
          isReduced = true
        }
      }
      while self.batchSize > 1, isTooLarge(Self.wantedWindows) {
        self.batchSize /= 2
        isReduced = true
      }
      self.batchSize = (self.batchSize + shards - 1) / shards * shards
    }
    if sequenceLength == nil {
      while self.sequenceLength > Self.shortestSequence, isTooLarge(2) {
        self.sequenceLength = max(Self.shortestSequence, self.sequenceLength / 2)
        isReduced = true
      }
    }
  }
}
