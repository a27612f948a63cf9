internal import Storage

/// A text cut into N parallel streams, read in windows of T tokens.
///
/// Stream n is the n-th contiguous part of the text, and window b + 1 of a stream begins where its window b
/// ended. Hidden state carried from one window to the next therefore belongs to the text just before, as
/// truncated back-propagation through time needs. Targets are the inputs one token later.
///
/// The streams are as long as a whole number of windows allows; what is left at the end of the text, less than
/// N·T + 1 tokens, is not read.
///
/// Of a token file the windows are read as they are asked for: 16 KiB of each stream are in memory. `load` reads one where a
/// file may fail; a `TrainingLoop` does.
public struct TokenStreams: Sendable {
  private enum Source: Sendable {
    /// The first stream begins at `start`.
    case memory([Int32], start: Int)
    /// Of which these streams are read.
    case file(TokenWindows, Range<Int>)
  }

  /// N
  public let batchSize: Int
  /// T
  public let sequenceLength: Int
  /// Windows in each stream: steps in one pass over the text.
  public let windowCount: Int
  private let text: TokenSource
  /// Of the first of these streams, in the text.
  private let start: Int
  private let source: Source

  /// - Throws: `TextError.tooShort` unless there are at least N·T + 1 tokens: one window of every stream, and
  ///   the last target.
  /// - Precondition: both sizes are at least 1.
  public init(_ tokens: [Int32], batchSize: Int, sequenceLength: Int) throws(TextError) {
    try self.init(TokenSource(tokens), batchSize: batchSize, sequenceLength: sequenceLength)
  }

  /// The same of tokens in memory or in a file, of which nothing is read yet.
  public init(_ tokens: TokenSource, batchSize: Int, sequenceLength: Int) throws(TextError) {
    require(batchSize >= 1, "expected a batch size of at least 1, got \(batchSize)")
    require(sequenceLength >= 1, "expected a sequence length of at least 1, got \(sequenceLength)")
    let (window, overflow) = batchSize.multipliedReportingOverflow(by: sequenceLength)
    guard !overflow, tokens.count > window else {
      throw .tooShort(count: tokens.count, needed: overflow || window == .max ? .max : window + 1)
    }
    self.init(
      tokens, start: 0, batchSize: batchSize, sequenceLength: sequenceLength, windowCount: (tokens.count - 1) / window)
  }

  private init(
    _ text: TokenSource, start: Int, batchSize: Int, sequenceLength: Int, windowCount: Int, reading: Range<Int>? = nil
  ) {
    self.text = text
    self.start = start
    self.batchSize = batchSize
    self.sequenceLength = sequenceLength
    self.windowCount = windowCount
    let first = text.range.lowerBound + start
    let streamLength = windowCount * sequenceLength
    switch text.content {
    case .memory(let tokens): source = .memory(tokens, start: first)
    case .file(let file, let translation):
      let read = reading ?? 0..<batchSize
      source = .file(
        TokenWindows(
          file, translation: translation, start: first + read.lowerBound * streamLength, streamLength: streamLength,
          batchSize: read.count, sequenceLength: sequenceLength), read)
    }
  }

  /// The same streams, of which no others are read from a file than these: for a process that does a part of each batch.
  func reading(only streams: Range<Int>) -> TokenStreams {
    TokenStreams(
      text, start: start, batchSize: batchSize, sequenceLength: sequenceLength, windowCount: windowCount,
      reading: streams)
  }

  /// Some of the streams, as they are: row n of the result's windows is row `streams.lowerBound + n` of this one's. For who
  /// does a part of each batch; nothing else is read.
  /// - Precondition: at least one, of those that there are.
  public func selecting(_ streams: Range<Int>) -> TokenStreams {
    require(
      !streams.isEmpty && streams.lowerBound >= 0 && streams.upperBound <= batchSize,
      "expected streams in 0..<\(batchSize), one or more, got \(streams)")
    return TokenStreams(
      text, start: start + streams.lowerBound * windowCount * sequenceLength, batchSize: streams.count,
      sequenceLength: sequenceLength, windowCount: windowCount)
  }

  /// Reads a window of every stream from the file, if they are in one and it is not the one that was read last: the window's
  /// `input` and `target` then find it in memory.
  /// - Parameter window: in `0..<windowCount`.
  /// - Throws: `TokenFileError` where the file was cut short or written over since it was opened, or the disk fails.
  public func load(_ window: Int) throws(TokenFileError) {
    check(window: window)
    if case .file(let windows, _) = source { _ = try windows.tokens(ofWindow: window) }
  }

  /// Copies a window of every stream, [T, N], or of some of them.
  ///
  /// - Parameters:
  ///   - index: in `0..<windowCount`.
  ///   - isTarget: whether to copy the tokens that follow those of the window.
  ///   - streams: whose; nil: all.
  func copyWindow(
    _ index: Int, isTarget: Bool, streams: Range<Int>? = nil, into window: inout MutableSpan<Int32>
  ) {
    check(window: index)
    let streams = streams ?? 0..<batchSize
    let size = sequenceLength * streams.count
    require(window.count == size, "expected room for \(size) tokens, got \(window.count)")
    switch source {
    case .memory(let tokens, let start):
      let text = tokens.span
      let streamLength = windowCount * sequenceLength
      for step in 0..<sequenceLength {
        var source = start + streams.lowerBound * streamLength + index * sequenceLength + step + (isTarget ? 1 : 0)
        for place in step * streams.count..<(step + 1) * streams.count {
          window[place] = text[source]
          source += streamLength
        }
      }
    case .file(let windows, let read):
      require(
        read.lowerBound <= streams.lowerBound && streams.upperBound <= read.upperBound,
        "streams \(streams) of a file of which \(read) are read")
      let tokens: [Int32]
      do { tokens = try windows.tokens(ofWindow: index) } catch { stop("\(error); load(_:) throws this error") }
      let rows = tokens.span
      for step in 0..<sequenceLength {
        let first = (step + (isTarget ? 1 : 0)) * read.count + streams.lowerBound - read.lowerBound
        for stream in 0..<streams.count { window[step * streams.count + stream] = rows[first + stream] }
      }
    }
  }

  /// A window of every stream as a copy: its tokens [T, N], and those that follow them, [T, N].
  /// - Parameter index: in `0..<windowCount`.
  /// - Precondition: a file can be read; `load` says whether.
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
