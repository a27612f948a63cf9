internal import Storage

/// The symbols that texts of one side of pairs are made of, and their numbers: 0 stands for every symbol that is not known,
/// the others count from 1.
public struct SymbolVocabulary: Sendable, Hashable {
  /// What a symbol is.
  public enum Unit: String, Sendable, Hashable, CaseIterable {
    /// A Unicode scalar.
    case character
    /// What stands between spaces (White_Space of Unicode): a word of a sentence, a phoneme.
    case word

    /// The symbols of a text.
    public func symbols(of text: String) -> [String] {
      switch self {
      case .character: text.unicodeScalars.map { String($0) }
      case .word: text.unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) }
      }
    }

    /// The text of symbols.
    public func text(of symbols: [String]) -> String { symbols.joined(separator: self == .word ? " " : "") }
  }

  /// The number of symbols that are not known.
  public static let unknown: Int32 = 0
  /// What is written for one.
  public static let unknownText = "<unk>"

  /// What a symbol is.
  public let unit: Unit
  /// In the order of their numbers, from 1 on.
  public let symbols: [String]
  private let numbers: [ExactString: Int32]

  /// Those of texts, the most frequent first; of equally frequent ones the lesser by its scalars.
  /// - Parameters:
  ///   - texts: those whose symbols are counted.
  ///   - unit: what a symbol is.
  ///   - limit: the most symbols, the others are not known; nil: all.
  /// - Precondition: the limit is at least 1.
  public init(of texts: some Sequence<String>, unit: Unit, limit: Int? = nil) {
    require(limit ?? 1 >= 1, "a vocabulary needs 1 symbol or more, got \(limit ?? 1)")
    self.init(unit: unit, mostFrequent(texts.lazy.flatMap { unit.symbols(of: $0) }, limit: limit))
  }

  /// A vocabulary of given symbols.
  /// - Precondition: no two are the same.
  public init(unit: Unit, _ symbols: [String]) {
    var numbers: [ExactString: Int32] = [:]
    for (index, symbol) in symbols.enumerated() {
      require(numbers.updateValue(Int32(index + 1), forKey: ExactString(symbol)) == nil, "a symbol comes twice")
    }
    (self.unit, self.symbols, self.numbers) = (unit, symbols, numbers)
  }

  /// Numbers: of the symbols, and of what is not known.
  public var count: Int { symbols.count + 1 }

  /// The numbers of a text's symbols.
  public func numbers(of text: String) -> [Int32] {
    unit.symbols(of: text).map { numbers[ExactString($0)] ?? Self.unknown }
  }

  /// The symbol of a number.
  /// - Precondition: it is in 0..<`count`.
  public func symbol(_ number: Int32) -> String {
    require(number >= 0 && number < count, "expected a symbol of 0..<\(count), got \(number)")
    return number == Self.unknown ? Self.unknownText : symbols[Int(number) - 1]
  }

  /// The text of numbers.
  /// - Precondition: all are in 0..<`count`.
  public func text(of numbers: some Sequence<Int32>) -> String { unit.text(of: numbers.map(symbol)) }
}
