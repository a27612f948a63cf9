import Testing

/// Requires that the last words of a process that a programmer's mistake has ended have these in them.
func expectWords(_ message: String, _ result: ExitTest.Result, sourceLocation: SourceLocation = #_sourceLocation) {
  let text = String(decoding: result.standardErrorContent, as: UTF8.self)
  #expect(text.contains(message), "\(text)", sourceLocation: sourceLocation)
}
