internal import Foundation

/// Brings scalars into a form of Unicode, as UAX #15 says: decomposes them, orders the marks, and composes again.
///
/// Of Foundation it takes what becomes of single characters and of pairs. What it makes of longer sequences is not always the
/// form: it leaves U+AC00 U+11A8 apart, and the marks that U+0F73 consists of behind others.
struct Normalizer {
  private struct Part {
    let scalar: UInt32
    /// Canonical combining class.
    let order: UInt8
  }

  private let isComposed: Bool
  private let isCompatible: Bool
  private var decompositions: [UInt32: [Part]] = [:]
  /// By both scalars; 0 where they stay two.
  private var compositions: [UInt64: UInt32] = [:]

  init(_ form: Vocabulary.Normalization) {
    isComposed = form == .nfc || form == .nfkc
    isCompatible = form == .nfkc || form == .nfkd
  }

  /// Appends the form of `scalars`, which must not begin amid what belongs together.
  mutating func append(_ scalars: ArraySlice<Int32>, to result: inout [Int32]) {
    // The first that changes, or is a mark.
    let least: Int32 = isComposed && !isCompatible ? 0x300 : 0x80
    guard scalars.contains(where: { $0 >= least }) else {
      result += scalars
      return
    }
    var parts: [Part] = []
    parts.reserveCapacity(scalars.count)
    for scalar in scalars { parts += decomposition(UInt32(bitPattern: scalar)) }
    Self.order(&parts)
    if isComposed { compose(&parts) }
    result += parts.lazy.map { Int32(bitPattern: $0.scalar) }
  }

  /// The same in pieces that end at boundaries, for texts of any length.
  mutating func append(_ scalars: ArraySlice<Int32>, inPiecesTo result: inout [Int32]) {
    var place = scalars.startIndex
    while place < scalars.endIndex {
      var end = min(place + 1 << 16, scalars.endIndex)
      while end < scalars.endIndex, !Self.isBoundary(scalars[end]) { end += 1 }
      append(scalars[place..<end], to: &result)
      place = end
    }
  }

  /// Whether no form joins a character to what stands before it, or brings it into another order with that: of ASCII, of kana
  /// and of Chinese characters. Others may also be such.
  static func isBoundary(_ scalar: Int32) -> Bool {
    scalar < 0x80 || (0x3400...0x9FFF).contains(scalar) || (0x3041...0x3096).contains(scalar)
      || (0x30A1...0x30FA).contains(scalar)
  }

  private mutating func decomposition(_ scalar: UInt32) -> [Part] {
    if let known = decompositions[scalar] { return known }
    let text = Self.text(scalar)
    let decomposed =
      isCompatible ? text.decomposedStringWithCompatibilityMapping : text.decomposedStringWithCanonicalMapping
    let parts = decomposed.unicodeScalars.map { part in
      Part(scalar: part.value, order: part.properties.canonicalCombiningClass.rawValue)
    }
    decompositions[scalar] = parts
    return parts
  }

  /// Sorts each run of marks by their class; those of one class keep their order.
  private static func order(_ parts: inout [Part]) {
    var start = 0
    while start < parts.count {
      var end = start + 1
      if parts[start].order > 0 {
        while end < parts.count, parts[end].order > 0 { end += 1 }
        if end - start > 1 {
          let run = parts[start..<end].enumerated().sorted {
            ($0.element.order, $0.offset) < ($1.element.order, $1.offset)
          }
          parts.replaceSubrange(start..<end, with: run.map(\.element))
        }
      }
      start = end
    }
  }

  /// Joins each character to the last starter before it, where nothing between keeps it away and there is one for both.
  private mutating func compose(_ parts: inout [Part]) {
    var count = 0
    var starter: Int?
    var last: UInt8 = 0
    for part in parts {
      if let starter, last == 0 || last < part.order, let composite = composite(parts[starter].scalar, part.scalar) {
        parts[starter] = Part(scalar: composite, order: 0)
        continue
      }
      if part.order == 0 { starter = count }
      last = part.order
      parts[count] = part
      count += 1
    }
    parts.removeLast(parts.count - count)
  }

  private mutating func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if let syllable = Self.syllable(first, second) { return syllable }
    // The first combining mark.
    guard second >= 0x300 else { return nil }
    // Foundation knows what it decomposes to, but not that it is composed.
    if first == 0xCCA, second == 0xCD5 { return 0xCCB }
    let key = UInt64(first) << 32 | UInt64(second)
    if let known = compositions[key] { return known == 0 ? nil : known }
    let composed = (Self.text(first) + Self.text(second)).precomposedStringWithCanonicalMapping.unicodeScalars
    let composite = composed.count == 1 ? composed.first?.value : nil
    compositions[key] = composite ?? 0
    return composite
  }

  /// Hangul, which is composed by arithmetic: a leading consonant and a vowel, or both with a trailing consonant.
  private static func syllable(_ first: UInt32, _ second: UInt32) -> UInt32? {
    switch (first, second) {
    case (0x1100...0x1112, 0x1161...0x1175): 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
    case (0xAC00...0xD7A3, 0x11A8...0x11C2) where (first - 0xAC00) % 28 == 0: first + second - 0x11A7
    default: nil
    }
  }

  private static func text(_ scalar: UInt32) -> String { Unicode.Scalar(scalar).map { String($0) } ?? "" }
}
