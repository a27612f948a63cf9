// One to many: one token in, a sequence out. An encoder of one step reads a digit, and a decoder that is fed its own
// letters writes the word.
import Recurrent

let words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
let letters = try Corpus(text: words.joined()).vocabulary

// Two tokens more than there are letters: one begins a word, one ends it.
let marks = SequenceMarks(start: Int32(letters.count), end: Int32(letters.count + 1))
let encoder = ModelConfiguration(cell: .gru, input: .oneHot(vocabularySize: 10), hiddenSize: 32)
let decoder = ModelConfiguration(
  cell: .gru, input: .oneHot(vocabularySize: letters.count + 2), hiddenSize: 32, outputSize: letters.count + 2)
var trainer = try EncoderDecoderTrainer(
  EncoderDecoder<Float>(encoder: encoder, decoder: decoder, marks: marks, seed: 1), batchSize: 10, sourceLength: 1,
  targetLength: 5, optimizer: .adam(learningRate: 0.02))

let digits: [[Int32]] = (0..<10).map { [$0] }
let spellings = try words.map { try letters.encode($0) }
for step in 1...150 {
  let report = trainer.step(.tokens(digits), .classes(spellings))
  if step % 50 == 0 { print("step \(step): \(report.loss) nats per letter") }
}

var search = try SequenceDecoder(
  trainer.model(), sourceLength: 1, batchSize: 10, options: .greedy(maximumLength: 8))
let written = search.decode(Sequences(digits)).map { letters.decode($0[0].tokens) }
for (digit, word) in written.enumerated() { print("\(digit): \(word)") }
print("right: \(zip(words, written).count { $0 == $1 }) of 10")
