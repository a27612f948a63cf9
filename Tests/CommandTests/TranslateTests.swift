import Foundation
import Recurrent
import Testing

/// `rnn translate`: pairs in, models and answers out.
struct TranslateTests {
  /// Strings of 2 to 5 digits and the same backwards, with a letter for each digit on the other side.
  static func reversals(_ count: Int, seed: UInt64) -> String {
    pairs(count, seed: seed).map { "\($0.source)\t\($0.target)\n" }.joined()
  }

  static func pairs(_ count: Int, seed: UInt64) -> [(source: String, target: String)] {
    var generator = SeededGenerator(seed: seed)
    var seen: Set<String> = []
    var pairs: [(source: String, target: String)] = []
    let letters = ["A", "B", "C", "D"]
    while pairs.count < count {
      let digits = (0..<2 + Int(generator.next() % 4)).map { _ in Int(generator.next() % 4) }
      let source = digits.map(String.init).joined()
      if seen.insert(source).inserted {
        pairs.append((source, digits.reversed().map { letters[$0] }.joined(separator: " ")))
      }
    }
    return pairs
  }

  static let options = [
    "--hidden-size", "24", "--embedding-size", "8", "--epochs", "40", "--batch-size", "16", "--learning-rate", "0.01",
    "--threads", "1", "--dropout", "0.1",
  ]

  @Test("Subwords, bytes and words: answers are texts as they were written")
  func units() throws {
    let place = try Workplace()
    let (colours, things) = (["red", "green", "blue", "old"], ["house.", "tree.", "boat!", "road?"])
    let (farben, dinge) = (["rote", "grüne", "blaue", "alte"], ["Haus.", "Baum.", "Boot!", "Weg?"])
    let lines = (0..<4).flatMap { colour in
      (0..<4).map { thing in
        "The \(colours[colour]) \(things[thing])\tDas \(farben[colour]) \(dinge[thing])\n"
      }
    }
    try place.write(lines.joined(), to: "p.tsv")
    for (source, target, told) in [
      ("subword", "subword", "bytes and subwords"), ("word", "subword", "words (12 different)"),
      ("byte", "spaced", "bytes"),
    ] {
      let trained = try place.rnn(
        ["translate", "train", "p.tsv", "--source-unit", source, "--target-unit", target, "--validation", "p.tsv"]
          + [
            "--hidden-size", "24", "--embedding-size", "8", "--epochs", "80", "--batch-size", "4", "--learning-rate",
            "0.01", "--threads", "1", "--dropout", "0",
          ])
      #expect(trained.status == 0 && trained.errors.contains("sources   ") && trained.errors.contains(told))
      let report = try place.rnn("translate", "evaluate", "model.safetensors", "p.tsv", "--json").json()
      // So few updates leave an answer or two to chance.
      #expect(try #require(report["right"] as? Int) >= 12, "\(source), \(target): \(report)")
      let answer = try place.shell("echo 'The green boat!' | \"$RNN\" translate predict model.safetensors -")
      #expect(answer.text == "Das grüne Boot!\n")
      #expect(try place.rnn("inspect", "model.safetensors").text.contains(told))
    }
    expectFailure(
      try place.rnn("translate", "train", "p.tsv", "--target-unit", "word"), 64, "'--target-unit <unit>'", "subword")
    expectFailure(
      try place.rnn("translate", "train", "p.tsv", "--source-unit", "subword", "--vocabulary-size", "99"), 64,
      "256 bytes")
  }

