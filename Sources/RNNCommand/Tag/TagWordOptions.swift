import ArgumentParser
import Recurrent

/// What a model of tags sees of words.
struct TagWordOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("What has a tag: word, or character, one on each line of the data.", valueName: "name"))
  var unit = TagDescription.Unit.word

  @Option(in: 1...largestSize, help: "The most words that are known, the frequent ones.")
  var vocabularySize = 50_000

  @Option(in: 1...largestSize, help: "How often a word, a beginning, an ending or a shape must come to be known.")
  var minimumCount = 2

  @Option(in: 1...largestSize, help: "Numbers of a word's vector. (default: 64; 32 of characters)")
  var embeddingSize: Int?

  @Option(
    in: 0...largestSize,
    help:
      "Numbers of the vector of each beginning (2 and 3 letters), ending (2, 3 and 4) and the shape of a word; 0: words alone. (default: 16)"
  )
  var affixSize: Int?

  @Option(
    in: 0...largestSize,
    help:
      "Units, each way, of a network that reads the letters of each word, the first 10 and last 10 of long ones; 0: none. (default: 25)"
  )
  var letterSize: Int?

  @Option(in: 1...1_000_000, help: "Train on pieces of so many words or characters of longer sentences.")
  var longest = 250

  func validate() throws {
    guard unit == .character else { return }
    for (name, size) in [("--affix-size", affixSize), ("--letter-size", letterSize)] where size ?? 0 > 0 {
      throw ValidationError("'\(name)' is for words, and excludes '--unit character'")
    }
  }

  /// What of a word is looked at.
  var kinds: [WordFeatures.Kind] {
    if unit == .character { return [.form] }
    return affixSize == 0 ? [.word] : WordFeatures.ofWords
  }

  /// Letters of a word that are read one by one.
  var letterCount: Int { unit == .character || letterSize == 0 ? 0 : 20 }

  func input(_ features: WordFeatures) -> ModelConfiguration.Input {
    let size = embeddingSize ?? (unit == .word ? 64 : 32)
    let tables = features.features.map { feature in
      let isWhole = feature.kind == .word || feature.kind == .form
      return ModelConfiguration.Input.EmbeddingTable(
        vocabularySize: feature.count, size: isWhole ? size : affixSize ?? 16)
    }
    let letters = features.letters.map { letters in
      let size = letterSize ?? 25
      return LetterEncoder(
        vocabularySize: letters.vocabularySize, size: size, hiddenSize: size, count: letters.count)
    }
    guard tables.count == 1, letters == nil else { return .features(tables, letters: letters) }
    return .embedding(vocabularySize: tables[0].vocabularySize, size: tables[0].size)
  }
}
