internal import Storage

/// Where in a text something stands.
public struct TextPlace: Sendable, Hashable {
  /// From 0: bytes of a text that is no UTF-8, else characters.
  public let offset: Int
  /// From 1; lines end with LF, CR, or CR and LF.
  public let line: Int
  /// From 1, in characters.
  public let column: Int

  /// A place by its numbers.
  public init(offset: Int, line: Int, column: Int) { (self.offset, self.line, self.column) = (offset, line, column) }

  init(_ fault: EncodingFault) { self.init(offset: fault.offset, line: fault.line, column: fault.column) }

  /// The end of the symbols that come before.
  init(after symbols: some Sequence<UInt32>) {
    var counter = LineCounter()
    var count = 0
    for symbol in symbols {
      counter.pass(symbol)
      count += 1
    }
    self.init(offset: count, line: counter.line, column: counter.column)
  }
}
