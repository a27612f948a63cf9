/// Numbers as bytes, which they are for who sends them elsewhere.
extension MutableSpan where Element: Numeric & BitwiseCopyable {
  /// Those of all elements, in the machine's order. Any bytes are numbers, and numbers have no padding.
  package var numberBytes: MutableRawSpan {
    @_lifetime(&self)
    mutating get { unsafe mutableBytes }
  }
}
