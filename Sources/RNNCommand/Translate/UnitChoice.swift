import ArgumentParser
import Recurrent

/// What the symbols of a side are, where nobody says so, and in words.
enum UnitChoice {
  /// What stands between spaces where most texts have some and the same comes again often; else characters.
  static func unit(of texts: [String]) -> TextTokenizer.Unit {
    var (several, total) = (0, 0)
    var different: Set<String> = []
    for text in texts {
      let words = TextTokenizer.spaced(text)
      several += words.count > 1 ? 1 : 0
      total += words.count
      different.formUnion(words)
    }
    return several * 2 > texts.count && different.count * 10 <= total ? .spaced : .character
  }

  /// In the words of a note.
  static func description(_ tokenizer: TextTokenizer) -> String {
    let known = "(\(grouped(tokenizer.units.count)) different)"
    return switch tokenizer.unit {
    case .character: "characters \(known)"
    case .byte: "bytes"
    case .word: "words \(known)"
    case .spaced: "words separated by spaces \(known)"
    case .subword: "\(grouped(tokenizer.count)) bytes and subwords"
    }
  }
}

extension TextForm {
  /// In the words of a note: `nfc, lower case`.
  var description: String { normalization.rawValue + (isLowercased ? ", lower case" : "") }
}

extension TextTokenizer.Unit {
  /// In what texts are measured before there are tokens, and answers compared: subwords in what stands between spaces, bytes in
  /// characters.
  func measures(of text: String) -> [String] {
    switch self {
    case .character, .byte: text.unicodeScalars.map { String($0) }
    case .word: TextTokenizer.words(of: text)
    case .spaced, .subword: TextTokenizer.spaced(text)
    }
  }
}
