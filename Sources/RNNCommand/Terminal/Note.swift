import Foundation
import Storage
import Synchronization

/// Whether nothing is said, and for whom something is. Set at most twice in a process: hence no part of a type.
private let speaker = Mutex<(isSilent: Bool, name: String?)>((false, nil))

/// Lines for the user on standard error. Names, paths and labels in them may hold line ends and terminal escapes: they are
/// made visible.
enum Note {
  static func error(_ message: String) {
    let name = speaker.withLock { $0.name }.map { "\($0): " } ?? ""
    drawing(Style.bold("rnn: error: ", .red) + name + visible(message))
  }

  static func warning(_ message: String) { drawing(Style.bold("rnn: warning: ", .yellow) + visible(message)) }

  static func note(_ message: String) { line("rnn: " + message) }

  static func line(_ text: String) { drawing(visible(text)) }

  /// Lines as they are, with the colours that they have.
  static func drawing(_ text: String) {
    guard !speaker.withLock({ $0.isSilent }) else { return }
    Descriptor.error.write(Array((text + "\n").utf8))
  }

  /// From now on nothing is said: another process does.
  static func silence() { speaker.withLock { $0.isSilent = true } }

  /// From now on what is said is said, of one of several processes.
  static func speak(for name: String) { speaker.withLock { $0 = (false, name) } }
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
