import Foundation
import Storage

/// Lets another program say when to measure, so that it can interleave us with others: prints `ready`, and for each line
/// with a number of seconds runs the step for at least that long and prints the milliseconds of each call. Ends at the
/// end of standard input.
enum OnRequest {
  static func serve(_ step: () -> Void) throws {
    _ = secondsOfCalls(lasting: 0.05, step)  // to warm up
    try say("ready")
    var lines = LineReader()
    while let line = try lines.next() {
      guard let wanted = Double(line.trimmingCharacters(in: .whitespaces)), (0...3600).contains(wanted) else {
        throw BadRequest(line: line)
      }
      let milliseconds = secondsOfCalls(lasting: wanted, step).map { "\($0 * 1e3)" }
      try say("{\"milliseconds\":[\(milliseconds.joined(separator: ","))]}")
    }
  }
}

struct BadRequest: Error, CustomStringConvertible {
  let line: String
  var description: String { "expected a number of seconds from 0 to 3600 on standard input, got '\(line)'" }
}
