// A character model: a text in, one more letter at every step; then generation, which feeds its draws back.
import Recurrent

let corpus = try Corpus(text: String(repeating: "the rain in spain stays mainly in the plain. ", count: 100))
let model = try Model<Float>(
  ModelConfiguration(
    cell: .lstm, input: .oneHot(vocabularySize: corpus.vocabulary.count), hiddenSize: 64,
    outputSize: corpus.vocabulary.count),
  seed: 1, vocabulary: corpus.vocabulary)
var trainer = try Trainer(
  model, batchSize: 8, sequenceLength: 50, optimizer: .adam(learningRate: 0.01), clipping: .norm(5), carriesState: true)
let streams = try TokenStreams(corpus.training, batchSize: 8, sequenceLength: 50)
for epoch in 1...10 {
  trainer.resetState()
  for window in 0..<streams.windowCount { _ = trainer.step(streams.input(window), streams.target(window)) }
  if epoch % 5 == 0 { print("epoch \(epoch): \(trainer.evaluate(streams))") }
}

var sampler = try Sampler(trainer.model(), options: .greedy)
for token in try corpus.vocabulary.encode("the") { sampler.feed(token) }
print("the" + corpus.vocabulary.decode((0..<42).map { _ in sampler.next() }))
