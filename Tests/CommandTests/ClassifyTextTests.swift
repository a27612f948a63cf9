import Foundation
import Recurrent
import Testing

/// Words of three made-up languages, which differ in how syllables are built; some letters are in one of them alone.
struct Words {
  static let languages = ["ka", "os", "üt"]
  private static let syllables = [
    ["ka", "ki", "ko", "ra", "mi", "na"], ["os", "as", "est", "ort", "int", "al"],
    ["üt", "öl", "ek", "kü", "nı", "aş"],
  ]

  let words: [String]
  let labels: [String]

  init(_ count: Int, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    labels = (0..<count).map { Self.languages[$0 % 3] }
    words = (0..<count).map { index in
      (0..<2 + Int(generator.uniform() * 3)).map { _ in
        Self.syllables[index % 3].randomElement(using: &generator)!
      }.joined()
    }
  }

  var csv: String { "word,language\n" + zip(words, labels).map { "\($0),\($1)\n" }.joined() }
  var tsv: String { "nr\tword\tlanguage\n" + words.indices.map { "\($0)\t\(words[$0])\t\(labels[$0])\n" }.joined() }
  var jsonLines: String {
    zip(words, labels).map { "{\"word\": \"\($0)\", \"n\": 1, \"language\": \"\($1)\"}\n" }.joined()
  }

  func writeFolder(_ place: Workplace, _ name: String) throws {
    for (index, word) in words.enumerated() {
      let folder = place.url(name).appending(path: labels[index])
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(word.utf8).write(to: folder.appending(path: "\(1000 + index).txt"))
    }
  }
}

/// `rnn classify` on texts.
struct ClassifyTextTests {
  static let columns = ["--text-column", "word", "--label-column", "language"]
  static let quick = ["--hidden-size", "8", "--embedding-size", "6", "--threads", "1", "--learning-rate", "0.02"]

  private func train(_ place: Workplace, _ table: String, _ options: [String] = columns) throws -> Outcome {
    try place.rnn(["classify", "train", table] + Self.quick + options)
  }

  @Test("Subwords, and what stands between spaces")
  func units() throws {
    let place = try Workplace()
    try place.write(Words(240, seed: 1).csv, to: "train.csv")
    for (unit, told) in [("subword", "different subword"), ("spaced", "the unknown one included")] {
      let trained = try train(place, "train.csv", Self.columns + ["--unit", unit])
      #expect(trained.status == 0 && trained.errors.contains(told), "\(trained.errors)")
      #expect(try place.rnn("inspect", "model.safetensors").text.contains(unit))
      let found = try place.shell("echo kakira | \"$RNN\" classify predict model.safetensors -")
      #expect(found.status == 0 && (unit == "spaced" || found.text.contains("ka")), "\(found.text) \(found.errors)")
    }
    expectFailure(
      try place.rnn(
        ["classify", "train", "train.csv", "--unit", "subword", "--vocabulary-size", "200"] + Self.columns), 64,
      "256 bytes")
  }

  /// All kinds of files, and all ways out: the same figures each time.
  @Test func roundTrip() throws {
    let place = try Workplace()
    let (training, test) = (Words(240, seed: 1), Words(90, seed: 2))
    try place.write(training.csv, to: "train.csv")
    try place.write(test.csv, to: "test.csv")
    let trained = try train(place, "train.csv")
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("192 texts of ") && trained.errors.contains("48 texts of "))
    #expect(trained.errors.contains("3 classes") && trained.errors.contains("both directions"), "\(trained.errors)")
    for name in ["network alone", "letter n-grams (1-4), linear", "letter trigrams, linear"] {
      #expect(trained.text.contains(name), "\(trained.text)")
    }

    // Columns are known from the model.
    let report = try place.rnn("classify", "evaluate", "model.safetensors", "test.csv", "--json").json()
    let accuracy = try #require(report["accuracy"] as? Double)
    #expect(accuracy > 0.95 && report["unit"] as? String == "text", "\(report)")
    #expect(report["classes"] as? [String] == Words.languages.sorted() && report["count"] as? Int == 90)
    let besides = try #require(report["besides"] as? [[String: Any]])
    #expect(besides.map { $0["name"] as? String } == ["network alone", "letter n-grams (1-4), linear"])

