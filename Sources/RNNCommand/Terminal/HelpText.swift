import Foundation
import Recurrent

/// The parser's help, fitted to the terminal. The parser breaks only descriptions, and leaves them the room beside a column
/// of labels that a narrow terminal does not have.
enum HelpText {
  /// Where descriptions begin; on terminals of fewer columns than `narrow` they stand below their labels.
  private static let labelColumns = 26
  private static let narrow = 60
  private static let smallest = 20

  /// As the user wants it, or as wide as the terminal is.
  private static let columns: Int = {
    if let wanted = ProcessInfo.processInfo.environment["COLUMNS"].flatMap({ Int($0) }), wanted > 0 { return wanted }
    return Descriptor.output.columns
  }()

  /// At the start of the process: tells the parser not to break lines, which on very narrow terminals it cannot do at all.
  static func prepare() {
    _ = columns
    unsafe setenv("COLUMNS", "1000000", 1)
  }

  /// Writes what the parser has to say, help above all.
  static func show(_ text: String) throws(OutputError) {
    // Scripts for shells and the like stay as they are.
    guard text.hasPrefix("OVERVIEW: ") || text.hasPrefix("USAGE: ") else {
      return text.isEmpty ? () : try output(text)
    }
    try output(fitted(text, to: columns))
  }

  private static func fitted(_ text: String, to width: Int) -> String {
    let width = max(smallest, width)
    return joined(text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
      .flatMap { wrapped($0, to: width) }.joined(separator: "\n")
  }

  /// Descriptions below labels that are too long for their column go to the labels' lines.
  private static func joined(_ lines: [String]) -> [String] {
    var result: [String] = []
    for line in lines {
      if let last = result.last, last.hasPrefix("  "), !last.hasPrefix("   "), !last.contains("   "),
        line.prefix(while: { $0 == " " }).count == labelColumns
      {
        result[result.count - 1] = last + "  " + line.drop { $0 == " " }
      } else {
        result.append(line)
      }
    }
    return result
  }

  /// A line as lines of at most `width` columns: a label keeps its place, and what follows it stands in a column.
  private static func wrapped(_ line: String, to width: Int) -> [String] {
    guard let start = line.firstIndex(where: { $0 != " " }) else { return [""] }
    let margin = line.distance(from: line.startIndex, to: start)
    guard let gap = line[start...].firstRange(of: "  "), margin > 0 || !line[start..<gap.lowerBound].contains(" ")
    else {
      let hanging = line.hasPrefix("USAGE: ") ? 7 : margin > 0 ? margin + 2 : 0
      return broken(line[start...], first: margin, rest: min(hanging, width / 2), width: width)
    }
    let label = String(line[start..<gap.lowerBound])
    let description = line[gap.lowerBound...].drop { $0 == " " }
    let column = line.distance(from: line.startIndex, to: description.startIndex)
    let place = column > labelColumns || margin + label.count + 2 > labelColumns ? labelColumns : column
    let isBelow = margin + label.count + 2 > place || (width < narrow && place == labelColumns)
    let indent = width < narrow && place == labelColumns ? 4 : place
    if isBelow {
      return broken(label[...], first: margin, rest: margin + 2, width: width)
        + broken(description, first: indent, rest: indent, width: width)
    }
    var lines = broken(description, first: indent, rest: indent, width: width)
    lines[0] = padded(String(repeating: " ", count: margin) + label, indent) + lines[0].drop { $0 == " " }
    return lines
  }

  /// Words in lines; one that is wider than a line is cut.
  private static func broken(_ text: Substring, first: Int, rest: Int, width: Int) -> [String] {
    var lines: [String] = []
    var line = String(repeating: " ", count: first)
    var isEmpty = true
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      var word = String(word)
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        (line, isEmpty) = (String(repeating: " ", count: rest), true)
      }
      if !isEmpty { line += " " }
      while line.count + word.count > width {
        let room = max(1, width - line.count)
        lines.append(line + word.prefix(room))
        word = String(word.dropFirst(room))
        line = String(repeating: " ", count: rest)
      }
      line += word
      isEmpty = false
    }
    return lines + [line]
  }
}