  @Test(
    "Training, measuring and predicting agree",
    arguments: [
      [], ["--layers", "2", "--attention", "none"], ["--attention", "additive"],
      ["--attention", "general", "--input-feeding", "--layers", "2"], ["--attention", "additive", "--input-feeding"],
    ])
  func roundTrip(options: [String]) throws {
    let place = try Workplace()
    let pairs = Self.pairs(500, seed: 3)
    func text(_ part: ArraySlice<(source: String, target: String)>) -> String {
      part.map { "\($0.source)\t\($0.target)\n" }.joined()
    }
    try place.write("source\ttarget\n" + text(pairs[..<400]), to: "train.tsv")
    try place.write(text(pairs[400...]), to: "test.tsv")
    let trained = try place.rnn(["translate", "train", "train.tsv"] + Self.options + options)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("\"source\" and \"target\", is taken for names of columns"))
    #expect(trained.errors.contains("360 sources to train on, 40 sources for validation"))
    #expect(trained.errors.contains("sources   characters (4 different), at most 5"))
    #expect(trained.errors.contains("targets   words separated by spaces (4 different), at most 5"))
    #expect(trained.errors.contains("word error 0."))
    #expect(trained.text.hasPrefix("\nvalidation part"))

    let report = try place.rnn("translate", "evaluate", "model.safetensors", "test.tsv", "--json").json()
    let wordError = try #require(report["word_error_rate"] as? Double)
    #expect(wordError < (options.contains("none") ? 0.6 : 0.1), "\(report)")
    #expect(report["sources"] as? Int == 100 && report["pairs"] as? Int == 100)

    // Predictions, compared here, give that report; from a file, and from standard input.
    let predicted = try place.rnn("translate", "predict", "model.safetensors", "test.tsv")
    let answers = predicted.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    #expect(answers.count == 100)
    let wrong = zip(answers, pairs[400...]).count { $0 != $1.target }
    #expect(Double(wrong) / 100 == wordError)
    let edits = zip(answers, pairs[400...]).reduce(0) {
      $0 + Metrics.editDistance($1.0.split(separator: " "), $1.1.target.split(separator: " "))
    }
    #expect(report["edits"] as? Int == edits)
    let piped = try place.shell("cut -f 1 test.tsv | \"$RNN\" translate predict model.safetensors -")
    #expect(piped.text == predicted.text)

