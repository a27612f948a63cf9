import Storage
import Recurrent

extension LabelledSequences {
  /// Reads a `.ts` file of sktime, aeon and the UEA archive: lines of `#` comments and `@` headers, then after `@data` a
  /// line for each sequence, its channels separated by colons, their values by commas, the class last.
  /// - Throws: `TableError`, where time stamps, missing values or targets that are no classes are found, too.
  package init(tsFile path: String) throws(TableError) {
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw TableError(error) }
    try self.init(tsBytes: bytes, file: path)
  }

  /// Whether bytes are those of such a file, by their first line that is no comment.
  package static func isTS(_ bytes: [UInt8]) -> Bool {
    let lines = bytes.lazy.split(separator: 0x0A).map { $0.drop { [0x20, 0x09, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) } }
    return lines.first { !$0.isEmpty && $0.first != UInt8(ascii: "#") }?.first == UInt8(ascii: "@")
  }

  /// Takes the bytes of such a file; `file` names it in messages.
  package init(tsBytes bytes: [UInt8], file path: String) throws(TableError) {
    if let fault = EncodingFault(bytes.span, file: path) {
      throw TableError(path, line: fault.line, .encoding(fault, option: nil))
    }
    var header = Header(file: path)
    var items: [Item] = []
    var width: Int?
    var isInData = false
    var labels = Spellings()
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      let number = index + 1
      let text = String(decoding: line, as: UTF8.self).trimmingPrefix { $0 == "\u{FEFF}" }.trimmed
      if text.isEmpty || text.hasPrefix("#") { continue }
      if isInData {
        let item = try Self.item(text, line: number, header, width: &width, number: items.count + 1)
        if let label = item.labels.first {
          do { try labels.check(label, line: number) } catch { throw TableError(path, line: number, error) }
        }
        items.append(item)
      } else {
        isInData = try header.read(text, line: number)
      }
    }
    guard isInData else {
      throw TableError(path, bytes.isEmpty ? .other("the file is empty") : .other("there is no line @data"))
    }
    guard let width else { throw TableError(path, .other("there is no sequence after @data")) }
    file = path
    features = (1...width).map { "channel \($0)" }
    isPerStep = false
    self.items = items
  }

  private struct Header {
    let file: String
    var dimensions: Int?
    /// nil until `@classLabel` says so.
    var hasLabels: Bool?
    var classes: Set<String> = []

    /// - Returns: whether the line is `@data`.
    mutating func read(_ text: String, line: Int) throws(TableError) -> Bool {
      func fault(_ reason: String) -> TableError { TableError(file, line: line, .other(reason)) }
      guard text.hasPrefix("@") else { throw fault("expected a header that begins with @, or @data") }
      let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
      let value = words.count > 1 ? words[1].lowercased() : nil
      switch words[0].lowercased() {
      case "@data":
        guard hasLabels != nil else { throw fault("@classLabel is missing before @data") }
        return true
      case "@timestamps" where value == "true": throw fault("time stamps are not read here")
      case "@targetlabel" where value == "true": throw fault("the targets are numbers, not classes")
      case "@univariate" where value == "true": dimensions = 1
      case "@dimensions", "@dimension":
        guard let count = value.flatMap({ Int($0) }), count >= 1 else { throw fault("@dimensions needs a number") }
        dimensions = count
      case "@classlabel":
        guard value == "true" || value == "false" else { throw fault("@classLabel needs true or false") }
        hasLabels = value == "true"
        classes = Set(words.dropFirst(2))
      default: break
      }
      return false
    }
  }

  private static func item(
    _ text: String, line: Int, _ header: Header, width: inout Int?, number: Int
  ) throws(TableError) -> Item {
    func fault(_ reason: TableError.Reason, channel: Int? = nil) -> TableError {
      TableError(header.file, line: line, column: channel.map { "channel \($0 + 1)" }, reason)
    }
    var channels = text.split(separator: ":", omittingEmptySubsequences: false)
    var labels: [String] = []
    if header.hasLabels == true {
      let label = channels.removeLast().trimmed
      if label.isEmpty { throw fault(.other("the class is missing at the end")) }
      if !header.classes.isEmpty, !header.classes.contains(label) {
        throw fault(.other("the class \"\(printable(label, limit: 60))\" is none of those that @classLabel names"))
      }
      labels = [label]
    }
    let expected = width ?? header.dimensions ?? channels.count
    guard channels.count == expected, expected > 0 else {
      throw fault(.other("\(channels.count) channel\(channels.count == 1 ? "" : "s") where there are \(expected)"))
    }
    width = expected
    let steps = channels.map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let length = steps[0].count
    // Before there is room for as many values: a long first channel and many short ones would need far more than their text.
    for (channel, steps) in steps.enumerated() where steps.count != length {
      throw fault(
        .other("\(steps.count) step\(steps.count == 1 ? "" : "s") where the first channel has \(length)"),
        channel: channel)
    }
    var values = [Double](repeating: 0, count: length * expected)
    for (channel, steps) in steps.enumerated() {
      for (step, field) in steps.enumerated() {
        let value: Double?
        do { value = try parseNumber(field.trimmed) } catch { throw fault(error, channel: channel) }
        guard let value else { throw fault(.other("the value of step \(step + 1) is missing"), channel: channel) }
        values[step * expected + channel] = value
      }
    }
    return Item(name: String(number), values: values, labels: labels, labelLines: labels.map { _ in line })
  }
}

extension StringProtocol {
  /// Without white space at both ends.
  fileprivate var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
