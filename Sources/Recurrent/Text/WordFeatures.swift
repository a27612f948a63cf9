internal import Storage

/// What a model sees of a word that it may never have seen: the word itself, how it begins and ends, and its shape, a token each.
/// `ModelConfiguration.Input.features` reads them, with a table for each.
///
///     let features = WordFeatures(fitting: sentences, WordFeatures.ofWords)
///     let input = ModelInput<Float>.tokens(features.encode(sentences))
///
/// Endings and shapes say most of what letters say of unknown words (Huang, Xu & Yu 2015, §3.2).
public struct WordFeatures: Sendable, Hashable {
  /// What of a word makes a token.
  public enum Kind: Sendable, Hashable {
    /// The word as it is.
    case form
    /// The word in lower case, its digits as 0.
    case word
    /// Its first scalars, in lower case; the whole word where it is shorter.
    case prefix(Int)
    /// Its last scalars, in lower case; the whole word where it is shorter.
    case suffix(Int)
    /// Capitals as X, small letters as x, other letters as l, digits as 0, all else as it is; of a run of equal ones two at most.
    case shape

    /// As files have it: `word`, `suffix-3`.
    public var name: String {
      switch self {
      case .form: "form"
      case .word: "word"
      case .prefix(let count): "prefix-\(count)"
      case .suffix(let count): "suffix-\(count)"
      case .shape: "shape"
      }
    }

    /// nil where nothing has this name.
    public init?(name: String) {
      let parts = name.split(separator: "-", omittingEmptySubsequences: false)
      let count = parts.count == 2 ? Int(parts[1]).flatMap { (1...16).contains($0) ? $0 : nil } : nil
      switch (parts[0], count) {
      case ("form", nil) where parts.count == 1: self = .form
      case ("word", nil) where parts.count == 1: self = .word
      case ("shape", nil) where parts.count == 1: self = .shape
      case ("prefix", let count?): self = .prefix(count)
      case ("suffix", let count?): self = .suffix(count)
      default: return nil
      }
    }

    /// What of a word it is.
    public func text(of word: String) -> String {
      switch self {
      case .form: word
      case .word:
        String(
          String.UnicodeScalarView(
            word.lowercased().unicodeScalars.map { ("0"..."9").contains($0) ? "0" : $0 }))
      case .prefix(let count):
        String(String.UnicodeScalarView(word.lowercased().unicodeScalars.prefix(count)))
      case .suffix(let count):
        String(String.UnicodeScalarView(word.lowercased().unicodeScalars.suffix(count)))
      case .shape: Self.shape(of: word)
      }
    }

    private static func shape(of word: String) -> String {
      var shape = String.UnicodeScalarView()
      var (last, run): (Unicode.Scalar?, Int) = (nil, 0)
      for scalar in word.unicodeScalars {
        let properties = scalar.properties
        let kind: Unicode.Scalar =
          properties.isUppercase
          ? "X"
          : properties.isLowercase
            ? "x"
            : properties.generalCategory == .decimalNumber ? "0" : properties.isAlphabetic ? "l" : scalar
        run = kind == last ? run + 1 : 1
        last = kind
        if run <= 2 { shape.append(kind) }
      }
      return String(shape)
    }
  }

  /// One of them, and what of it has a token.
  public struct Feature: Sendable, Hashable {
    /// What of a word it is.
    public let kind: Kind
    /// Those with a token, from token 1 on, the most frequent first; all others are token 0.
    public let units: [String]
    private let tokens: [ExactString: Int32]

    /// - Precondition: units are different.
    public init(_ kind: Kind, units: [String]) {
      (self.kind, self.units) = (kind, units)
      var tokens: [ExactString: Int32] = [:]
      for (index, unit) in units.enumerated() {
        let isNew = tokens.updateValue(Int32(index) + 1, forKey: ExactString(unit)) == nil
        require(isNew, "unit \(index) of \(kind.name), \"\(unit)\", comes a second time")
      }
      self.tokens = tokens
    }

