import Foundation
import Recurrent
import Testing

@Suite("Decoders of connectionist temporal classification")
struct CTCDecodingTests {
  private func oneHot(_ path: [Int], _ size: Int) -> [Float] {
    path.flatMap { step in (0..<size).map { $0 == step ? 4 : 0 } }
  }

  @Test("The best path merges runs and drops blanks")
  func bestPath() {
    #expect(CTC.bestPath(oneHot([0, 1, 1, 0, 1, 2, 2, 0], 3), outputSize: 3) == [1, 1, 2])
    #expect(CTC.bestPath(oneHot([0, 1, 1, 0, 1, 2, 2, 0], 3), outputSize: 3, blank: 2) == [0, 1, 0, 1, 0])
    #expect(CTC.bestPath(oneHot([0, 0], 3), outputSize: 3) == [])
    #expect(CTC.bestPath([Float](), outputSize: 3) == [])
  }

  @Test("Sequences of a batch, each to its end")
  func batch() {
    let outputs = zip([0, 1, 1, 2], [2, 0, 2, 1]).flatMap { oneHot([$0, $1], 3) }
    #expect(CTC.bestPaths(outputs, batchSize: 2, outputSize: 3) == [[1, 2], [2, 2, 1]])
    #expect(CTC.bestPaths(outputs, batchSize: 2, outputSize: 3, stepCounts: [3, 2]) == [[1], [2]])
  }

  /// Graves' example: the labels' alignments together are likelier than the single best path.
  @Test("A beam finds labels that the best path misses")
  func beamBeatsBestPath() {
    let outputs = [0.6, 0.4, 0.6, 0.4].map { log($0) }
    #expect(CTC.bestPath(outputs, outputSize: 2) == [])
    let results = CTC.beamSearch(outputs, outputSize: 2, width: 4)
    #expect(results.map(\.labels) == [[1], []])
    #expect(abs(exp(results[0].logProbability) - 0.64) < 1e-14)
    #expect(abs(exp(results[1].logProbability) - 0.36) < 1e-14)
  }

  @Test("A beam wide enough gives every list of labels its probability")
  func exact() {
    var generator = SeededGenerator(seed: 4)
    for steps in 1...5 {
      for blank in 0..<3 {
        let outputs = (0..<steps * 3).map { _ in generator.uniform(-3, 3) }
        let results = CTC.beamSearch(outputs, outputSize: 3, blank: blank, width: .max)
        for (labels, logProbability) in results {
          let loss = Loss.ctc(blank: blank).evaluate(outputs, outputSize: 3, labels: [labels]).loss
          // Both in double precision, 5 steps of less than 50 roundoffs on logarithms below 5·(6 + log 3) each.
          #expect(abs(logProbability + loss * Double(max(labels.count, 1))) <= 2 * 250 * 36 * 0x1p-53)
        }
        let total = results.reduce(0) { $0 + exp($1.logProbability) }
        #expect(abs(total - 1) < 1e-11)
        #expect(zip(results, results.dropFirst()).allSatisfy { $0.logProbability >= $1.logProbability })
      }
    }
  }

  @Test("A narrow beam keeps as many as it is wide")
  func narrow() {
    var generator = SeededGenerator(seed: 5)
    let outputs = (0..<24).map { _ in Float(generator.uniform(-2, 2)) }
    for width in [1, 3, 8] {
      #expect(CTC.beamSearch(outputs, outputSize: 4, width: width).count == width)
    }
    let best = CTC.beamSearch(outputs, outputSize: 4, width: .max)[0]
    let found = CTC.beamSearch(outputs, outputSize: 4, width: 50)[0]
    #expect(found.logProbability <= best.logProbability + 1e-9)
  }
}
