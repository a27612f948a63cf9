internal import Storage

/// Pieces of a text.
extension Vocabulary {
  /// This vocabulary with pieces learnt from a text.
  ///
  /// The same text always gives the same pieces: of equally frequent ones that comes first whose symbols are the lesser, those
  /// of its first part before those of its second.
  ///
  /// - Parameters:
  ///   - kind: whole words, or parts of them.
  ///   - tokens: a text, one token a symbol.
  ///   - count: V, the most tokens, the symbols' included. A text may have fewer pieces that come twice or more.
  /// - Precondition: there are no pieces yet, and the count is that of the symbols at least.
  public func learningPieces(_ kind: Pieces.Kind, from tokens: [Int32], count: Int) -> Vocabulary {
    require(pieces == nil, "the vocabulary has pieces already")
    require(count >= symbols.count, "expected \(symbols.count) tokens or more, one for each symbol, got \(count)")
    let splitter = PieceSplitter(unit: unit, symbols: symbols)
    var counts: [[Int32]: Int] = [:]
    let text = tokens.span
    var start = 0
    while start < tokens.count {
      let end = splitter.end(of: text, from: start)
      if end > start + 1 { counts[Array(tokens[start..<end]), default: 0] += 1 }
      start = end
    }
    // Symbols are in the order of their tokens.
    let words = counts.sorted { left, right in
      left.value != right.value ? left.value > right.value : left.key.lexicographicallyPrecedes(right.key)
    }
    let limit = count - symbols.count
    let parts =
      switch kind {
      case .word: words.prefix { $0.value > 1 }.prefix(limit).map(\.key)
      case .subword: PairCounts(words, symbolCount: symbols.count).merges(limit)
      }
    guard let pieces = try? Pieces(kind, parts: Array(parts), symbolCount: symbols.count),
      let vocabulary = try? Vocabulary(unit: unit, symbols: symbols, normalization: normalization, pieces: pieces)
    else { stop("pieces that are no pieces") }
    return vocabulary
  }
}

/// How often tokens follow each other in the words of a text, while they are merged.
private struct PairCounts {
  private let symbolCount: Int
  private var words: [(tokens: [Int32], count: Int)]
  private var pairs: [[Int32]] = []
  private var counts: [Int] = []
  private var places: [[Int32]: Int] = [:]
  /// Of each pair the words that have, or had, it.
  private var holders: [[Int]] = []
  /// The symbols of the pieces so far, and their tokens.
  private var spellings: [[Int32]] = []
  private var tokens: [[Int32]: Int32] = [:]

  init(_ words: [(key: [Int32], value: Int)], symbolCount: Int) {
    self.symbolCount = symbolCount
    self.words = words.map { ($0.key, $0.value) }
    for index in self.words.indices { add(index, sign: 1, holds: true) }
  }

  /// Counts the pairs of a word, or takes them away.
  private mutating func add(_ index: Int, sign: Int, holds: Bool) {
    let (tokens, count) = words[index]
    for position in tokens.indices.dropFirst() {
      let pair = [tokens[position - 1], tokens[position]]
      let place: Int
      if let known = places[pair] {
        place = known
      } else {
        place = pairs.count
        places[pair] = place
        pairs.append(pair)
        counts.append(0)
        holders.append([])
      }
      counts[place] += sign * count
      if holds, holders[place].last != index { holders[place].append(index) }
    }
  }

  private func spelling(_ token: Int32) -> [Int32] {
    Int(token) < symbolCount ? [token] : spellings[Int(token) - symbolCount]
  }

  private func precedes(_ left: [Int32], _ right: [Int32]) -> Bool {
    let (first, second) = (spelling(left[0]), spelling(right[0]))
    return first != second
      ? first.lexicographicallyPrecedes(second)
      : spelling(left[1]).lexicographicallyPrecedes(spelling(right[1]))
  }

  /// Merges the most frequent pair, again and again.
  /// - Returns: what was merged, until there are so many pieces or no pair comes twice.
  consuming func merges(_ limit: Int) -> [[Int32]] {
    var merged: [[Int32]] = []
    while spellings.count < limit {
      var best: Int?
      for place in counts.indices where counts[place] > 1 {
        guard let known = best else {
          best = place
          continue
        }
        if counts[place] > counts[known] || counts[place] == counts[known] && precedes(pairs[place], pairs[known]) {
          best = place
        }
      }
      guard let best else { break }
      let pair = pairs[best]
      let spelling = spelling(pair[0]) + spelling(pair[1])
      // Another pair may have given the same.
      let token = tokens[spelling] ?? Int32(symbolCount + spellings.count)
      if tokens.updateValue(token, forKey: spelling) == nil { spellings.append(spelling) }
      merged.append(pair)
      let affected = Set(holders[best])
      holders[best] = []
      for index in affected.sorted() {
        let tokens = Vocabulary.Pieces.merging(words[index].tokens, pair, to: token)
        guard tokens.count < words[index].tokens.count else { continue }
        add(index, sign: -1, holds: false)
        words[index].tokens = tokens
        add(index, sign: 1, holds: true)
      }
    }
    return merged
  }
}
