import Foundation
import Storage

/// Lines for the user on standard error. Names, paths and labels in them may hold line ends and terminal escapes: they are
/// made visible.
enum Note {
  static func error(_ message: String) { drawing(Style.bold("rnn: error: ", .red) + visible(message)) }

  static func warning(_ message: String) { drawing(Style.bold("rnn: warning: ", .yellow) + visible(message)) }

  static func note(_ message: String) { line("rnn: " + message) }

  static func line(_ text: String) { drawing(visible(text)) }

  /// Lines as they are, with the colours that they have.
  static func drawing(_ text: String) { Descriptor.error.write(Array((text + "\n").utf8)) }
}

/// `text` for people, in a line: what would move the cursor or change the terminal is escaped.
func visible(_ text: String) -> String { printable(text, limit: .max) }

/// Colours, only where standard error is a terminal that takes them and the user has not set NO_COLOR.
enum Style {
  enum Color: Int { case red = 31, green = 32, yellow = 33, gray = 90 }

  static let isColored: Bool = {
    let environment = ProcessInfo.processInfo.environment
    return isInteractive && (environment["NO_COLOR"] ?? "").isEmpty
  }()

  /// Whether a line can be drawn over.
  static let isInteractive = Descriptor.error.isTerminal && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  static func bold(_ text: String, _ color: Color) -> String {
    isColored ? "\u{1B}[1;\(color.rawValue)m\(text)\u{1B}[0m" : text
  }

  static func colored(_ text: String, _ color: Color) -> String {
    isColored ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
  }
}
