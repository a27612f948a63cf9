import Foundation
import Recurrent
import Testing

/// Sequences of different lengths: a wave whose frequency is the class, from a random phase on.
struct Waves {
  static let classes = ["slow", "fast", "still"]

  let lengths: [Int]
  let labels: [String]
  /// [length][2]
  let values: [[[Double]]]

  init(_ count: Int, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    labels = (0..<count).map { Self.classes[$0 % 3] }
    lengths = (0..<count).map { _ in 6 + Int(generator.uniform() * 12) }
    values = zip(labels, lengths).map { label, length in
      let phase = generator.uniform(0, 2 * .pi)
      let step = label == "slow" ? 0.5 : label == "fast" ? 1.5 : 0
      return (0..<length).map { index in
        let angle = phase + step * Double(index)
        return [100 + 5 * sin(angle) + generator.normal(), 0.01 * cos(angle)]
      }
    }
  }

  /// Rows of all sequences in turn, so that none lies in one piece.
  var csv: String {
    var rows = ["who,level,turn,kind"]
    for step in 0..<lengths.max()! {
      for index in lengths.indices where step < lengths[index] {
        rows.append("s\(index),\(values[index][step][0]),\(values[index][step][1]),\(labels[index])")
      }
    }
    return rows.joined(separator: "\n") + "\n"
  }

  var ts: String {
    var rows = ["#A comment", "@problemName Waves", "@dimensions 2", "@classLabel true slow fast still", "@data"]
    for index in lengths.indices {
      let channels = (0..<2).map { channel in values[index].map { "\($0[channel])" }.joined(separator: ",") }
      rows.append((channels + [labels[index]]).joined(separator: ":"))
    }
    return rows.joined(separator: "\n") + "\n"
  }
}

struct ClassifyTests {
  static let columns = ["--sequence-column", "who", "--label-column", "kind"]
  static let options = [
    "--hidden-size", "12", "--epochs", "40", "--threads", "1", "--batch-size", "16", "--learning-rate", "0.02",
  ]

  /// Training on both kinds of files, measuring, predicting: the same figures each time.
  @Test(arguments: [
    [], ["--bidirectional", "--head", "mean-over-steps"], ["--head", "max-over-steps", "--cell", "gru"],
  ])
  func roundTrip(options: [String]) throws {
    let place = try Workplace()
    let (training, test) = (Waves(90, seed: 1), Waves(60, seed: 2))
    try place.write(training.csv, to: "train.csv")
    try place.write(training.ts, to: "train.ts")
    try place.write(test.csv, to: "test.csv")
    try place.write(test.ts, to: "test.TS")
    let trained = try place.rnn(["classify", "train", "train.csv"] + Self.columns + Self.options + options)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("72 sequences of"))
    #expect(trained.errors.contains("18 sequences of"))
    #expect(trained.text.hasPrefix("\nvalidation part\naccuracy"))

    let report = try place.rnn(
      ["classify", "evaluate", "model.safetensors", "test.csv", "--json"] + Self.columns
    ).json()
    let accuracy = try #require(report["accuracy"] as? Double)
    #expect(accuracy > 0.85, "\(report)")
    #expect(report["classes"] as? [String] == ["fast", "slow", "still"] && report["count"] as? Int == 60)
    let confusion = try #require(report["confusion"] as? [[Int]])
    #expect(confusion.map { $0.reduce(0, +) } == [20, 20, 20])

