public import Recurrent

/// Dates as people write them in English and French, "May 3, 1984" or "3 mai 1984", to be written as ISO 8601 has them,
/// "1984-05-03". Held out is every tenth day, in all its spellings.
public struct DateNormalization: PairTask {
  public let name = "dates"
  private let symbols: [Unicode.Scalar]
  public var sourceVocabularySize: Int { symbols.count }
  /// "the 22nd of September 1963".
  public let sourceLength = 26
  public let targetVocabularySize = 12
  public let targetLength = 10
  /// Digits are themselves, 10 is the hyphen.
  public let marks = SequenceMarks(start: 11, end: 11)

  private static let english = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  private static let french = [
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
  ]
  private static let monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

  public init() {
    let texts = Self.english + Self.french + ["0123456789 ,./thsndrofer"]
    symbols = Set(texts.flatMap(\.unicodeScalars)).sorted()
  }

  public func pair(
    isHeldOut: Bool, using generator: inout SeededGenerator
  ) -> (source: [Int32], target: [Int32]) {
    while true {
      let (year, month) = (1900 + generator.index(below: 200), 1 + generator.index(below: 12))
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      let length = Self.monthLengths[month - 1] + (month == 2 && isLeap ? 1 : 0)
      let day = 1 + generator.index(below: length)
      guard (((year * 12 + month) * 31 + day) % 10 == 0) == isHeldOut else { continue }
      let text = spelling(year, month, day, generator.index(below: 6))
      return (tokens(text), target(year, month, day))
    }
  }

  private func spelling(_ year: Int, _ month: Int, _ day: Int, _ form: Int) -> String {
    let (english, french) = (Self.english[month - 1], Self.french[month - 1])
    switch form {
    case 0: return "\(day) \(french) \(year)"
    case 1: return day == 1 ? "1er \(french) \(year)" : "\(day) \(french) \(year)"
    case 2: return "\(english) \(day), \(year)"
    case 3: return "\(day) \(english.prefix(3)). \(year)"
    case 4: return "the \(day)\(Self.ordinal(day)) of \(english) \(year)"
    default: return "\(day)/\(month)/\(year)"
    }
  }

  private static func ordinal(_ day: Int) -> String {
    if (11...13).contains(day) { return "th" }
    return [1: "st", 2: "nd", 3: "rd"][day % 10] ?? "th"
  }

  /// The tokens of a date as people write it.
  /// - Precondition: all of its symbols occur in such dates.
  public func tokens(_ text: String) -> [Int32] {
    text.unicodeScalars.map { symbol in
      guard let index = symbols.firstIndex(of: symbol) else { preconditionFailure("\(symbol) is in no date") }
      return Int32(index)
    }
  }

  /// What a target's tokens stand for.
  public func text(_ target: [Int32]) -> String { target.map { $0 == 10 ? "-" : "\($0)" }.joined() }

  private func target(_ year: Int, _ month: Int, _ day: Int) -> [Int32] {
    func digits(_ number: Int, _ count: Int) -> [Int32] {
      (0..<count).reversed().map { place in Int32((0..<place).reduce(number) { rest, _ in rest / 10 } % 10) }
    }
    return digits(year, 4) + [10] + digits(month, 2) + [10] + digits(day, 2)
  }
}
