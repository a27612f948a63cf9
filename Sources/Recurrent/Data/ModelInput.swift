/// What a model reads in one call: tokens or vectors, of N sequences. With `ModelTarget` it is all that `Trainer`,
/// `EncoderDecoderTrainer`, passes and `Model` take.
///
///     trainer.step(.tokens(letters), .classes(following))
///
/// Flat arrays are time-major, the elements of a step of all sequences side by side: tokens [T, N], vectors [T, N, I]; N is
/// the batch size of whoever takes them (of a `Model` 1). One array for each sequence, or `Sequences`, says where
/// sequences begin and end: tokens [length], vectors [length, I]; they may be up to N.
public struct ModelInput<S: Scalar>: Sendable {
  enum Content: Sendable {
    case tokens([Int32])
    case vectors([S])
    case tokenSequences(Sequences<Int32>)
    case vectorSequences(Sequences<S>)
    /// [length, I] each, I being the model's.
    case vectorLists([[S]])
    case window(Int, TokenStreams)
  }

  let content: Content

  private init(_ content: Content) { self.content = content }

  /// Whether N is not said, but is that of whoever takes it.
  var isFlat: Bool {
    switch content {
    case .tokens, .vectors: true
    case .tokenSequences, .vectorSequences, .vectorLists, .window: false
    }
  }
}

extension ModelInput {
  /// Tokens [T, N], each below the vocabulary's size.
  public static func tokens(_ tokens: [Int32]) -> Self { Self(.tokens(tokens)) }

  /// Tokens [T, N], which are copied.
  public static func tokens(_ tokens: Span<Int32>) -> Self { Self(.tokens(Array(copying: tokens))) }

  /// The tokens of each sequence.
  public static func tokens(_ tokens: [[Int32]]) -> Self { Self(.tokenSequences(Sequences(tokens))) }

  /// The tokens of each sequence.
  public static func tokens(_ tokens: Sequences<Int32>) -> Self { Self(.tokenSequences(tokens)) }

  /// Vectors [T, N, I].
  public static func vectors(_ vectors: [S]) -> Self { Self(.vectors(vectors)) }

  /// Vectors [T, N, I], which are copied.
  public static func vectors(_ vectors: Span<S>) -> Self { Self(.vectors(Array(copying: vectors))) }

  /// The vectors of each sequence, [length, I].
  public static func vectors(_ vectors: [[S]]) -> Self { Self(.vectorLists(vectors)) }

  /// The vectors of each sequence.
  public static func vectors(_ vectors: Sequences<S>) -> Self { Self(.vectorSequences(vectors)) }
}

extension TokenStreams {
  /// The tokens [T, N] of a window of every stream; `target(_:)` has those that follow.
  /// - Parameter window: in `0..<windowCount`; go through them in order to carry state.
  public func input<S>(_ window: Int) -> ModelInput<S> { .window(window, of: self) }

  /// For each token of a window of every stream the one that follows it, as classes [T, N].
  /// - Parameter window: in `0..<windowCount`.
  public func target<S>(_ window: Int) -> ModelTarget<S> { .window(window, of: self) }
}

extension ModelInput {
  fileprivate static func window(_ window: Int, of streams: TokenStreams) -> Self {
    streams.check(window: window)
    return Self(.window(window, streams))
  }
}

extension Array where Element: BitwiseCopyable {
  init(copying span: Span<Element>) {
    self.init(capacity: span.count) { array in
      for index in span.indices { array.append(span[index]) }
    }
  }
}
