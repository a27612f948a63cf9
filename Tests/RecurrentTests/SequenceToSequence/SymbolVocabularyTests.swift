import Recurrent
import Testing

@Suite("Symbols of pairs")
struct SymbolVocabularyTests {
  @Test func wordsByFrequency() {
    let vocabulary = SymbolVocabulary(of: ["b a b", "c  b\u{A0}a"], unit: .word)
    #expect(vocabulary.symbols == ["b", "a", "c"] && vocabulary.count == 4)
    #expect(vocabulary.numbers(of: "c a x b") == [3, 2, 0, 1])
    #expect(vocabulary.text(of: [1, 0, 3]) == "b <unk> c")
    let limited = SymbolVocabulary(of: ["b a b", "c b a"], unit: .word, limit: 2)
    #expect(limited.symbols == ["b", "a"] && limited.numbers(of: "c") == [0])
  }

  @Test("Characters are scalars, and forms of a letter differ") func characters() {
    let vocabulary = SymbolVocabulary(of: ["e\u{301}\u{E9}", "\u{E9}"], unit: .character)
    #expect(vocabulary.symbols.map { $0.unicodeScalars.map(\.value) } == [[0xE9], [0x65], [0x301]])
    #expect(vocabulary.text(of: vocabulary.numbers(of: "\u{E9}e")).unicodeScalars.map(\.value) == [0xE9, 0x65])
  }

  @Test func forms() {
    #expect(TextForm().apply("E\u{301}").unicodeScalars.count == 2)
    let form = TextForm(isLowercased: true, normalization: .nfc)
    #expect(form.apply("E\u{301}t\u{C9} X").unicodeScalars.map(\.value) == [0xE9, 0x74, 0xE9, 0x20, 0x78])
  }
}
