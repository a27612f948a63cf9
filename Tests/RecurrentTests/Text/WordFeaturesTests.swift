import Recurrent
import Testing

@Suite("Features of words")
struct WordFeaturesTests {
  @Test(
    "What of a word is looked at",
    arguments: [
      ("Straßen-42", "straßen-00", "str", "-42", "XxxX-00"), ("USA", "usa", "usa", "usa", "XX"),
      ("3.5", "0.0", "3.5", "3.5", "0.0"), ("Ö", "ö", "ö", "ö", "X"), ("日本語", "日本語", "日本語", "日本語", "ll"),
    ])
  func kinds(word: String, lower: String, start: String, end: String, shape: String) {
    #expect(WordFeatures.Kind.word.text(of: word) == lower)
    #expect(WordFeatures.Kind.prefix(3).text(of: word) == start)
    #expect(WordFeatures.Kind.suffix(3).text(of: word) == end)
    #expect(WordFeatures.Kind.form.text(of: word) == word)
    if word != "Straßen-42" { #expect(WordFeatures.Kind.shape.text(of: word) == shape) }
  }

  @Test("Runs of a shape are cut to two")
  func shape() {
    #expect(WordFeatures.Kind.shape.text(of: "McDonald's-1984") == "XxXxx'x-00")
  }

  @Test("Tokens, the unknown one, and what is too rare")
  func tokens() {
    let sentences = [["Der", "Hund"], ["der", "Hund", "bellt"]]
    let features = WordFeatures(fitting: sentences, [.word, .suffix(2), .shape])
    #expect(features.features[0].units == ["der", "hund"])
    #expect(features.features.map(\.count) == [3, 3, 3])
    #expect(features.encode(["DER", "bellt", "Grund"]) == [1, 1, 0, 0, 0, 2, 0, 2, 1])
    let all = features.encode(sentences)
    #expect(all.lengths == [2, 3] && all.width == 3)
    let one = WordFeatures(fitting: sentences, [.form], vocabularySize: 1, minimumCount: 1)
    #expect(one.features[0].units == ["Hund"])
  }

  @Test("Letters one by one, of long words the first and the last")
  func letters() {
    let features = WordFeatures(fitting: [["abca", "ab"]], [.form], letters: 4, minimumCount: 2)
    #expect(features.letters?.units == ["a", "b"] && features.letters?.vocabularySize == 4)
    #expect(features.width == 5)
    #expect(features.encode(["ab", "abca", "bxaba", "bbbaaab"]).count == 20)
    #expect(features.letters?.tokens(of: "ab") == [2, 3, 0, 0])
    #expect(features.letters?.tokens(of: "abca") == [2, 3, 1, 2])
    #expect(features.letters?.tokens(of: "bbxaaab") == [3, 3, 2, 3])
  }

  @Test("They come back from what a model keeps")
  func annotation() throws {
    let features = WordFeatures(fitting: [["a\"b", "ü", "a\"b", "ü"]], WordFeatures.ofWords, letters: 7)
    #expect(try WordFeatures(annotationText: features.annotationText, file: "f") == features)
    for text in [
      "", "[]", "{}", "[{\"kind\": \"wort\", \"units\": []}]", "[{\"kind\": \"word\"}]",
      "[{\"kind\": \"word\", \"units\": [\"a\", \"a\"]}]", "[{\"kind\": \"suffix-0\", \"units\": []}]",
    ] {
      #expect(throws: CheckpointError.self) { try WordFeatures(annotationText: text, file: "f") }
    }
  }
}