    /// V, the unknown one included.
    public var count: Int { units.count + 1 }

    /// The token of a word; 0 where it has none.
    public func token(of word: String) -> Int32 { tokens[ExactString(kind.text(of: word))] ?? 0 }
  }

  /// The letters of words, for a `LetterEncoder`.
  public struct Letters: Sendable, Hashable {
    /// The most of a word; of longer words the first half and the last.
    public let count: Int
    /// Scalars with a token, from token 2 on, the most frequent first; others are token 1, and 0 stands behind the last letter.
    public let units: [String]
    private let tokens: [ExactString: Int32]

    /// - Precondition: units are different, and there is one letter or more of a word.
    public init(count: Int, units: [String]) {
      require(count >= 1, "a word has 1 letter or more, got \(count)")
      (self.count, self.units) = (count, units)
      var tokens: [ExactString: Int32] = [:]
      for (index, unit) in units.enumerated() {
        let isNew = tokens.updateValue(Int32(index) + 2, forKey: ExactString(unit)) == nil
        require(isNew, "letter \(index), \"\(unit)\", comes a second time")
      }
      self.tokens = tokens
    }

    /// V, for a `LetterEncoder`.
    public var vocabularySize: Int { units.count + 2 }

    /// The tokens of a word, `count` of them.
    public func tokens(of word: String) -> [Int32] {
      let scalars = Array(word.unicodeScalars)
      let first = scalars.count <= count ? scalars.count : (count + 1) / 2
      let kept = scalars[..<first] + scalars.suffix(min(count, scalars.count) - first)
      let own = kept.map { tokens[ExactString(String($0))] ?? 1 }
      return own + [Int32](repeating: 0, count: count - own.count)
    }
  }

  /// In the order of the tokens of a step.
  public let features: [Feature]
  /// Behind them; nil: there are none.
  public let letters: Letters?

  /// Tokens of a step.
  public var width: Int { features.count + (letters?.count ?? 0) }

  /// What is usual for words: the word, two beginnings, three endings and the shape.
  public static let ofWords: [Kind] = [.word, .prefix(2), .prefix(3), .suffix(2), .suffix(3), .suffix(4), .shape]

  /// - Precondition: at least one feature.
  public init(_ features: [Feature], letters: Letters? = nil) {
    require(!features.isEmpty, "a word needs 1 feature or more")
    (self.features, self.letters) = (features, letters)
  }

  /// Those that sentences have.
  /// - Parameters:
  ///   - sentences: those to train on, a list of words each.
  ///   - kinds: what of a word is looked at.
  ///   - letters: the most letters of a word that are seen one by one; 0: none are.
  ///   - vocabularySize: the most words with a token of their own; nil: no bound.
  ///   - minimumCount: how often one must come to have a token. What comes less often teaches what token 0 means.
  public init(
    fitting sentences: [[String]], _ kinds: [Kind], letters: Int = 0, vocabularySize: Int? = nil,
    minimumCount: Int = 2
  ) {
    self.init(
      kinds.map { kind in
        let texts = sentences.lazy.flatMap { $0 }.map { kind.text(of: $0) }
        let isWord = kind == .word || kind == .form
        return Feature(
          kind, units: mostFrequent(texts, limit: isWord ? vocabularySize : nil, minimumCount: minimumCount))
      },
      letters: letters == 0
        ? nil
        : Letters(
          count: letters,
          units: mostFrequent(
            sentences.lazy.flatMap { $0 }.flatMap { $0.unicodeScalars.map { String($0) } }, minimumCount: minimumCount))
    )
  }

  /// The tokens of words: those of the first word, then of the next, [T, width].
  public func encode(_ words: [String]) -> [Int32] {
    words.flatMap { word in features.map { $0.token(of: word) } + (letters?.tokens(of: word) ?? []) }
  }
}