    // Predictions, compared here, give that report.
    let predicted = try place.rnn(
      "classify", "predict", "model.safetensors", "test.csv", "--sequence-column", "who")
    #expect(predicted.status == 0, "\(predicted.errors)")
    let rows = predicted.text.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    #expect(rows.first == ["sequence", "class", "probability"] && rows.count == 61)
    var counts = [[Int]](repeating: [0, 0, 0], count: 3)
    let classes = ["fast", "slow", "still"]
    for row in rows.dropFirst() {
      let index = try #require(Int(row[0].dropFirst()))
      counts[classes.firstIndex(of: test.labels[index])!][classes.firstIndex(of: row[1])!] += 1
      let probability = try #require(Double(row[2]))
      #expect(probability > 1.0 / 3 && probability <= 1)
    }
    #expect(counts == confusion)
    for (index, recall) in try #require(report["recall"] as? [Double]).enumerated() {
      #expect(abs(recall - Double(counts[index][index]) / 20) < 1e-15)
    }
    #expect(abs(accuracy - Double(counts[0][0] + counts[1][1] + counts[2][2]) / 60) < 1e-15)

    // The same data as a .ts file: the same model but for the names of the channels, the same report.
    let other = try place.rnn(
      ["classify", "train", "train.ts", "--checkpoint", "ts.safetensors"] + Self.options + options)
    #expect(other.status == 0 && other.text == trained.text, "\(other.errors)")
    let text = try place.rnn(["classify", "evaluate", "model.safetensors", "test.csv"] + Self.columns)
    #expect(try place.rnn("classify", "evaluate", "ts.safetensors", "test.TS").text == text.text)
    #expect(try place.rnn("inspect", "model.safetensors").text.contains("fast, slow, still, of a sequence"))
  }

  @Test func validationParts() throws {
    let place = try Workplace()
    try place.write(Waves(30, seed: 1).csv, to: "train.csv")
    try place.write(Waves(12, seed: 2).csv, to: "held.csv")
    func train(_ validation: String) throws -> Outcome {
      try place.rnn(
        ["classify", "train", "train.csv", "--validation", validation, "--epochs", "2", "--hidden-size", "4"]
          + Self.columns)
    }
    let file = try train("held.csv")
    #expect(file.status == 0 && file.errors.contains("30 sequences of") && file.errors.contains("12 sequences of"))
    #expect(file.text.contains(" of 12 sequences"))
    // A third of every class, whatever the seed.
    let share = try train("9")
    #expect(share.status == 0 && share.text.contains(" of 9 sequences"), "\(share.errors)")
    #expect(share.text.contains("33.33 %"))
    let none = try train("0")
    #expect(none.status == 0 && none.output.isEmpty && none.errors.contains("none for validation"))
    expectFailure(try train("30"), 1, "--validation 30 leaves nothing to train on of 30 sequences")
    expectFailure(try train("nowhere.csv"), 1, "nowhere.csv: there is no such file")
    for value in ["-1", "1.5", ""] { expectFailure(try train(value), 64, "--validation") }
  }

  /// A label for each step: whether the last large value was positive.
  @Test func labelsAtEachStep() throws {
    let place = try Workplace()
    var generator = SeededGenerator(seed: 5)
    var label = "low"
    let rows = (0..<1200).map { _ in
      var value = generator.uniform(-0.5, 0.5)
      if generator.uniform() < 0.1 {
        value = generator.uniform() < 0.5 ? -2 : 2
        label = value > 0 ? "high" : "low"
      }
      return "\(value),\(label)\n"
    }
    try place.write("x,state\n" + rows.joined(), to: "t.csv")
    let arguments = ["t.csv", "--label-column", "state"]
    let trained = try place.rnn(
      ["classify", "train"] + arguments + ["--per-step", "--window", "40", "--validation", "200"] + Self.options
        + ["--batch-size", "4"])
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("1,000 steps to train on, 200 steps for validation"))
    let report = try place.rnn(["classify", "evaluate", "model.safetensors", "--json"] + arguments).json()
    #expect(try #require(report["accuracy"] as? Double) > 0.97 && report["unit"] as? String == "step")
    #expect(report["count"] as? Int == 1200)
    let predicted = try place.rnn("classify", "predict", "model.safetensors", "t.csv")
    let lines = predicted.text.split(separator: "\n")
    #expect(lines[0] == "sequence,step,class,probability" && lines.count == 1201 && lines[1200].hasPrefix("1,1200,"))
    let correct = zip(lines.dropFirst(), rows).count { $0.contains(",\($1.split(separator: ",")[1].dropLast()),") }
    let confusion = try #require(report["confusion"] as? [[Int]])
    #expect(confusion[0][0] + confusion[1][1] == correct)
    #expect(try place.rnn("inspect", "model.safetensors").text.contains("high, low, at each step"))
  }

  static let faultyTables = [
    FaultyTable(
      "two labels", "id,x,y\na,1,up\nb,2,up\na,3,down\n",
      "line 4, column \"y\": sequence \"a\" has the label \"down\" here and \"up\" in line 2"),
    FaultyTable("a label of blanks", "id,x,y\na,1,up\na,2,\"  \"\n", "line 3, column \"y\": the label is missing"),
    FaultyTable("no label", "id,x,y\na,1,up\na,2,\n", "line 3, column \"y\": the label is missing"),
    FaultyTable("no sequence", "id,x,y\na,1,up\n,2,up\n", "line 3, column \"id\": the sequence has no name"),
    FaultyTable("a missing value", "id,x,y\na,1,up\na,,up\n", "column \"x\": a value is missing, in line 3"),
    FaultyTable("text", "id,x,y\na,1,up\na,z,up\n", "line 3, column \"x\": \"z\" is not a number"),
    FaultyTable("no features", "id,x,y\na,z,up\n", "no column of numbers"),
    FaultyTable("one class", "id,x,y\na,1,up\nb,2,up\nc,2,up\n", "only the class \"up\""),
    FaultyTable("no such column", "id,x\na,1\n", "column \"y\": there is no such column; there are id, x"),
  ]

  @Test(arguments: faultyTables) func tables(_ table: FaultyTable) throws {
    let place = try Workplace()
    try Data(table.text).write(to: place.url("t.csv"))
    let outcome = try place.rnn("classify", "train", "t.csv", "--sequence-column", "id", "--label-column", "y")
    expectFailure(outcome, 1, "t.csv")
    for part in table.parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
  }

  private static let header = "@dimensions 2\n@classLabel true a b\n@data\n"
  static let faultyFiles = [
    FaultyTable("empty", "", "the file is empty"),
    FaultyTable("no data", "@classLabel true a b\n", "there is no line @data"),
    FaultyTable("no sequences", header, "there is no sequence after @data"),
    FaultyTable("no class label", "@dimensions 2\n@data\n1:2:a\n", "line 2: @classLabel is missing"),
    FaultyTable("classLabel maybe", "@classLabel maybe\n@data\n1:2:a\n", "line 1: @classLabel needs true or false"),
    FaultyTable("dimensions", "@dimensions many\n", "line 1: @dimensions needs a number"),
    FaultyTable("time stamps", "# x\n@timeStamps true\n", "line 2: time stamps are not read here"),
    FaultyTable("targets", "@targetLabel true\n", "line 1: the targets are numbers"),
    FaultyTable("no header", "1,2:3,4:a\n", "line 1: expected a header"),
    FaultyTable("few channels", header + "1,2:3,4:a\n1,2:b\n", "line 5: 1 channel where there are 2"),
    FaultyTable("ragged channels", header + "1,2:3,4,5:a\n", "line 4, column \"channel 2\": 3 steps where the first"),
    FaultyTable("text", header + "1,2:3,x:a\n", "line 4, column \"channel 2\": \"x\" is not a number"),
    FaultyTable("missing", header + "1,?:3,4:a\n", "line 4, column \"channel 1\": the value of step 2 is missing"),
    FaultyTable("an empty channel", header + "1:2:a\n::a\n", "line 5, column \"channel 1\": the value of step 1"),
    FaultyTable("another class", header + "1:2:c\n", "line 4: the class \"c\" is none of those"),
    FaultyTable("no class", header + "1:2:\n", "line 4: the class is missing"),
    FaultyTable("Latin-1", bytes: Array(header.utf8) + [0x31, 0xE9], "line 4: not UTF-8: byte 0xE9"),
  ]

  @Test(arguments: faultyFiles) func files(_ file: FaultyTable) throws {
    let place = try Workplace()
    try Data(file.text).write(to: place.url("t.ts"))
    let outcome = try place.rnn("classify", "train", "t.ts")
    expectFailure(outcome, 1, "t.ts")
    for part in file.parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
  }

  /// Of a class with one sequence there is nothing to hold out.
  @Test func oneSequenceOfAClass() throws {
    let place = try Workplace()
    let columns = ["--sequence-column", "id", "--label-column", "y"]
    let quick = ["--epochs", "1", "--hidden-size", "3", "--threads", "1"]
    try place.write("id,x,y\na,1,up\na,2,up\nb,3,down\nc,1,flat\n", to: "t.csv")
    for validation in ["0.2", "2"] {
      let outcome = try place.rnn(["classify", "train", "t.csv", "--validation", validation] + quick + columns)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("0 of \(validation == "2" ? "2 sequences" : "1 sequence")"), "\(outcome.errors)")
      #expect(outcome.errors.contains("3 classes"))
    }
    // Labels that stand in the validation part alone.
    try place.write("id,x,y\na,1,up\nb,3,sideways\n", to: "v.csv")
    expectFailure(
      try place.rnn(["classify", "train", "t.csv", "--validation", "v.csv"] + quick + columns), 1,
      "v.csv, line 3: the label \"sideways\" is none of the training part's classes, down, flat, up", "validation file")
    try place.write("x,y\n1,a\n2,b\n3,a\n4,b\n5,c\n", to: "s.csv")
    expectFailure(
      try place.rnn(["classify", "train", "s.csv", "--per-step", "--label-column", "y"] + quick), 1,
      "s.csv, line 6: the label \"c\" is none of the training part's classes, a, b", "--validation")
  }

  @Test func modelsAndDataThatDoNotFit() throws {
    let place = try Workplace()
    try place.write("id,x,y\na,1,up\na,2,up\nb,3,down\nc,1,up\n", to: "t.csv")
    let columns = ["--sequence-column", "id", "--label-column", "y"]
    let trained = try place.rnn(
      ["classify", "train", "t.csv", "--epochs", "1", "--validation", "0", "--hidden-size", "3"] + columns)
    try #require(trained.status == 0, "\(trained.errors)")
    try place.write("id,x,y\na,1,up\nb,2,sideways\n", to: "other.csv")
    expectFailure(
      try place.rnn(["classify", "evaluate", "model.safetensors", "other.csv"] + columns), 1,
      "other.csv, line 3: the label \"sideways\" is none of the model's classes, down, up")
    try place.write("id,z,y\na,1,up\n", to: "other.csv")
    expectFailure(
      try place.rnn(["classify", "evaluate", "model.safetensors", "other.csv"] + columns), 1, "column \"x\"", "id, z, y"
    )
    try place.write("@classLabel true up down\n@data\n1,2:3,4:up\n", to: "other.ts")
    expectFailure(
      try place.rnn("classify", "evaluate", "model.safetensors", "other.ts"), 1, "2 channels where the model has 1")
    expectFailure(try place.rnn("forecast", "predict", "model.safetensors", "t.csv"), 1, "no model of a series")
    expectFailure(
      try place.rnn(["classify", "train", "t.csv", "--checkpoint", "t.csv"] + columns), 1, "would be overwritten")
  }

  @Test(arguments: [
    (["t.csv"], "--label-column"), (["t.csv", "--label-column", "y"], "--sequence-column"),
    (["t.ts", "--label-column", "y"], "for tables"), (["t.ts", "--per-step"], "for tables"),
    (["t.csv", "--window", "5"], "--per-step"), (["t.csv", "--per-step", "--head", "last-step"], "--head"),
    (["t.csv", "--feature", "x", "x"], "twice"), (["t.csv", "--head", "first-step"], "mean-over-steps"),
  ])
  func usage(arguments: [String], part: String) throws {
    let place = try Workplace()
    try place.write("id,x,y\na,1,up\n", to: "t.csv")
    try place.write("@classLabel true a\n@data\n1:a\n", to: "t.ts")
    expectFailure(try place.rnn(["classify", "train"] + arguments), 64, part)
  }

  @Test("Many classes, and names without end, make no table without end")
  func manyClasses() throws {
    let place = try Workplace()
    let names = (0..<200).map { $0 == 7 ? String(repeating: "long", count: 5000) : "class \($0)" }
    let rows = names.enumerated().flatMap { item, name in (0..<2).map { "\(item),\(item + $0),\(name)\n" } }
    try place.write("id,x,y\n" + rows.joined(), to: "t.csv")
    let columns = ["--sequence-column", "id", "--label-column", "y"]
    let trained = try place.rnn(
      ["classify", "train", "t.csv", "--validation", "0", "--epochs", "1", "--hidden-size", "3", "--threads", "1"]
        + columns)
    try #require(trained.status == 0, "\(trained.errors)")
    let outcome = try place.rnn(["classify", "evaluate", "model.safetensors", "t.csv"] + columns)
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.count > 200 && lines.allSatisfy { $0.count < 200 }, "\(lines.map(\.count).max() ?? 0)")
    #expect(outcome.text.contains("most often taken for"))
    // Data are whole.
    let json = try place.rnn(["classify", "evaluate", "model.safetensors", "t.csv", "--json"] + columns).json()
    #expect((json["classes"] as? [String])?.contains(names[7]) == true && (json["confusion"] as? [[Int]])?.count == 200)
  }

  @Test(
    "One number in two spellings is two classes, which is said", arguments: [("1", "1.0"), ("2", "02"), ("0", "-0")])
  func spellingsOfNumbers(first: String, second: String) throws {
    let place = try Workplace()
    let rows = (0..<12).flatMap { item in (0..<2).map { "\(item),\(item + $0),\(item % 2 == 0 ? first : second)\n" } }
    try place.write("id,x,y\n" + rows.joined(), to: "t.csv")
    let outcome = try place.rnn(
      "classify", "train", "t.csv", "--epochs", "1", "--hidden-size", "3", "--threads", "1", "--sequence-column", "id",
      "--label-column", "y")
    #expect(outcome.status == 0 && outcome.errors.contains("are two classes, though one number"), "\(outcome.errors)")
  }
}
