// Many to many: a tag for each word of a sentence. "can" and "fish" are nouns or verbs by what stands before and after
// them, so the layer runs both ways.
import Recurrent

let tags = ["determiner", "adjective", "noun", "pronoun", "auxiliary", "verb"]
let words: [[String]] = [
  ["the", "a", "this"], ["old", "red", "fresh"], ["can", "fish", "boat", "cook", "man"], ["they", "we", "you"],
  ["can", "will", "must"], ["fish", "can", "boat", "cook", "man"],
]
// Kinds of sentences, as tags.
let patterns: [[Int]] = [
  [3, 4, 5], [3, 5], [0, 2, 4, 5], [0, 1, 2, 4, 5, 0, 2], [3, 5, 0, 2], [3, 4, 5, 0, 1, 2], [3, 4, 5, 1, 2], [1, 2, 5],
]
let vocabulary = Array(Set(words.joined())).sorted()

var generator = SeededGenerator(seed: 1)
func sentences(_ count: Int, _ generator: inout SeededGenerator) -> (words: [[Int32]], tags: [[Int32]]) {
  var (wordLists, tagLists): ([[Int32]], [[Int32]]) = ([], [])
  for _ in 0..<count {
    let pattern = patterns.randomElement(using: &generator)!
    tagLists.append(pattern.map { Int32($0) })
    wordLists.append(pattern.map { Int32(vocabulary.firstIndex(of: words[$0].randomElement(using: &generator)!)!) })
  }
  return (wordLists, tagLists)
}

var trainer = try Trainer(
  Model<Float>(
    ModelConfiguration(
      cell: .lstm, input: .embedding(vocabularySize: vocabulary.count, size: 8), hiddenSize: 16,
      directions: .both(merge: .concatenate), outputSize: tags.count),
    seed: 1), batchSize: 16, sequenceLength: 7, optimizer: .adam(learningRate: 0.02), isRagged: true)
for step in 1...150 {
  let batch = sentences(16, &generator)
  let report = trainer.step(.tokens(batch.words), .classes(batch.tags))
  if step % 50 == 0 { print("step \(step): \(report.loss) nats per word") }
}

let sentence = ["the", "old", "man", "can", "fish", "a", "can"]
let outputs = try trainer.predict(.tokens([sentence.map { Int32(vocabulary.firstIndex(of: $0)!) }]))[0]
for (step, word) in sentence.enumerated() {
  let scores = Array(outputs.dropFirst(step * tags.count).prefix(tags.count))
  print("\(word): \(tags[scores.firstIndex(of: scores.max()!)!])")
}
let test = sentences(500, &generator)
let evaluation = try trainer.evaluate(.tokens(test.words), .classes(test.tags))
print("right: \((1000 * evaluation.accuracy!).rounded() / 10) % of \(evaluation.count) words")
