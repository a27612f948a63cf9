import Foundation
import Recurrent
import Testing

/// Sentences of a grammar that letters show little of: names of persons and places, of one word or two.
struct TaggedText {
  private static let first = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald"]
  private static let last = ["Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth"]
  private static let places = [["London"], ["New", "York"], ["Berlin"], ["Rio", "de", "Janeiro"]]

  let sentences: [[(word: String, tag: String)]]

  init(_ count: Int, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    func one<T>(_ list: [T]) -> T { list[Int(generator.uniform() * Double(list.count))] }
    func person() -> [(word: String, tag: String)] {
      let own = [(word: one(Self.first), tag: "B-PER")]
      return generator.uniform() < 0.6 ? own + [(word: one(Self.last), tag: "I-PER")] : own
    }
    sentences = (0..<count).map { _ in
      let place = one(Self.places)
      let start = person() + [(word: one(["lived", "works"]), tag: "O"), (word: "in", tag: "O")]
      return start + place.enumerated().map { (word: $1, tag: $0 == 0 ? "B-LOC" : "I-LOC") }
    }
  }

  var columns: String {
    sentences.map { $0.map { "\($0.word)\t\($0.tag)\n" }.joined() + "\n" }.joined()
  }
  /// CoNLL-2003 with its older tags.
  var conll: String {
    "-DOCSTART- -X- O O\n\n"
      + sentences.map { sentence in
        sentence.map { "\($0.word) NN B-NP \($0.tag.replacing("B-", with: "I-"))\n" }.joined() + "\n"
      }.joined()
  }
  var jsonLines: String {
    func list(_ texts: [String]) -> String { "[" + texts.map { "\"\($0)\"" }.joined(separator: ", ") + "]" }
    return sentences.map {
      "{\"tokens\": \(list($0.map(\.word))), \"ner_tags\": \(list($0.map(\.tag)))}\n"
    }.joined()
  }
  var lines: String { sentences.map { $0.map(\.word).joined(separator: " ") + "\n" }.joined() }
}

/// `rnn tag`.
struct TagTests {
  static let quick = [
    "--hidden-size", "12", "--embedding-size", "8", "--affix-size", "4", "--letter-size", "4", "--threads", "1",
    "--learning-rate", "0.02",
    "--epochs", "12", "--head-dropout", "0.2",
  ]

  private func train(_ place: Workplace, _ data: String, _ options: [String] = []) throws -> Outcome {
    try place.rnn(["tag", "train", data] + Self.quick + options)
  }

