import Recurrent
import Testing

/// The weights of a model for another vocabulary.
struct AdaptationTests {
  @Test(arguments: [Directions.forward, .both(merge: .sum)], [true, false])
  func weightsFollowTheirCharacters(directions: Directions, isEmbedded: Bool) throws {
    let known = try Vocabulary(unit: .unicodeScalar, symbols: [97, 99, 0x3A9])
    let wanted = try Vocabulary(unit: .unicodeScalar, symbols: [97, 98, 99, 0x3A8])
    let configuration = ModelConfiguration(
      cell: .gru, input: isEmbedded ? .embedding(vocabularySize: 3, size: 2) : .oneHot(vocabularySize: 3),
      hiddenSize: 4,
      layerCount: 2, directions: directions, outputSize: 3)
    let model = try Model<Double>(configuration, seed: 1, vocabulary: known)
    let (adapted, newTokens) = try model.adapted(to: wanted, seed: 9)
    #expect(newTokens == 2 && adapted.vocabulary == wanted)
    #expect(adapted.configuration.outputSize == 4 && adapted.configuration.input.vocabularySize == 4)
    let fresh = try Model<Double>(adapted.configuration, seed: 9)
    // New token to known token.
    let sources: [Int?] = [0, nil, 1, nil]
    for entry in adapted.table.entries {
      let (values, old, new) = (
        adapted[parameter: entry.name], model[parameter: entry.name], fresh[parameter: entry.name]
      )
      let isByRow = entry.name == "embedding.weight" || entry.name.hasPrefix("linear.")
      let isByColumn = !isEmbedded && entry.name.hasPrefix("rnn.weight_ih_l0")
      guard isByRow || isByColumn else {
        #expect(values == old, "\(entry.name)")
        continue
      }
      let width = isByRow ? entry.count / 4 : 1
      for row in 0..<(isByRow ? 1 : entry.shape[0]) {
        for (token, source) in sources.enumerated() {
          for index in 0..<width {
            let place = (row * 4 + token) * width + index
            let expected = source.map { old[(row * 3 + $0) * width + index] } ?? new[place]
            #expect(values[place] == expected, "\(entry.name) \(row) \(token)")
          }
        }
      }
    }
  }

  @Test func vocabulariesAndTexts() throws {
    let corpus = try Corpus(text: "abcabd", validationFraction: 0.4)
    let greek = try Vocabulary(unit: .unicodeScalar, symbols: [98, 0x3A9])
    let union = corpus.vocabulary.union(greek)
    #expect(union.symbols == [97, 98, 99, 100, 0x3A9])
    #expect(corpus.vocabulary.union(try Vocabulary(unit: .byte, symbols: [65, 200])).symbols == [65, 97, 98, 99, 100])
    let encoded = corpus.encoded(by: union)
    #expect(encoded.training == corpus.training && encoded.validation == corpus.validation)
    #expect(encoded.digest == corpus.digest)
    // However it is divided; but not for another text.
    #expect(try Corpus(text: "abcabd").digest == corpus.digest)
    #expect(try Corpus(text: "abcadb").digest != corpus.digest)
  }
}
