/// The tokens around a target: the decoder's input begins with `start`, its output ends with `end`. They may be the same.
public struct SequenceMarks: Sendable, Hashable {
  public var start: Int32
  public var end: Int32

  public init(start: Int32, end: Int32) { (self.start, self.end) = (start, end) }
}
