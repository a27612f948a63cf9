internal import Synchronization

/// The windows of streams that are read from a token file. What was read last is kept: of each stream the block of the file in
/// which its window ends, and of all the window itself, so that going through the windows in order reads each block once.
/// After the first window nothing is allocated.
final class TokenWindows: Sendable {
  private struct State {
    /// One for each stream.
    var blocks: [TokenBlock]
    /// [T + 1, N]: the tokens of a window, and the last targets.
    var tokens: [Int32]
    var window: Int?
  }

  private let file: TokenFile
  private let translation: [Int32]?
  /// Position in the file of the first token of the first stream.
  private let start: Int
  /// Tokens from one stream to the next.
  private let streamLength: Int
  private let sequenceLength: Int
  private let state: Mutex<State>

  init(
    _ file: TokenFile, translation: [Int32]?, start: Int, streamLength: Int, batchSize: Int, sequenceLength: Int
  ) {
    (self.file, self.translation, self.start) = (file, translation, start)
    (self.streamLength, self.sequenceLength) = (streamLength, sequenceLength)
    state = Mutex(
      State(
        blocks: (0..<batchSize).map { _ in TokenBlock() },
        tokens: [Int32](repeating: 0, count: (sequenceLength + 1) * batchSize)))
  }

  /// The tokens of a window, [T + 1, N], read unless they are those that were read last.
  func tokens(ofWindow index: Int) throws(TokenFileError) -> [Int32] {
    try state.withLock { (state) throws(TokenFileError) in
      if state.window != index {
        state.window = nil
        try read(index, &state.blocks, &state.tokens)
        state.window = index
      }
      return state.tokens
    }
  }

  private func read(
    _ index: Int, _ blocks: inout [TokenBlock], _ tokens: inout [Int32]
  ) throws(TokenFileError) {
    let batchSize = blocks.count
    var target = tokens.mutableSpan
    for stream in 0..<batchSize {
      let first = start + stream * streamLength + index * sequenceLength
      try blocks[stream].copy(
        fromFile: file, first..<first + sequenceLength + 1, translation: translation, into: &target, at: stream,
        stride: batchSize)
    }
  }
}
