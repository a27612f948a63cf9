import Glibc

/// Texts that the system makes up as they are read, in `/proc` and `/sys`.
enum SystemFile {
  /// The first 64 KiB; nil where there is no such file. Not `readFile`, which asks here how much it may read.
  static func text(_ path: String) -> String? {
    guard let file = unsafe fopen(path, "re") else { return nil }
    defer { _ = unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe fread($0.baseAddress!, 1, $0.count, file) }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  /// The number that a text begins with.
  static func number(_ text: some StringProtocol) -> Int? { Int(text.prefix { $0.isASCII && $0.isNumber }) }

  /// The number after `name` at the start of a line.
  static func field(_ name: String, of text: String) -> Int? {
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      return line.dropFirst(name.count).split(whereSeparator: \.isWhitespace).first.flatMap { number($0) }
    }
    return nil
  }
}
