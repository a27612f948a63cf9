// Letters to sounds without an alignment: the connectionist loss (CTC) sums over all that there are.
//
//     Pronouncing                              a small made-up language
//     Pronouncing train.tsv dev.tsv [EPOCHS]   a line of names, then lines of a word, a tab and its phonemes
import Foundation
import Recurrent

typealias Pairs = [(word: String, sounds: [String])]

func read(_ path: String) throws -> Pairs {
  try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst().map { line in
    let fields = line.split(separator: "\t")
    return (String(fields[0]), fields[1].split(separator: " ").map(String.init))
  }
}

/// c is S before e and i, else K; ll and sh are one sound.
func madeUp(_ count: Int, seed: UInt64) -> Pairs {
  var generator = SeededGenerator(seed: seed)
  let starts = [("b", "B"), ("ll", "L"), ("sh", "SH"), ("t", "T"), ("c", ""), ("m", "M")]
  return (0..<count).map { _ in
    var pair = (word: "", sounds: [String]())
    for _ in 0..<Int.random(in: 2...4, using: &generator) {
      let (letters, sound) = starts.randomElement(using: &generator)!
      let vowel = ["a", "e", "i", "o"].randomElement(using: &generator)!
      pair.word += letters + vowel
      pair.sounds += [!sound.isEmpty ? sound : ["e", "i"].contains(vowel) ? "S" : "K", vowel.uppercased()]
    }
    return pair
  }
}

let files = Array(CommandLine.arguments.dropFirst())
// An alignment takes a step for each sound, and one between two that are the same: "w" has too many.
let training = (files.isEmpty ? madeUp(3000, seed: 1) : try read(files[0])).filter { pair in
  pair.sounds.count + zip(pair.sounds, pair.sounds.dropFirst()).count(where: ==) <= steps(pair.word).count
}
let heldOut = Dictionary(grouping: files.isEmpty ? madeUp(300, seed: 2) : try read(files[1])) { $0.word }
let (isLarge, epochs) = (training.count > 10_000, files.count > 2 ? Int(files[2])! : 4)
let phonemes = Array(Set(training.flatMap(\.sounds))).sorted()
// 0 is the blank.
let labels = Dictionary(uniqueKeysWithValues: zip(phonemes, Int32(1)...))

/// Each letter is two steps: some words are longer spoken than written.
func steps(_ word: String) -> [Int32] { word.utf8.flatMap { [Int32($0 & 0x7F), Int32($0 & 0x7F)] } }

let model = try Model<Float>(
  ModelConfiguration(
    cell: .lstm, input: .embedding(vocabularySize: 128, size: 64), hiddenSize: isLarge ? 192 : 32,
    layerCount: isLarge ? 2 : 1, directions: .both(merge: .concatenate), outputSize: 1 + phonemes.count,
    dropout: isLarge ? 0.2 : 0), seed: 1)
let data = TrainingData<Float>(
  inputs: .tokens(training.map { steps($0.word) }), targets: .labels(training.map { $0.sounds.map { labels[$0]! } }),
  batchSize: isLarge ? 128 : 32, seed: 1)
let updates = epochs * ((training.count + (isLarge ? 127 : 31)) / (isLarge ? 128 : 32))
var loop = try TrainingLoop(
  Trainer(
    model, batchSize: isLarge ? 128 : 32, sequenceLength: training.map { 2 * $0.word.utf8.count }.max()!,
    loss: .ctc(), optimizer: .adam(learningRate: isLarge ? 0.002 : 0.01),
    schedule: .cosine(warmUp: 100, total: updates, minimum: 0), clipping: .norm(5), isRagged: true),
  data, epochs: epochs)
let start = Date()
_ = try loop.run { event in
  if case .epoch = event { print(event, "\(Int(Date().timeIntervalSince(start))) s") }
}

let words = heldOut.keys.sorted()
let outputs = try loop.model.predict(.tokens(words.map(steps)))
let right = words.indices.count { index in
  let found = CTC.bestPath(Array(outputs[index]), outputSize: 1 + phonemes.count).map { phonemes[Int($0) - 1] }
  return heldOut[words[index]]!.contains { $0.sounds == found }
}
print("\(model.parameterCount) parameters, \(Int(Date().timeIntervalSince(start))) s")
print("wrong: \(Double(1000 * (words.count - right) / words.count) / 10) % of \(words.count) words")
