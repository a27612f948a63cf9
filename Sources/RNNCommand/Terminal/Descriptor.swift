import Foundation
import Storage

/// Standard output could not be written.
struct OutputError: Error, CustomStringConvertible {
  let code: CInt
  /// The reader has closed the pipe: it has all it wants.
  var isReaderGone: Bool { code == EPIPE }
  var description: String { "cannot write to standard output: \(systemMessage(code))" }
}

/// What the system says about an error code.
func systemMessage(_ code: CInt) -> String { unsafe String(cString: strerror(code)) }

/// An open file descriptor; writes go straight to it, so that nothing lingers in a buffer.
struct Descriptor: Sendable {
  static let output = Descriptor(number: STDOUT_FILENO)
  static let error = Descriptor(number: STDERR_FILENO)

  let number: CInt

  var isTerminal: Bool { isatty(number) == 1 }

  /// Columns of the terminal; 80 where it does not say.
  var columns: Int {
    var size = winsize()
    guard unsafe ioctl(number, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes all bytes, in one call where the system takes them in one.
  /// - Returns: 0, or the error code.
  @discardableResult
  func write(_ bytes: [UInt8]) -> CInt { writeAll(bytes, to: number) }
}

/// Writes data to standard output.
func output(_ bytes: [UInt8]) throws(OutputError) {
  let code = Descriptor.output.write(bytes)
  if code != 0 { throw OutputError(code: code) }
}

/// Writes a line of data, or several, to standard output.
func output(_ text: String) throws(OutputError) { try output(Array((text + "\n").utf8)) }
