/// Stops the program with a text where `condition` does not hold: wrong use of an interface, in release builds too, where
/// `precondition` says nothing.
@inlinable @inline(__always)
package func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
  if _slowPath(!condition) { stop(message(), file: file, line: line) }
}

/// Stops the program with a text, which is made out of line: no code for strings among that of a step.
@usableFromInline @inline(never)
package func stop(_ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line) -> Never {
  fatalError(message(), file: file, line: line)
}