    // The same from two files.
    try place.write(pairs[400...].map { $0.source + "\n" }.joined(), to: "test.source")
    try place.write(pairs[400...].map { $0.target + "\n" }.joined(), to: "test.target")
    let other = try place.rnn("translate", "evaluate", "model.safetensors", "test.source", "test.target", "--json")
    #expect(try other.json()["right"] as? Int == 100 - wrong)
    let inspected = try place.rnn("inspect", "model.safetensors")
    let attention = options.firstIndex(of: "--attention").map { options[$0 + 1] } ?? "dot"
    let isFed = options.contains("--input-feeding")
    #expect(
      trained.errors.contains("\(attention) attention\(isFed ? " with input feeding" : "");"), "\(trained.errors)")
    #expect(inspected.text.contains(attention + (isFed ? ", with input feeding" : "")), "\(inspected.text)")
    if attention != "none" {
      let drawn = try place.rnn("translate", "predict", "model.safetensors", "test.tsv", "--attention-picture", "a.svg")
      #expect(drawn.status == 0 && drawn.text == predicted.text)
      #expect(String(decoding: try place.data("a.svg"), as: UTF8.self).hasPrefix("<svg"))
    }
    #expect(inspected.text.contains("a model of pairs") && inspected.text.contains("words separated by spaces"))
    #expect(
      try place.rnn("inspect", "model.safetensors", "--json").json()["format"] as? String == "recurrent-encoder-decoder"
    )
  }

  @Test("n best answers are ranked by their scores, and the first is the answer") func nBest() throws {
    let place = try Workplace()
    try place.write(Self.reversals(200, seed: 3), to: "train.tsv")
    let quick = ["--epochs", "5", "--hidden-size", "12", "--threads", "1"]
    try #require(try place.rnn(["translate", "train", "train.tsv"] + quick).status == 0)
    try place.write("0123\n\n31\n", to: "x.txt")
    let best = try place.rnn("translate", "predict", "model.safetensors", "x.txt").text
      .split(separator: "\n", omittingEmptySubsequences: false)
    let listed = try place.rnn("translate", "predict", "model.safetensors", "x.txt", "--n-best", "3").text
    let rows = listed.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    #expect(rows.count == 6 && rows.map { String($0[0]) } == ["0123", "0123", "0123", "31", "31", "31"])
    #expect(rows.map { String($0[1]) } == ["1", "2", "3", "1", "2", "3"])
    #expect(rows[0][2] == best[0] && best[1].isEmpty && rows[3][2] == best[2])
    let scores = rows.compactMap { Double($0[4]) }
    #expect(scores.count == 6 && scores[0] >= scores[1] && scores[1] >= scores[2] && scores[3] >= scores[4])
    let drawn = try place.rnn("translate", "predict", "model.safetensors", "x.txt", "--attention-picture", "a.svg")
    let picture = String(decoding: try place.data("a.svg"), as: UTF8.self)
    #expect(drawn.status == 0 && picture.hasPrefix("<svg") && picture.contains("0123 → \(best[0])"))
    // A cell for each symbol of the source and each of the answer, and its end.
    let rectangles = picture.components(separatedBy: "fill-opacity").count - 1
    #expect(rectangles == 4 * (best[0].split(separator: " ").count + 1))
    // The same as objects.
    let objects = try place.rnn("translate", "predict", "model.safetensors", "x.txt", "--n-best", "3", "--json").text
      .split(separator: "\n").map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
    #expect(objects.map { $0?["source"] as? String } == ["0123", "", "31"])
    let found = objects.compactMap { $0?["answers"] as? [[String: Any]] }
    #expect(found.map(\.count) == [3, 0, 3])
    #expect(found.flatMap { $0 }.map { $0["text"] as? String } == rows.map { String($0[2]) })
    for (answer, row) in zip(found.flatMap { $0 }, rows) {
      #expect(abs((answer["score"] as? Double ?? .nan) - Double(row[4])!) < 1e-3)
    }
    // What was never seen is read all the same.
    let unknown = try place.shell("printf 'x9é\\n' | \"$RNN\" translate predict model.safetensors -")
    #expect(unknown.status == 0 && unknown.text.hasSuffix("\n"))
  }

  /// A source's right answers are all taken, and stay in the same part.
  @Test func severalRightAnswers() throws {
    let place = try Workplace()
    var lines = ""
    for (source, target) in Self.pairs(60, seed: 5) {
      lines += "\(source)\t\(target)\n\(source)\tA \(target)\n\(source)\t\(target)\n"
    }
    try place.write(lines, to: "train.tsv")
    let trained = try place.rnn([
      "translate", "train", "train.tsv", "--epochs", "2", "--hidden-size", "8", "--validation", "10", "--threads", "1",
    ])
    #expect(
      trained.errors.contains(
        "50 sources with 100 right answers to train on, 10 sources with 20 right answers for validation"),
      "\(trained.errors)")
    let report = try place.rnn("translate", "evaluate", "model.safetensors", "train.tsv", "--json").json()
    #expect(report["sources"] as? Int == 60 && report["pairs"] as? Int == 120)
  }

  @Test("On from a checkpoint with input feeding to the same bytes") func resumed() throws {
    let place = try Workplace()
    try place.write(Self.reversals(60, seed: 5), to: "train.tsv")
    func train(_ path: String, _ options: [String]) throws -> Outcome {
      try place.rnn(["translate", "train", "train.tsv", "--checkpoint", path] + options)
    }
    let own = [
      "--attention", "additive", "--input-feeding", "--scheduled-sampling", "0.5", "--hidden-size", "8", "--schedule",
      "constant",
    ]
    #expect(try train("whole.st", own + ["--epochs", "4"]).status == 0)
    #expect(try train("part.st", own + ["--epochs", "2"]).status == 0)
    let resumed = try place.rnn(
      "translate", "train", "train.tsv", "--resume", "part.st", "--checkpoint", "part.st", "--epochs", "4",
      "--threads", "1")
    #expect(resumed.status == 0, "\(resumed.errors)")
    func parameters(_ name: String) throws -> [Float] {
      let model = try EncoderDecoderCheckpoint<Float>(contentsOf: place.url(name).path).model
      return [model.encoder, model.decoder].flatMap { part in
        part.table.entries.flatMap { part[parameter: $0.name] }
      }
    }
    #expect(try parameters("part.st") == parameters("whole.st"))
    let inspected = try place.rnn("inspect", "part.st")
    #expect(inspected.text.contains("additive, with input feeding"), "\(inspected.text)")
    expectFailure(
      try train("none.st", ["--attention", "none", "--input-feeding"]), 64, "--input-feeding", "--attention")
  }

  @Test func lowerCaseAndNormalization() throws {
    let place = try Workplace()
    // The same letters in two forms, and in two cases.
    try place.write((0..<40).map { "N\u{E9}\($0 % 5)\tx\($0 % 5)\n" }.joined(), to: "train.tsv")
    let options = ["--epochs", "3", "--hidden-size", "8", "--threads", "1", "--validation", "0"]
    let trained = try place.rnn(["translate", "train", "train.tsv", "--lowercase", "--normalize", "nfc"] + options)
    #expect(trained.status == 0 && trained.errors.contains("characters (7 different)"), "\(trained.errors)")
    try place.write("N\u{E9}1\n", to: "a.txt")
    try place.write("ne\u{301}1\n", to: "b.txt")
    func answers(_ name: String) throws -> String {
      try place.rnn("translate", "predict", "model.safetensors", name, "--n-best", "2").text
    }
    #expect(try answers("a.txt") == answers("b.txt"))
  }

  @Test func badInput() throws {
    let place = try Workplace()
    func train(_ text: String) throws -> Outcome {
      try place.write(text, to: "t.tsv")
      return try place.rnn("translate", "train", "t.tsv", "--epochs", "1")
    }
    expectFailure(try train("a\tb\nc d\n"), 1, "t.tsv, line 2: there is no tab")
    expectFailure(try train("a\tb\n\tx\n"), 1, "t.tsv, line 2: the source is empty")
    expectFailure(try train("a\tb\nx\t \n"), 1, "t.tsv, line 2: the target is empty")
    expectFailure(try train(""), 1, "t.tsv: there are no pairs in it")
    try Data([0x61, 0x09, 0x62, 0x0A, 0xE9, 0x74, 0x09, 0x62, 0x0A]).write(to: place.url("l.tsv"))
    expectFailure(try place.rnn("translate", "train", "l.tsv"), 1, "l.tsv, line 2: this is no UTF-8")
    expectFailure(try train("a\tb\nx\0y\tb\n"), 1, "t.tsv, line 2: there is a zero byte", "tr -d")
    try place.write("a\nb\n", to: "two.txt")
    try place.write("a\nb\nc\n", to: "three.txt")
    expectFailure(
      try place.rnn("translate", "train", "two.txt", "three.txt"), 1, "two.txt has 2 lines and three.txt 3 lines")
    expectFailure(try place.rnn("translate", "train", "none.tsv"), 1, "none.tsv: there is no such file")
    expectFailure(try place.rnn("translate", "train", "two.txt", "--validation", "-1"), 64, "--validation")
    expectFailure(
      try place.rnn("translate", "train", "two.txt", "--validation-targets", "two.txt"), 64, "--validation-targets")

    expectFailure(
      try place.rnn("translate", "predict", "m.st", "two.txt", "--attention-picture", "-"), 64, "--attention-picture")

    // Models of other commands, and this one's for others.
    try place.write(sampleText(), to: "text.txt")
    try #require(
      try place.rnn(["train", "--text", "text.txt", "--steps", "1", "--checkpoint", "m.st"] + tiny).status == 0)
    for command in ["evaluate", "predict"] {
      expectFailure(
        try place.rnn("translate", command, "m.st", "two.txt"), 1, "m.st is a model of text, not a model of pairs")
    }
    try place.write(Self.reversals(40, seed: 1), to: "r.tsv")
    let small = ["translate", "train", "r.tsv", "--epochs", "1", "--hidden-size", "4", "--threads", "1"]
    expectFailure(try place.rnn(small + ["--checkpoint", "m.st"]), 1, "m.st is a model of text")
    try #require(try place.rnn(small + ["--checkpoint", "p.st"]).status == 0)
    // OpenBLAS has no products of bfloat16, in a new training or in one that goes on.
    let mixed = ["--precision", "bfloat16-dot", "--checkpoint", "b.st"]
    expectFailure(try place.rnn(small + mixed + ["--products", "openblas"]), 64, "--precision", "--products openblas")
    try #require(try place.rnn(small + mixed).status == 0)
    expectFailure(
      try place.rnn("translate", "train", "r.tsv", "--resume", "b.st", "--epochs", "2", "--products", "openblas"), 64,
      "bfloat16-dot", "leave out --products openblas")
    // A training of another command's, and what goes on with it.
    expectFailure(
      try place.rnn("translate", "train", "r.tsv", "--resume", "m.st"), 1, "m.st is a model of text, not of pairs",
      "rnn train --resume")
    for command in [["train", "--text", "text.txt"], ["tag", "train", "r.tsv"]] {
      expectFailure(
        try place.rnn(command + ["--resume", "p.st"]), 1, "p.st is a model of pairs", "rnn translate train --resume")
    }
    // What has no effect is told.
    let idle = try place.rnn(
      small + [
        "--checkpoint", "i.st", "--validation", "0", "--metric", "word-error", "--target-unit", "character",
        "--vocabulary-size", "9",
      ])
    #expect(idle.errors.contains("--metric without effect: there is no validation part"), "\(idle.errors)")
    #expect(idle.errors.contains("--vocabulary-size is for words"))
    let seen = try place.rnn(small + ["--checkpoint", "s.st", "--validation", "r.tsv"])
    #expect(seen.errors.contains("40 sources of the 40 of r.tsv are trained on, too"), "\(seen.errors)")
    try FileManager.default.moveItem(at: place.url("r.tsv"), to: place.url("r2.tsv"))
    expectFailure(
      try place.rnn("translate", "train", "r2.tsv", "--resume", "s.st"), 1, "there is no file r.tsv",
      "--validation says where it is now")
    let unread = try place.shell("printf '01\\n0\\0001\\n' | \"$RNN\" translate predict p.st -")
    expectFailure(unread, 1, "line 2: ")
    #expect(unread.text.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
    // What comes before a line that is too long is answered.
    try place.write("01\n" + String(repeating: "0", count: 10_001) + "\n10\n", to: "long.txt")
    let long = try place.rnn("translate", "predict", "p.st", "long.txt")
    expectFailure(long, 1, "long.txt, line 2: the source has 10,001 symbols", "cut it into lines")
    #expect(long.text.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
    try place.write("01\tA\n" + String(repeating: "0", count: 10_001) + "\tB\n", to: "long.tsv")
    expectFailure(try place.rnn("translate", "evaluate", "p.st", "long.tsv"), 1, "long.tsv", "10,001 symbols")
    expectFailure(try place.rnn("sample", "p.st"), 1, "p.st is a model of pairs")
    expectFailure(try place.rnn("classify", "predict", "p.st", "two.txt"), 1, "p.st is a model of pairs")
  }

  @Test("Line ends of old Macs are line ends; a header without pairs is none; the log says what is measured")
  func pairsAsPeopleHaveThem() throws {
    let place = try Workplace()
    let text = Self.reversals(60, seed: 5)
    try place.write(text, to: "unix.tsv")
    try place.write(text.replacingOccurrences(of: "\n", with: "\r"), to: "mac.tsv")
    for name in ["unix", "mac"] {
      let outcome = try place.rnn(
        ["translate", "train", "\(name).tsv", "--checkpoint", "\(name).safetensors", "--log", "\(name).jsonl"]
          + Self.options + ["--epochs", "1"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("54 sources to train on"), "\(outcome.errors)")
    }
    let log = try place.log("mac.jsonl")
    #expect(log.last?["validation_word_error"] is Double && log.allSatisfy { !$0.keys.contains("validation_loss") })
    try place.write("source\ttarget\n", to: "header.tsv")
    let none = try place.rnn(["translate", "train", "header.tsv"] + Self.options)
    #expect(none.status == 1 && none.errors.contains("header.tsv: there are no pairs in it"), "\(none.errors)")
  }
}
