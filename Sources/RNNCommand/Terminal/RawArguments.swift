import Storage

/// The command line as it was given: what is no UTF-8 in it, Swift's strings have as U+FFFD.
enum RawArguments {
  /// The bytes of the value of an option, of which the parser has made `text`.
  static func bytes(of text: String, option: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard text.unicodeScalars.contains("\u{FFFD}"), let line = try? readFile("/proc/self/cmdline") else { return bytes }
    let prefix = Array("\(option)=".utf8)
    for argument in line.split(separator: 0, omittingEmptySubsequences: false) {
      let value = argument.starts(with: prefix) ? argument.dropFirst(prefix.count) : argument
      if String(decoding: value, as: UTF8.self).utf8.elementsEqual(bytes) { return Array(value) }
    }
    return bytes
  }
}
