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

  @Test("They come back from what a model keeps")
  func annotation() throws {
    let features = WordFeatures(fitting: [["a\"b", "ü", "a\"b", "ü"]], WordFeatures.ofWords)
    #expect(try WordFeatures(annotationText: features.annotationText, file: "f") == features)
    for text in [
      "", "[]", "{}", "[{\"kind\": \"wort\", \"units\": []}]", "[{\"kind\": \"word\"}]",
      "[{\"kind\": \"word\", \"units\": [\"a\", \"a\"]}]", "[{\"kind\": \"suffix-0\", \"units\": []}]",
    ] {
      #expect(throws: CheckpointError.self) { try WordFeatures(annotationText: text, file: "f") }
    }
  }
}
