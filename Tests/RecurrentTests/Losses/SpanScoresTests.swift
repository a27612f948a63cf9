import Recurrent
import Testing

@Suite("Scores of spans")
struct SpanScoresTests {
  private func spans(_ labels: String...) -> [String] {
    SpanScores.spans(labels).map { "\($0.type)\($0.range.lowerBound)-\($0.range.upperBound)" }
  }

  @Test("Spans as conlleval finds them")
  func found() {
    #expect(spans("B-A", "I-A", "O", "B-B") == ["A0-2", "B3-4"])
    #expect(spans("B-A", "B-A", "I-A") == ["A0-1", "A1-3"])
    // Labels that break the rules: I after O, or after another type, begins a span.
    #expect(spans("I-A", "I-A", "O", "I-B", "I-A") == ["A0-2", "B3-4", "A4-5"])
    #expect(spans("B-A", "I-B", "I-B") == ["A0-1", "B1-3"])
    // IOBES, kept and broken.
    #expect(spans("S-A", "B-A", "I-A", "E-A", "E-A", "O") == ["A0-1", "A1-4", "A4-5"])
    #expect(spans("S-A", "I-A", "B-A", "S-A") == ["A0-1", "A1-2", "A2-3", "A3-4"])
    #expect(spans("O", "NOUN", "I", "-A", "X-A") == [])
    #expect(spans() == [])
  }

  /// By hand: of the spans A0-2, B3-4, A5-6 are found A0-2, A3-4, A5-7.
  @Test("Counts, precision, recall and F1")
  func counts() {
    var scores = SpanScores()
    #expect(scores.spans.f1 == 0 && scores.accuracy.isNaN && !scores.hasSpans)
    scores.add(
      predicted: ["B-A", "I-A", "O", "B-A", "O", "B-A", "I-A"],
      expected: ["B-A", "I-A", "O", "B-B", "O", "B-A", "O"])
    #expect(scores.count == 7 && scores.rightCount == 5)
    #expect(scores.spans.expected == 3 && scores.spans.found == 3 && scores.spans.right == 1)
    #expect(scores.types["A"]?.expected == 2 && scores.types["A"]?.found == 3 && scores.types["A"]?.right == 1)
    #expect(scores.types["B"]?.f1 == 0)
    #expect(abs(scores.spans.f1 - 1.0 / 3) < 1e-15)
    #expect(scores.types["A"]?.precision == 1.0 / 3 && scores.types["A"]?.recall == 0.5)
    #expect(scores.labels["O"]?.right == 2 && scores.labels["O"]?.expected == 3)
    scores.add(predicted: ["O"], expected: ["O"])
    scores.add(predicted: [], expected: [])
    #expect(scores.sequenceCount == 3 && scores.rightSequenceCount == 2)
  }
}
