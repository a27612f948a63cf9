import Glibc

/// The lines of standard input, one after the other as they come.
package struct LineReader {
  private var rest: [UInt8] = []
  private var isAtEnd = false

  package init() {}

  /// Whether a whole line is there, so that `next` need not wait.
  package var hasLine: Bool { rest.contains(UInt8(ascii: "\n")) }

  /// The next line without its end; nil after the last one.
  package mutating func next() throws(FileError) -> String? { try nextBytes().map(PathBytes.text) }

  /// The same as its bytes.
  package mutating func nextBytes() throws(FileError) -> [UInt8]? {
    while true {
      if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        defer { rest.removeFirst(end + 1) }
        return Array(rest[..<end])
      }
      if isAtEnd {
        defer { rest = [] }
        return rest.isEmpty ? nil : rest
      }
      let (bytes, code) = readSome(from: STDIN_FILENO, upTo: 1 << 12)
      guard code == 0 else { throw FileError(.read, DescriptorPath.standardInput, errno: code) }
      isAtEnd = bytes.isEmpty
      rest += bytes
    }
  }
}
