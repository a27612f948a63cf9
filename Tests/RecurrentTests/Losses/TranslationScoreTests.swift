import Recurrent
import Testing

/// BLEU and chrF against the figures of SacreBLEU 2 (`BLEU(tokenize="none")`, `CHRF()`), and against some by hand.
@Suite("BLEU and chrF")
struct TranslationScoreTests {
  struct Case: Sendable {
    let texts: [String]
    let references: [[String]]
    let bleu: Double
    let chrF: Double
  }

  static let cases = [
    Case(
      texts: ["the cat sat on the mat", "a quick brown fox jumps over"],
      references: [
        ["the cat is on the mat", "there is a cat on the mat"], ["the quick brown fox jumped over the lazy dog"],
      ], bleu: 23.15388580995513, chrF: 56.2983049979494),
    Case(
      texts: ["HH AH L OW", "W ER L D S"], references: [["HH AH L OW", "HH EH L OW"], ["W ER L D"]],
      bleu: 79.84079523098933, chrF: 97.73995936461621),
    Case(
      texts: ["le chat noir dort bien", "été à Noël"],
      references: [["le chat noir dormait bien"], ["l’été à Noël prochain"]], bleu: 34.52955735493971,
      chrF: 57.84260270223493),
    Case(texts: ["a b"], references: [["a b"]], bleu: 0, chrF: 100),
    Case(
      texts: ["one two three"], references: [["four five six seven"]], bleu: 0, chrF: 6.666666666666667),
    Case(
      texts: ["a b c d e", "x"], references: [["a b x d e f g"], ["y z"]], bleu: 17.509031982842505,
      chrF: 15.784313725490193),
  ]

  @Test(arguments: cases) func sacreBLEU(example: Case) {
    // A few roundings of numbers up to 100.
    #expect(abs(Metrics.bleu(example.texts, example.references) - example.bleu) < 1e-12)
    #expect(abs(Metrics.chrF(example.texts, example.references) - example.chrF) < 1e-12)
  }

  @Test("What is right altogether has 100 percent") func perfect() {
    let texts = ["the quick brown fox", "jumps over the lazy dog"]
    #expect(abs(Metrics.bleu(texts, texts.map { ["another text", $0] }) - 100) < 1e-12)
    #expect(abs(Metrics.chrF(texts, texts.map { ["another text", $0] }) - 100) < 1e-12)
  }

  /// 4 of 5 words, 3 of 4 pairs, 2 of 3, 1 of 2; 5 words for 6: e^(1 − 6/5)·(4·3·2·1/(5·4·3·2))^(1/4).
  @Test func byHand() {
    let score = Metrics.bleu(["a b c d x"], [["a b c d e f"]])
    #expect(abs(score - 54.75182) < 1e-5)
  }
}