    // Predictions, compared here, give that report; as a table and as JSON lines.
    let predicted = try place.rnn("classify", "predict", "model.safetensors", "test.csv", "--probabilities")
    let rows = predicted.text.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    #expect(rows.first == ["text", "class", "probability", "ka", "os", "üt"] && rows.count == 91)
    let correct = zip(rows.dropFirst(), test.labels).count { $0[1] == $1 }
    #expect(abs(Double(correct) / 90 - accuracy) < 1e-12)
    for (row, word) in zip(rows.dropFirst(), test.words) {
      let shares = row[3...].compactMap { Double($0) }
      // Each is right to a few units of the last place of a Double; the scores before are the model's own.
      #expect(row[0] == word && shares.count == 3 && abs(shares.reduce(0, +) - 1) < 1e-12)
      #expect(abs((shares.max() ?? 0) - (Double(row[2]) ?? 0)) < 1e-12)
    }
    let lines = try place.rnn("classify", "predict", "model.safetensors", "test.csv", "--json", "--output", "p.jsonl")
    #expect(lines.status == 0 && lines.output.isEmpty, "\(lines.errors)")
    let objects = try String(decoding: place.data("p.jsonl"), as: UTF8.self).split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.map { $0["class"] as? String } == rows.dropFirst().map { $0[1] })

    // The same texts in other files.
    let text = try place.rnn("classify", "evaluate", "model.safetensors", "test.csv").text
    try place.write(test.tsv, to: "test.tsv")
    try place.write(test.jsonLines, to: "test.jsonl")
    try test.writeFolder(place, "test")
    for file in ["test.tsv", "test.jsonl", "test"] {
      #expect(try place.rnn("classify", "evaluate", "model.safetensors", file).text == text, "\(file)")
    }
    try place.write(test.csv.replacing("word,language", with: "w,l"), to: "other.csv")
    #expect(
      try place.rnn(
        "classify", "evaluate", "model.safetensors", "other.csv", "--text-column", "w", "--label-column", "l"
      ).text == text)
    let inspected = try place.rnn("inspect", "model.safetensors").text
    for part in ["ka, os, üt, of a text", "character", "nfc", "letter n-grams (1-4), linear", "column word"] {
      #expect(inspected.contains(part), "\(inspected)")
    }
  }

  /// A folder of folders, words, bytes, lower case, balanced weights, the network alone.
  @Test func waysToTrain() throws {
    let place = try Workplace()
    let words = Words(120, seed: 3)
    try words.writeFolder(place, "folder")
    let folder = try train(place, "folder", ["--epochs", "3"])
    #expect(folder.status == 0 && folder.errors.contains("96 texts of"), "\(folder.errors)")
    let predicted = try place.rnn("classify", "predict", "model.safetensors", "folder")
    #expect(predicted.text.hasPrefix("file,class,probability\nfolder/ka/1000.txt,"))
    expectFailure(
      try place.rnn("classify", "evaluate", "model.safetensors", try place.write(words.csv, to: "w.csv")), 64,
      "--text-column")

    // Sentences of the words of one language: told by words that are known.
    var sentences = "text,label\n"
    for index in stride(from: 0, to: 117, by: 3) {
      for class_ in 0..<3 {
        let text = [0, 3].map { words.words[(index + class_ + $0) % 120].uppercased() }.joined(separator: " ")
        sentences += "\(text),\(Words.languages[class_])\n"
      }
    }
    try place.write(sentences, to: "s.csv")
    let options = ["--text-column", "text", "--label-column", "label", "--ngrams", "none", "--epochs", "4"]
    for unit in [["--unit", "word", "--lower-case", "--vocabulary-size", "40"], ["--unit", "byte"]] {
      let trained = try train(place, "s.csv", options + unit + ["--class-weights", "balanced", "--head", "last-step"])
      #expect(trained.status == 0, "\(trained.errors)")
      #expect(
        trained.errors.contains(unit[1] == "word" ? "41 different words" : "256 different bytes"), "\(trained.errors)")
      #expect(!trained.text.contains("network alone") && trained.text.contains("letter trigrams, linear"))
    }
    expectFailure(try train(place, "s.csv", options + ["--unit", "byte", "--normalize", "nfc"]), 64, "--normalize")
    expectFailure(try train(place, "s.csv", options + ["--unit", "syllable"]), 64, "character, byte, word")
    expectFailure(try train(place, "s.csv", options + ["--ngrams", "4-2"]), 64, "--ngrams")
  }

  /// A line out for each line in, at once; unknown letters refuse nothing, and an empty line has no class.
  @Test func filter() throws {
    let place = try Workplace()
    try place.write(Words(120, seed: 4).csv, to: "t.csv")
    #expect(try train(place, "t.csv").status == 0)
    let outcome = try place.shell(
      "printf 'karami\\n\\nQЖ漢\\n' | $RNN classify predict model.safetensors - --threads 1")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 4 && lines[0].hasPrefix("ka,0.") && lines[1] == "," && lines[3].isEmpty, "\(outcome.text)")
    #expect(lines[2].contains(",0."))
    // White space at the ends and a byte order mark are no part of a text, in whatever file it stands.
    let spaced = try place.shell(
      "printf '\\357\\273\\277  karami \\r\\n' | $RNN classify predict model.safetensors - --threads 1")
    #expect(spaced.text == lines[0] + "\n", "\(spaced.text)")
    try place.write("{\"word\": \" karami\\n\"}\n", to: "l.jsonl")
    let objects = try place.rnn("classify", "predict", "model.safetensors", "l.jsonl", "--threads", "1")
    #expect(objects.text.hasSuffix("karami," + lines[0] + "\n"), "\(objects.text)")
    // The first line comes before the second is there.
    let slow = try place.shell(
      "(echo karami; sleep 2; [ -s out ] && echo osast) | $RNN classify predict model.safetensors - > out; wc -l < out")
    #expect(slow.text.trimmingCharacters(in: .whitespacesAndNewlines) == "2", "\(slow.errors)")
    let json = try place.shell("echo osast | $RNN classify predict model.safetensors - --json --probabilities").json()
    #expect(json["class"] as? String == "os" && (json["probabilities"] as? [String: Double])?.count == 3)
    expectFailure(
      try place.shell("printf 'ka\\n\\377\\n' | $RNN classify predict model.safetensors -"), 1, "line 2", "not UTF-8")
    expectFailure(
      try place.shell("echo ka | $RNN classify predict model.safetensors - --output o.csv"), 64, "--output")
    // A table from a pipe is one where its column is named.
    let table = try place.shell("head -3 t.csv | $RNN classify predict model.safetensors - --text-column word")
    #expect(table.text.hasPrefix("text,class,probability\n") && table.text.split(separator: "\n").count == 3)
  }

  /// The same seed gives the same bytes whatever the number of threads.
  @Test func validationFileAndThreads() throws {
    let place = try Workplace()
    try place.write(Words(120, seed: 5).csv, to: "t.csv")
    try place.write(Words(30, seed: 6).csv, to: "v.csv")
    let options = Self.columns + ["--validation", "v.csv", "--epochs", "3", "--report", "r.html"]
    let one = try train(place, "t.csv", options + ["--checkpoint", "a.st"])
    #expect(
      one.status == 0 && one.errors.contains("120 texts of ") && one.errors.contains("30 texts of "), "\(one.errors)")
    let page = String(decoding: try place.data("r.html"), as: UTF8.self)
    #expect(page.contains("Letter trigrams, linear") && page.contains("true \\ predicted"))
    let two = try place.rnn(
      ["classify", "train", "t.csv", "--hidden-size", "8", "--embedding-size", "6", "--learning-rate", "0.02"] + options
        + ["--checkpoint", "b.st", "--threads", "2"])
    #expect(two.text == one.text)
    let alone = try train(
      place, "t.csv", Self.columns + ["--validation", "0", "--epochs", "2", "--checkpoint", "c.st"])
    #expect(alone.status == 0 && alone.output.isEmpty, "\(alone.errors)")
  }
}
