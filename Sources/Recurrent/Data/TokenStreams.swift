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

  /// Copies a window of every stream, [T, N].
  ///
  /// - Parameters:
  ///   - index: in `0..<windowCount`.
  ///   - isTarget: whether to copy the tokens that follow those of the window.
  func copyWindow(_ index: Int, isTarget: Bool, into window: inout MutableSpan<Int32>) {
    check(window: index)
    let size = sequenceLength * batchSize
    require(window.count == size, "expected room for \(size) tokens, got \(window.count)")
    let text = tokens.span
    let streamLength = windowCount * sequenceLength
    for step in 0..<sequenceLength {
      var source = index * sequenceLength + step + (isTarget ? 1 : 0)
      for place in step * batchSize..<(step + 1) * batchSize {
        window[place] = text[source]
        source += streamLength
      }
    }
  }

  /// A window of every stream as a copy: its tokens [T, N], and those that follow them, [T, N].
  /// - Parameter index: in `0..<windowCount`.
  public func window(_ index: Int) -> (inputs: [Int32], targets: [Int32]) {
    (window(index, isTarget: false), window(index, isTarget: true))
  }

  func window(_ index: Int, isTarget: Bool) -> [Int32] {
    var window = [Int32](repeating: 0, count: sequenceLength * batchSize)
    var span = window.mutableSpan
    copyWindow(index, isTarget: isTarget, into: &span)
    return window
  }

  func check(window index: Int) {
    require(index >= 0 && index < windowCount, "expected a window in 0..<\(windowCount), got \(index)")
  }
}
