import Storage
import Tables

/// The lines of standard input as they come, for commands that answer each of them: without the mark before the first and what
/// Windows ends lines with.
struct FilterLines {
  private let name: String
  /// What was wrong with the line behind those that were given out last.
  private var fault: (any Error)?
  private var reader = LineReader()
  private var number = 0

  /// - Parameter name: of the input, for errors.
  init(_ name: String) { self.name = name }

  /// - Returns: nil after the last one.
  /// - Throws: `FileError`; `TableError` with the line that is no UTF-8.
  mutating func next() throws -> String? {
    guard let bytes = try reader.nextBytes() else { return nil }
    number += 1
    if let fault = EncodingFault(bytes.span, file: nil) {
      throw TableError(name, line: number, .encoding(fault, option: nil))
    }
    var own = bytes[...]
    if number == 1, own.starts(with: [0xEF, 0xBB, 0xBF]) { own = own.dropFirst(3) }
    if own.last == 0x0D { own = own.dropLast() }
    return String(decoding: own, as: UTF8.self)
  }

  /// The next line, and those behind it that are there already: for commands that answer several at once.
  /// - Parameter count: the most lines.
  /// - Returns: none after the last one.
  /// - Throws: as `next`; lines before the one that is no UTF-8 are given out first.
  mutating func next(upTo count: Int) throws -> [String] {
    if let fault { throw fault }
    var lines: [String] = []
    while lines.isEmpty || (lines.count < count && reader.hasLine) {
      do {
        guard let line = try next() else { break }
        lines.append(line)
      } catch {
        guard !lines.isEmpty else { throw error }
        fault = error
        break
      }
    }
    return lines
  }
}
