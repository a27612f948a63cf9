import Recurrent
import Storage
import Tables

/// What a training of tags is on: its sentences, and what a model reads of them.
struct TagTask {
  typealias Sentence = TaggedSentences.Sentence

  let training: [Sentence]
  let held: [Sentence]
  /// Of the training part, by their numbers.
  let tags: [String]
  let features: WordFeatures
  /// Tokens and tags of the training part, long sentences in pieces.
  let inputs: Sequences<Int32>
  let classes: Sequences<Int32>
  let annotations: [String: String]
  let digest: UInt64
  let hasSpans: Bool

  /// - Parameters:
  ///   - path: of all sentences, or of the training part.
  ///   - part: what of them is held out; nil: another file is.
  /// - Throws: `TableError`.
  init(
    _ path: String, validation part: PartSize?, _ file: String?, _ input: TaggedOptions, _ words: TagWordOptions,
    seed: UInt64
  ) throws(TableError) {
    let all = try input.read(path)
    try all.check(words.unit)
    var (training, held): ([Sentence], [Sentence]) = (all.sentences, [])
    if let part {
      let count = part.count(of: training.count)
      guard count < training.count else {
        throw TableError(
          path, .other("--validation \(count) leaves nothing to train on of \(counted(training.count, "sentence"))"))
      }
      var generator = SeededGenerator(seed: seed)
      let chosen = Set(training.indices.shuffled(using: &generator).prefix(count))
      held = training.indices.filter(chosen.contains).map { all.sentences[$0] }
      training = training.indices.filter { !chosen.contains($0) }.map { all.sentences[$0] }
      tags = all.tags
    } else {
      tags = all.tags
      if let file {
        let other = try input.read(file)
        try other.check(words.unit)
        other.noteUnknown(tags, of: "the training part")
        held = other.sentences
      }
    }
    guard tags.count >= 2 else {
      throw TableError(
        path,
        .other(
          "all tags are \"\(printable(tags.first ?? "", limit: 40))\": there is nothing to learn; --tag-column names another column"
        ))
    }
    (self.training, self.held) = (training, held)
    features = WordFeatures(
      fitting: training.map(\.tokens), words.kinds, letters: words.letterCount, vocabularySize: words.vocabularySize,
      minimumCount: words.minimumCount)
    let numbers = Dictionary(
      uniqueKeysWithValues: tags.enumerated().map { (ExactString($1), Int32($0)) })
    let pieces = training.flatMap { sentence in
      stride(from: 0, to: sentence.tokens.count, by: words.longest).map { start in
        let range = start..<min(start + words.longest, sentence.tokens.count)
        return (tokens: Array(sentence.tokens[range]), tags: Array(sentence.tags[range]))
      }
    }
    if pieces.count > training.count {
      Note.line(
        "sentences \(counted(training.count { $0.tokens.count > words.longest }, "sentence")) longer than "
          + "\(grouped(words.longest)) trained on in pieces (--longest)")
    }
    inputs = features.encode(pieces.map(\.tokens))
    classes = Sequences(pieces.map { $0.tags.map { numbers[ExactString($0)] ?? 0 } })
    let description = TagDescription(unit: words.unit, tags: tags)
    annotations = [
      TagDescription.annotation: description.text, WordFeatures.annotation: features.annotationText,
    ]
    hasSpans = tags.contains { SpanLabel($0).part != .outside }
    var digest = UInt64.digestStart
    for sentence in training + held {
      digest.digest(UInt64(sentence.tokens.count))
      for (token, tag) in zip(sentence.tokens, sentence.tags) {
        digest.digest(token)
        digest.digest(tag)
      }
    }
    self.digest = digest
  }
}
