import Foundation
import Testing

import Recurrent

@Suite("Linear models on n-grams")
struct NGramClassifierTests {
  /// Words over two alphabets that share letters, told by pairs of letters.
  private func words(_ count: Int, seed: UInt64) -> (texts: [String], classes: [Int32]) {
    var generator = SeededGenerator(seed: seed)
    var texts: [String] = []
    var classes: [Int32] = []
    for index in 0..<count {
      let pairs = index % 2 == 0 ? ["ab", "bc", "cd"] : ["ba", "cb", "dc"]
      texts.append((0..<4).map { _ in pairs.randomElement(using: &generator)! }.joined())
      classes.append(Int32(index % 2))
    }
    return (texts, classes)
  }

  @Test("What differs in pairs of letters is told apart, and on texts that were not seen")
  func learns() {
    let (training, test) = (words(200, seed: 1), words(100, seed: 2))
    let model = NGramClassifier(training: training.texts, classes: training.classes, classCount: 2, orders: 1...3)
    let right = zip(test.texts, test.classes).count { text, truth in
      let logs = model.logProbabilities(text)
      #expect(abs(logs.map { exp($0) }.reduce(0, +) - 1) < 1e-12)
      return (logs[1] > logs[0]) == (truth == 1)
    }
    // 78 of 100 test words begin and end with other letters than those of the other class do; pairs tell all.
    #expect(right >= 98)
    // Letters alone tell nothing but by their counts.
    let letters = NGramClassifier(training: training.texts, classes: training.classes, classCount: 2, orders: 1...1)
    let letterRight = zip(test.texts, test.classes).count { text, truth in
      let logs = letters.logProbabilities(text)
      return (logs[1] > logs[0]) == (truth == 1)
    }
    #expect(letterRight < 75)
  }

  @Test("The same texts and seed give the same model; as text it comes back to the bit")
  func deterministic() throws {
    let (texts, classes) = words(60, seed: 3)
    let model = NGramClassifier(training: texts, classes: classes, classCount: 3, orders: 2...4)
    #expect(model == NGramClassifier(training: texts, classes: classes, classCount: 3, orders: 2...4))
    #expect(try NGramClassifier(annotationText: model.annotationText) == model)
    var other = NGramClassifier.Options()
    other.seed = 5
    #expect(model != NGramClassifier(training: texts, classes: classes, classCount: 3, orders: 2...4, options: other))
    for text in ["{}", model.annotationText.replacing("\"classes\":3", with: "\"classes\":4"), "{\"orders\":[2,1]}"] {
      #expect(throws: TextError.self) { try NGramClassifier(annotationText: text) }
    }
  }

  /// One step of one epoch, by hand: with all weights 0 the gradient by the scores is p − 1 = −1/2 and 1/2. AdaGrad's first step
  /// is the rate times the gradient's sign; rates fall on a line over the two steps of the epoch, from 1 to 1/2.
  @Test("The first steps are AdaGrad's")
  func firstSteps() {
    var options = NGramClassifier.Options()
    options.epochs = 1
    options.learningRate = 1
    // Both texts are one: each n-gram comes twice, and the order does not matter.
    let model = NGramClassifier(
      training: ["x", "x"], classes: [0, 0], classCount: 2, orders: 1...1, options: options)
    // Features of "x" between its marks: three, each of value 1/√3. The first step moves each weight by 1 against the sign
    // of its gradient (but for the 1e-8 in the root), the biases too.
    // score difference d = 2·(1 + 3·1/√3); second step: g = p₁(d), again of that sign; √(sum of squares) = √(1/4 + g²).
    let difference = 2 * (1 + 3 / 3.0.squareRoot())
    let gradient = 1 / (1 + exp(difference))
    let second = 0.5 * gradient / (0.25 + gradient * gradient).squareRoot()
    let expected = difference + 2 * second * (1 + 3 / 3.0.squareRoot())
    let logs = model.logProbabilities("x")
    // Weights are rounded to 8 bits: each by up to 2⁻⁹ of itself.
    #expect(abs(logs[0] - logs[1] - expected) < expected * 0x1p-9 * 2)
  }

  @Test("Examples that weigh more pull more")
  func classWeights() {
    let texts = ["ab", "ab", "ab", "ab"]
    let plain = NGramClassifier(training: texts, classes: [0, 0, 0, 1], classCount: 2)
    let weighted = NGramClassifier(training: texts, classes: [0, 0, 0, 1], classCount: 2, classWeights: [0.5, 4])
    #expect(plain.logProbabilities("ab")[0] > plain.logProbabilities("ab")[1])
    #expect(weighted.logProbabilities("ab")[0] < weighted.logProbabilities("ab")[1])
  }
}
