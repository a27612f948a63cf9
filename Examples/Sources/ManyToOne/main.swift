// Many to one: the letters of a name in, its language out. Names have different lengths; nothing is padded.
import Recurrent

let names: [(language: String, names: String)] = [
  (
    "Italian",
    """
    rossi ferrari bianchi romano colombo ricci marino greco bruno gallo conti costa giordano mancini rizzo lombardi \
    moretti barbieri fontana santoro mariani rinaldi caruso ferrara galli martini leone longo gentile martinelli vitale \
    lombardo serra coppola marchetti parisi villa conte ferraro ferri fabbri bianco marini grasso valentini messina
    """
  ),
  (
    "Japanese",
    """
    sato suzuki takahashi tanaka watanabe ito yamamoto nakamura kobayashi kato yoshida yamada sasaki yamaguchi saito \
    matsumoto inoue kimura hayashi shimizu yamazaki mori abe ikeda hashimoto yamashita ishikawa nakajima maeda fujita \
    ogawa goto okada hasegawa murakami kondo ishii sakamoto endo aoki fujii nishimura fukuda ota miura okamoto
    """
  ),
  (
    "Russian",
    """
    ivanov smirnov kuznetsov popov vasiliev petrov sokolov mikhailov novikov fedorov morozov volkov alekseev lebedev \
    semenov egorov pavlov kozlov stepanov nikolaev orlov andreev makarov nikitin zakharov zaitsev soloviev borisov \
    yakovlev grigoriev romanov vorobiev sergeev kuzmin frolov alexandrov dmitriev korolev gusev kiselev ilyin maksimov
    """
  ),
]
let letters = try Corpus(text: names.map(\.names).joined()).vocabulary

// Every fifth name is held out.
var (training, heldOut): ([(name: String, language: Int32)], [(name: String, language: Int32)]) = ([], [])
for (language, list) in names.enumerated() {
  for (place, name) in list.names.split(separator: " ").enumerated() {
    let sample = (name: String(name), language: Int32(language))
    if place % 5 == 4 { heldOut.append(sample) } else { training.append(sample) }
  }
}

var configuration = ModelConfiguration(
  cell: .gru, input: .embedding(vocabularySize: letters.count, size: 12), hiddenSize: 24, outputSize: names.count,
  head: .lastStep)
configuration.recurrentDropout = 0.2
var trainer = try Trainer(
  Model<Float>(configuration, seed: 1), batchSize: 16, sequenceLength: 12, optimizer: .adam(learningRate: 0.01),
  clipping: .norm(1), isRagged: true)

func encode(_ samples: [(name: String, language: Int32)]) throws -> (ModelInput<Float>, ModelTarget<Float>) {
  (.tokens(try samples.map { try letters.encode($0.name) }), .classes(samples.map(\.language)))
}
let loader = BucketingLoader(lengths: training.map(\.name.count), batchSize: 16, seed: 1)
let (input, target) = try encode(heldOut)
for epoch in 1...30 {
  for batch in loader.batches(epoch: epoch) {
    let (input, target) = try encode(batch.map { training[$0] })
    _ = trainer.step(input, target)
  }
  if epoch % 10 == 0 { print("epoch \(epoch): \(try trainer.evaluate(input, target))") }
}

let outputs = try trainer.predict(.tokens(["kurosawa", "tolstov", "botticelli"].map { try letters.encode($0) }))
for (name, place) in zip(["kurosawa", "tolstov", "botticelli"], 0...) {
  let scores = Array(outputs[place])
  print("\(name): \(names[scores.firstIndex(of: scores.max()!)!].language)")
}
let evaluation = try trainer.evaluate(input, target)
print("held out: \(Int((evaluation.accuracy! * Double(evaluation.count)).rounded())) of \(evaluation.count) right")
