internal import Storage

/// What the outputs of a model are compared with: classes, values or labels, as its loss takes them.
///
/// Flat arrays have the layout of the outputs: one target for each step, [T, N] classes or [T, N, O] values; or, where the head
/// gives one output a sequence, [N] or [N, O]. One array for each sequence, or `Sequences`, go with inputs that
/// come so.
public struct ModelTarget<S: Scalar>: Sendable {
  enum Content: Sendable {
    case classes([Int32])
    case values([S])
    case classSequences(Sequences<Int32>)
    case valueSequences(Sequences<S>)
    /// [length, O] each, O being what the loss compares.
    case valueLists([[S]])
    case labels([[Int32]])
    case window(Int, TokenStreams)
  }

  let content: Content
  /// [N], or one for each row of the outputs; nil: none were given.
  let weights: [Double]?

  private init(_ content: Content, weights: [Double]? = nil) {
    require(
      (weights ?? []).allSatisfy { $0 >= 0 && $0.isFinite }, "weights must be finite and not negative: \(weights ?? [])"
    )
    self.content = content
    self.weights = weights
  }
}

// MARK: Classes

extension ModelTarget {
  /// The class of each output: [T, N], or [N] where there is one output for each sequence.
  /// - Parameters:
  ///   - classes: each below O, or the class that the loss ignores.
  ///   - weights: how much each sequence counts, [N], or each output, as the classes; for losses that are `weighted`.
  public static func classes(_ classes: [Int32], weights: [Double]? = nil) -> Self {
    Self(.classes(classes), weights: weights)
  }

  /// The same classes, which are copied.
  public static func classes(_ classes: Span<Int32>, weights: [Double]? = nil) -> Self {
    Self(.classes(Array(copying: classes)), weights: weights)
  }

  /// The classes of each sequence: one for each of its steps, or one where it has one output.
  public static func classes(_ classes: [[Int32]], weights: [Double]? = nil) -> Self {
    Self(.classSequences(Sequences(classes)), weights: weights)
  }

  /// The classes of each sequence.
  public static func classes(_ classes: Sequences<Int32>, weights: [Double]? = nil) -> Self {
    Self(.classSequences(classes), weights: weights)
  }
}

// MARK: Values

extension ModelTarget {
  /// The values for each output: [T, N, O], or [N, O] where there is one output for each sequence.
  /// - Parameters:
  ///   - values: row-major.
  ///   - weights: how much each sequence counts, [N], or each row of outputs, [T, N]; for losses that are `weighted`.
  public static func values(_ values: [S], weights: [Double]? = nil) -> Self {
    Self(.values(values), weights: weights)
  }

  /// The same values, which are copied.
  public static func values(_ values: Span<S>, weights: [Double]? = nil) -> Self {
    Self(.values(Array(copying: values)), weights: weights)
  }

  /// The values for each sequence, [length, O], or [O] where it has one output.
  public static func values(_ values: [[S]], weights: [Double]? = nil) -> Self {
    Self(.valueLists(values), weights: weights)
  }

  /// The values for each sequence.
  public static func values(_ values: Sequences<S>, weights: [Double]? = nil) -> Self {
    Self(.valueSequences(values), weights: weights)
  }
}

// MARK: Labels

extension ModelTarget {
  /// The labels of each sequence, for the connectionist loss (`Loss.ctc`).
  public static func labels(_ labels: [[Int32]], weights: [Double]? = nil) -> Self {
    Self(.labels(labels), weights: weights)
  }
}

// MARK: Streams

extension ModelTarget {
  static func window(_ window: Int, of streams: TokenStreams) -> Self {
    streams.check(window: window)
    return Self(.window(window, streams))
  }
}
