import ArgumentParser
import Recurrent

extension SymbolVocabulary.Unit: NamedChoice {}

/// What the symbols of a side are, where nobody says so.
enum UnitChoice {
  /// Words where most texts have spaces and words come again often; else characters.
  static func unit(of texts: [String]) -> SymbolVocabulary.Unit {
    var (several, total) = (0, 0)
    var different: Set<String> = []
    for text in texts {
      let words = SymbolVocabulary.Unit.word.symbols(of: text)
      several += words.count > 1 ? 1 : 0
      total += words.count
      different.formUnion(words)
    }
    return several * 2 > texts.count && different.count * 10 <= total ? .word : .character
  }

  /// In the words of a note.
  static func description(_ vocabulary: SymbolVocabulary) -> String {
    vocabulary.unit == .word
      ? "words separated by spaces (\(grouped(vocabulary.symbols.count)) different)"
      : "characters (\(grouped(vocabulary.symbols.count)) different)"
  }
}
