extension Vocabulary {
  /// Tokens that stand for several symbols at once: what a text has most often, whole words or parts of them.
  ///
  /// A text is first cut into words with the space before them, numbers, and runs of marks and of white space (`PieceSplitter`);
  /// no piece reaches over such a cut. What is no piece stays spelled in symbols, so that nothing is unknown that is not so
  /// without pieces, and a text comes out as it went in.
  public struct Pieces: Sendable, Hashable {
    /// How a text is made of pieces.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
      /// Byte-pair encoding (Sennrich et al. 2016): neighbours become one token, the pair that was learnt first of all that are
      /// there before the others.
      case subword
      /// Words that are pieces become one token, the others stay spelled.
      case word
    }

    /// How a text is made of pieces.
    public let kind: Kind
    /// What becomes one token, in the order in which it was learnt: two tokens that were there before, or all symbols of a word.
    /// It is a new token, unless another pair with the same symbols is one already.
    public let parts: [[Int32]]
    /// Tokens of single symbols, which come before those of pieces.
    public let symbolCount: Int
    /// The symbols' tokens of all pieces, one after the other, and where those of each end.
    private let spellings: [Int32]
    private let ends: [Int]
    /// The place of a pair, or of a word, among the parts, and the token that each of them becomes.
    private let ranks: [[Int32]: Int]
    private let results: [Int32]

    /// The most symbols of a piece: longer runs of a text are cut.
    public static let longest = 512

    /// Pieces of given parts, as loaded from a model file.
    /// - Throws: `TextError.invalidVocabulary` where a part is no token before its piece, a subword has not two parts, a word
    ///   fewer than two symbols, a piece is too long, or two have the same parts.
    public init(_ kind: Kind, parts: [[Int32]], symbolCount: Int) throws(TextError) {
      func fault(_ index: Int, _ reason: String) -> TextError {
        .invalidVocabulary(reason: "piece \(index) \(reason)")
      }
      var (spellings, ends): ([Int32], [Int]) = ([], [])
      var (ranks, known): ([[Int32]: Int], [[Int32]: Int32]) = ([:], [:])
      var results: [Int32] = []
      for (index, part) in parts.enumerated() {
        let limit = kind == .subword ? symbolCount + ends.count : symbolCount
        guard kind == .subword ? part.count == 2 : part.count >= 2 else {
          throw fault(index, "has \(part.count) parts")
        }
        var spelling: [Int32] = []
        for token in part {
          guard token >= 0, token < limit else {
            throw fault(index, "is made of token \(token), expected 0..<\(limit)")
          }
          let piece = Int(token) - symbolCount
          if piece < 0 {
            spelling.append(token)
          } else {
            spelling += spellings[(piece == 0 ? 0 : ends[piece - 1])..<ends[piece]]
          }
        }
        guard spelling.count <= Self.longest else { throw fault(index, "is longer than \(Self.longest) symbols") }
        guard ranks.updateValue(index, forKey: part) == nil else { throw fault(index, "has the parts of another") }
        if let token = known[spelling] {
          results.append(token)
        } else {
          let token = Int32(symbolCount + ends.count)
          known[spelling] = token
          results.append(token)
          spellings += spelling
          ends.append(spellings.count)
        }
      }
      (self.kind, self.parts, self.symbolCount) = (kind, parts, symbolCount)
      (self.spellings, self.ends, self.ranks, self.results) = (spellings, ends, ranks, results)
    }

    /// Pieces.
    public var count: Int { ends.count }

    /// The tokens of the symbols that a token stands for.
    func spelling(of token: Int32) -> ArraySlice<Int32> {
      let piece = Int(token) - symbolCount
      return piece < 0 ? [token] : spellings[(piece == 0 ? 0 : ends[piece - 1])..<ends[piece]]
    }

    /// The same pieces where symbols have other tokens.
    /// - Parameters:
    ///   - tokens: the new token of each symbol.
    ///   - symbolCount: symbols there are then.
    func renumbered(_ tokens: [Int32], symbolCount: Int) throws(TextError) -> Pieces {
      let shift = Int32(symbolCount - self.symbolCount)
      return try Pieces(
        kind, parts: parts.map { $0.map { $0 < self.symbolCount ? tokens[Int($0)] : $0 + shift } },
        symbolCount: symbolCount)
    }

    public static func == (left: Pieces, right: Pieces) -> Bool {
      left.kind == right.kind && left.symbolCount == right.symbolCount && left.parts == right.parts
    }

    public func hash(into hasher: inout Hasher) {
      hasher.combine(kind)
      hasher.combine(symbolCount)
      hasher.combine(parts)
    }
  }
}

// MARK: Texts

extension Vocabulary.Pieces {
  /// Replaces the tokens of symbols by those of pieces.
  func join(_ tokens: inout [Int32], _ splitter: PieceSplitter) {
    var known: [[Int32]: [Int32]] = [:]
    var (start, written) = (0, 0)
    while start < tokens.count {
      let end = splitter.end(of: tokens.span, from: start)
      if end == start + 1 {
        tokens[written] = tokens[start]
        written += 1
      } else {
        // A copy: a slice would share the tokens, and the next change copy them all.
        let word = Array(tokens[start..<end])
        let pieces: [Int32]
        if let found = known[word] {
          pieces = found
        } else {
          pieces = joined(word)
          if known.count < 1 << 16 { known[word] = pieces }
        }
        // As many or fewer than there were: nothing that is still to be read is overwritten.
        for piece in pieces {
          tokens[written] = piece
          written += 1
        }
      }
      start = end
    }
    tokens.removeLast(tokens.count - written)
  }

  /// The tokens of a word, which is spelled.
  private func joined(_ word: [Int32]) -> [Int32] {
    guard kind == .subword else { return ranks[word].map { [results[$0]] } ?? word }
    var tokens = word
    while tokens.count > 1 {
      var best: Int?
      for index in 1..<tokens.count {
        guard let rank = ranks[[tokens[index - 1], tokens[index]]] else { continue }
        best = min(best ?? rank, rank)
      }
      guard let best else { break }
      tokens = Self.merging(tokens, parts[best], to: results[best])
    }
    return tokens
  }

  /// The tokens with each occurrence of a pair, from the left, as one.
  static func merging(_ tokens: [Int32], _ pair: [Int32], to token: Int32) -> [Int32] {
    var result: [Int32] = []
    var index = 0
    while index < tokens.count {
      if index + 1 < tokens.count, tokens[index] == pair[0], tokens[index + 1] == pair[1] {
        result.append(token)
        index += 2
      } else {
        result.append(tokens[index])
        index += 1
      }
    }
    return result
  }
}
