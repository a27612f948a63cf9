import Recurrent

/// How many sequences lie side by side, and how long they are.
struct BatchShape {
  private(set) var batchSize = 50
  private(set) var sequenceLength = 50
  /// Whether the text is too small for the defaults.
  private(set) var isReduced = false

  /// Sequences are not cut shorter than this on their own.
  private static let shortestSequence = 16
  /// Updates in one pass over the text below which the batch shrinks.
  private static let wantedWindows = 10

  /// What was asked for, and for the rest what suits a text of `count` characters.
  init(batchSize: Int?, sequenceLength: Int?, count: Int) {
    if let batchSize { self.batchSize = batchSize }
    if let sequenceLength { self.sequenceLength = sequenceLength }
    func isTooLarge(_ windows: Int) -> Bool {
      let (size, overflow) = self.batchSize.multipliedReportingOverflow(by: self.sequenceLength * windows)
      return overflow || size >= count
    }
    if batchSize == nil {
      while self.batchSize > 1, isTooLarge(Self.wantedWindows) {
        self.batchSize /= 2
        isReduced = true
      }
    }
    if sequenceLength == nil {
      while self.sequenceLength > Self.shortestSequence, isTooLarge(2) {
        self.sequenceLength = max(Self.shortestSequence, self.sequenceLength / 2)
        isReduced = true
      }
    }
  }
}