  /// What evaluation says is what a comparison of predictions says.
  @Test func roundTrip() throws {
    let place = try Workplace()
    let (training, test) = (TaggedText(200, seed: 1), TaggedText(50, seed: 2))
    try place.write(training.columns, to: "train.tsv")
    try place.write(test.columns, to: "test.tsv")
    try place.write(test.lines, to: "test.txt")
    let trained = try train(place, "train.tsv", ["--report", "page.html", "--log", "log.jsonl"])
    #expect(trained.status == 0, "\(trained.errors)")
    for words in ["180 sentences of ", "20 sentences of ", "5 tags", "CRF", "span error"] {
      #expect(trained.errors.contains(words), "\(words): \(trained.errors)")
    }
    #expect(trained.text.contains("spans F1") && trained.text.contains("PER"), "\(trained.text)")
    #expect(try String(decoding: place.data("page.html"), as: UTF8.self).contains("Tags of train.tsv"))

    let report = try place.rnn("tag", "evaluate", "model.safetensors", "test.tsv", "--json").json()
    let spans = try #require(report["spans"] as? [String: Any])
    #expect(try #require(spans["f1"] as? Double) > 0.95, "\(report)")
    #expect(report["sentences"] as? Int == 50)

    let predicted = try place.rnn("tag", "predict", "model.safetensors", "test.txt")
    let found = predicted.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    var scores = SpanScores()
    for (own, sentence) in zip(found, test.sentences) { scores.add(predicted: own, expected: sentence.map(\.tag)) }
    #expect(found.count == 50)
    #expect(spans["right"] as? Int == scores.spans.right && spans["found"] as? Int == scores.spans.found)
    #expect(report["tokens_right"] as? Int == scores.rightCount)

    // The same by columns, and by a filter.
    let columns = try place.rnn("tag", "predict", "model.safetensors", "test.tsv", "--format", "columns")
    // So it looks, with the line ends of old Macs, too.
    let guessed = try place.rnn("tag", "predict", "model.safetensors", "test.tsv")
    #expect(guessed.text == columns.text && guessed.errors.contains("is read as columns"), "\(guessed.errors)")
    try place.write(
      String(decoding: place.data("test.tsv"), as: UTF8.self).replacingOccurrences(of: "\n", with: "\r"), to: "mac.tsv")
    #expect(try place.rnn("tag", "predict", "model.safetensors", "mac.tsv", "--format", "columns").text == columns.text)
    #expect(
      columns.text
        == zip(test.sentences, found).map { sentence, tags in
          zip(sentence, tags).map { "\($0.word)\t\($1)\n" }.joined() + "\n"
        }.joined())
    let piped = try place.shell("cat test.txt | \(Workplace.command.path) tag predict model.safetensors -")
    #expect(piped.text == predicted.text)
    let empty = try place.shell(
      "printf 'Ada lived\\r\\n\\nGrace' | \(Workplace.command.path) tag predict model.safetensors -")
    #expect(empty.text == "B-PER O\n\nB-PER\n", "\(empty.text)\(empty.errors)")
    let object = try place.shell(
      "printf 'Ada Turing lived' | \(Workplace.command.path) tag predict model.safetensors - --json")
    #expect(
      object.text
        == "{\"tokens\":[\"Ada\",\"Turing\",\"lived\"],\"tags\":[\"B-PER\",\"I-PER\",\"O\"],"
        + "\"spans\":[{\"type\":\"PER\",\"start\":0,\"end\":2}]}\n", "\(object.text)")
    let inspected = try place.rnn("inspect", "model.safetensors")
    #expect(inspected.text.contains("crf.transitions") && inspected.text.contains("B-LOC, B-PER, I-LOC, I-PER, O"))
  }

  /// The same sentences in every format give the same model.
  @Test func formats() throws {
    let place = try Workplace()
    let text = TaggedText(60, seed: 1)
    try place.write(text.columns, to: "a.tsv")
    try place.write(text.conll, to: "b.txt")
    try place.write(text.jsonLines, to: "c.jsonl")
    var models: [String] = []
    for file in ["a.tsv", "b.txt", "c.jsonl"] {
      let outcome = try train(place, file, ["--checkpoint", "\(file).st", "--epochs", "2"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("are read as B-X (IOB1)") == (file == "b.txt"), "\(outcome.errors)")
      models.append(try place.rnn("tag", "evaluate", "\(file).st", file, "--json").text)
    }
    #expect(models[0] == models[1] && models[1] == models[2])
  }

  @Test func withoutCRF() throws {
    let place = try Workplace()
    try place.write(TaggedText(100, seed: 1).columns, to: "t.tsv")
    let outcome = try train(
      place, "t.tsv",
      ["--no-crf", "--affix-size", "0", "--letter-size", "0", "--metric", "tag-error", "--no-bidirectional"])
    #expect(
      outcome.status == 0 && !outcome.errors.contains("CRF") && outcome.errors.contains("tag error"),
      "\(outcome.errors)")
    let report = try place.rnn("tag", "evaluate", "model.safetensors", "t.tsv", "--json").json()
    #expect(try #require(report["accuracy"] as? Double) > 0.8)
  }

  /// Letters: where a word begins in a text without spaces.
  @Test func characters() throws {
    let place = try Workplace()
    var generator = SeededGenerator(seed: 3)
    func sentence() -> String {
      (0..<6).map { _ in ["ab", "cde", "f"][Int(generator.uniform() * 3)] }.map { word in
        word.enumerated().map { "\($1)\t\($0 == 0 ? "B" : "I")\n" }.joined()
      }.joined() + "\n"
    }
    try place.write((0..<80).map { _ in sentence() }.joined(), to: "t.tsv")
    let outcome = try train(place, "t.tsv", ["--unit", "character"])
    expectFailure(outcome, 64, "--affix-size")
    let trained = try place.rnn(
      "tag", "train", "t.tsv", "--unit", "character", "--hidden-size", "8", "--epochs", "8", "--threads", "1",
      "--learning-rate", "0.03")
    #expect(trained.status == 0, "\(trained.errors)")
    let told = try place.shell("printf 'abcdef f' | \(Workplace.command.path) tag predict model.safetensors -")
    #expect(told.text.hasPrefix("B I B I I B "), "\(told.text)")
    #expect(told.text.split(separator: " ").count == 8)
    try place.write("ab\tB\n", to: "w.tsv")
    expectFailure(
      try place.rnn("tag", "evaluate", "model.safetensors", "w.tsv"), 1, "w.tsv, line 1: \"ab\" is no single character")
  }

  @Test func otherTags() throws {
    let place = try Workplace()
    try place.write(TaggedText(60, seed: 1).columns, to: "t.tsv")
    try place.write("Ada\tB-NEW\nlived\tO\n", to: "other.tsv")
    let outcome = try train(place, "t.tsv", ["--validation", "other.tsv", "--epochs", "1"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      outcome.errors.contains("1 tag of B-NEW, which the training part does not know, count as wrong"),
      "\(outcome.errors)")
  }

  @Test func faults() throws {
    let place = try Workplace()
    try place.write("a\tX\nb\tX\n\nc\tX\n", to: "one.tsv")
    expectFailure(try train(place, "one.tsv"), 1, "one.tsv: all tags are \"X\"", "--tag-column")
    try place.write("a\tX\nb\n", to: "ragged.tsv")
    expectFailure(try train(place, "ragged.tsv"), 1, "ragged.tsv, line 2: 1 column")
    expectFailure(try train(place, "none.tsv"), 1, "none.tsv: there is no such file")
    try place.write(TaggedText(20, seed: 1).columns, to: "t.tsv")
    expectFailure(try train(place, "t.tsv", ["--validation", "20"]), 1, "--validation 20 leaves nothing")
    expectFailure(try train(place, "t.tsv", ["--validation", "1.5"]), 64, "--validation")
    expectFailure(try train(place, "t.tsv", ["--checkpoint", "t.tsv"]), 1, "t.tsv is read and would be overwritten")
    expectFailure(try train(place, "t.tsv", ["--tag-column", "7"]), 1, "--tag-column")
    #expect(!place.exists("model.safetensors"))
    #expect(try train(place, "t.tsv", ["--epochs", "1"]).status == 0)
    expectFailure(try place.rnn("classify", "predict", "model.safetensors", "t.tsv"), 1, "no model of classes")
    expectFailure(try place.rnn("export", "model.safetensors", "m.onnx"), 1, "CRF")
    let broken = try place.shell(
      "printf 'Ada\\n\\377\\n' | \(Workplace.command.path) tag predict model.safetensors -")
    #expect(broken.status == 1 && broken.errors.contains("line 2: not UTF-8"), "\(broken.errors)")
    #expect(broken.text.split(separator: "\n").count == 1)
    // A model for another use stays.
    expectFailure(
      try place.rnn("train", "--text", "t.tsv", "--steps", "1", "--checkpoint", "model.safetensors"), 1,
      "a model of tags")
  }

  @Test("Tags that no span has are told with their line; one of another kind changes nothing for the others")
  func oddTags() throws {
    let place = try Workplace()
    let options = ["--hidden-size", "4", "--letter-size", "0", "--affix-size", "0", "--epochs", "1", "--threads", "1"]
    let names = (0..<20).map { "Ada\tI-PER\nLovelace\tI-PER\nlived\tO\nw\($0)\tO\n\n" }.joined()
    try place.write(names + "x\tE-mail\n\n", to: "older.tsv")
    let older = try place.rnn(["tag", "train", "older.tsv"] + options)
    // Each object has an answer in its place.
    try place.write(
      #"{"tokens":["Ada"]}"# + "\n" + #"{"tokens":[]}"# + "\n" + #"{"tokens":["x"]}"# + "\n", to: "w.jsonl")
    let answers = try place.rnn("tag", "predict", "model.safetensors", "w.jsonl", "--json")
    #expect(answers.text.split(separator: "\n").count == 3 && answers.status == 0, "\(answers.errors)")
    #expect(older.status == 0 && older.errors.contains("is read as B-X") || older.errors.contains("are read as B-X"))
    try place.write(names + "x\tB-LOC\ny\tE-PER\n\n", to: "odd.tsv")
    let odd = try place.rnn(["tag", "train", "odd.tsv", "--validation", "0"] + options)
    #expect(odd.status == 0 && odd.errors.contains("cannot stand where"), "\(odd.errors)")
    #expect(odd.errors.contains("--no-crf"), "\(odd.errors)")
    let free = try place.rnn(["tag", "train", "odd.tsv", "--validation", "0", "--no-crf"] + options)
    #expect(!free.errors.contains("cannot stand"), "\(free.errors)")
    #expect(try place.rnn("tag", "train", "odd.tsv", "--init-from", "model.safetensors", "--no-crf").status == 64)
  }
}
