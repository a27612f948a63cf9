internal import Storage

/// Tokens of a text, one after the other: in memory, or in a token file, of which nothing is read before it is asked for.
public struct TokenSource: Sendable {
  enum Content: Sendable {
    case memory([Int32])
    /// With the token that stands for each of the file's; nil: they are what is wanted.
    case file(TokenFile, translation: [Int32]?)
  }

  let content: Content
  /// Of the content.
  let range: Range<Int>

  /// Tokens in memory.
  public init(_ tokens: [Int32]) { (content, range) = (.memory(tokens), 0..<tokens.count) }

  init(_ file: TokenFile, translation: [Int32]?) {
    (content, range) = (.file(file, translation: translation), 0..<file.count)
  }

  private init(_ content: Content, _ range: Range<Int>) { (self.content, self.range) = (content, range) }

  /// Tokens.
  public var count: Int { range.count }

  /// Whether there are none.
  public var isEmpty: Bool { range.isEmpty }

  /// Some of the tokens, of which nothing is read yet.
  /// - Precondition: there are that many.
  public func part(_ part: Range<Int>) -> TokenSource {
    check(part)
    return TokenSource(content, range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
  }

  /// The first part, to train on, and the last, to validate with, as `Corpus` divides a text.
  /// - Parameter validationFraction: how much of the end is for validation, in `0..<1`.
  public func divided(validationFraction: Double) -> (training: TokenSource, validation: TokenSource) {
    require(
      validationFraction >= 0 && validationFraction < 1,
      "expected a validation fraction in 0..<1, got \(validationFraction)")
    let trainingCount = count - Int(Double(count) * validationFraction)
    return (part(0..<trainingCount), part(trainingCount..<count))
  }

  /// Some of the tokens, read into memory: 4 bytes each.
  /// - Precondition: there are that many.
  /// - Throws: `TokenFileError` where they cannot be read, or do not fit into memory.
  public func tokens(in part: Range<Int>) throws(TokenFileError) -> [Int32] {
    check(part)
    let wanted = range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound
    switch content {
    case .memory(let tokens): return wanted == 0..<tokens.count ? tokens : Array(tokens[wanted])
    case .file(let file, let translation):
      try Self.refuse(wanted.count, file)
      var result = [Int32](repeating: 0, count: wanted.count)
      var span = result.mutableSpan
      var block = TokenBlock()
      try block.copy(fromFile: file, wanted, translation: translation, into: &span, at: 0, stride: 1)
      return result
    }
  }

  /// All tokens, read into memory.
  /// - Throws: as `tokens(in:)`.
  public func allTokens() throws(TokenFileError) -> [Int32] { try tokens(in: 0..<count) }

  private func check(_ part: Range<Int>) {
    require(part.lowerBound >= 0 && part.upperBound <= count, "expected a part of \(count) tokens, got \(part)")
  }

  private static func refuse(_ count: Int, _ file: TokenFile) throws(TokenFileError) {
    let needed = count * MemoryLayout<Int32>.stride
    // Small parts are not worth asking the system for.
    guard needed > 1 << 24 else { return }
    let available = SystemMemory.available()
    guard needed <= available else { throw .notEnoughMemory(file: file.path, needed: needed, available: available) }
  }
}
