/// The tokens around a target: the decoder's input begins with `start`, its output ends with `end`. They may be the same.
public struct SequenceMarks: Sendable, Hashable {
  /// The token that the decoder reads first.
  public var start: Int32
  /// The token that ends a target.
  public var end: Int32

  /// Both tokens, each below the decoder's vocabulary size.
  public init(start: Int32, end: Int32) { (self.start, self.end) = (start, end) }
}
