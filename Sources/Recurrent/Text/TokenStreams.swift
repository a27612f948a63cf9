internal import Storage

/// A text cut into N parallel streams, read in windows of T tokens.
///
/// Stream n is the n-th contiguous part of the text, and window b + 1 of a stream begins where its window b
/// ended. Hidden state carried from one window to the next therefore belongs to the text just before, as
/// truncated back-propagation through time needs. Targets are the inputs one token later.
///
/// The streams are as long as a whole number of windows allows; what is left at the end of the text, less than
/// N·T + 1 tokens, is not read.
public struct TokenStreams: Sendable {
  /// N
  public let batchSize: Int
  /// T
  public let sequenceLength: Int
  /// Windows in each stream: steps in one pass over the text.
  public let windowCount: Int
  private let tokens: [Int32]

  /// - Throws: `TextError.tooShort` unless there are at least N·T + 1 tokens: one window of every stream, and
  ///   the last target.
  /// - Precondition: both sizes are at least 1.
  public init(_ tokens: [Int32], batchSize: Int, sequenceLength: Int) throws(TextError) {
    require(batchSize >= 1, "expected a batch size of at least 1, got \(batchSize)")
    require(sequenceLength >= 1, "expected a sequence length of at least 1, got \(sequenceLength)")
    let (window, overflow) = batchSize.multipliedReportingOverflow(by: sequenceLength)
    guard !overflow, tokens.count > window else {
      throw .tooShort(count: tokens.count, needed: overflow || window == .max ? .max : window + 1)
    }
    self.tokens = tokens
    self.batchSize = batchSize
    self.sequenceLength = sequenceLength
    windowCount = (tokens.count - 1) / window
  }

  /// Copies one window of every stream.
  ///
  /// - Parameters:
  ///   - index: in `0..<windowCount`; go through them in order to carry state.
  ///   - inputs: [T, N]
  ///   - targets: [T, N]
  public func copyWindow(
    _ index: Int, inputs: inout MutableSpan<Int32>, targets: inout MutableSpan<Int32>
  ) {
    let size = sequenceLength * batchSize
    require(index >= 0 && index < windowCount, "expected a window in 0..<\(windowCount), got \(index)")
    require(inputs.count == size, "expected \(size) inputs, got \(inputs.count)")
    require(targets.count == size, "expected \(size) targets, got \(targets.count)")
    let text = tokens.span
    let streamLength = windowCount * sequenceLength
    for step in 0..<sequenceLength {
      var source = index * sequenceLength + step
      for place in step * batchSize..<(step + 1) * batchSize {
        inputs[place] = text[source]
        targets[place] = text[source + 1]
        source += streamLength
      }
    }
  }
}
