import Foundation
import Testing

/// `-`, the devices in /dev, pipes, and descriptors that are closed or do not block.
struct StandardStreamTests {
  private func workplace() throws -> Workplace {
    let place = try Workplace()
    try place.write(sampleText(), to: "t.txt")
    try place.write("x\n" + (0..<80).map { "\($0 * $0 % 37)\n" }.joined(), to: "t.csv")
    try #require(
      try place.rnn(["train", "--text", "t.txt", "--steps", "3", "--checkpoint", "m.st"] + tiny).status == 0)
    try #require(
      try place.rnn(
        "forecast", "train", "--method", "network", "t.csv", "--checkpoint", "f.st", "--epochs", "1", "--window", "4",
        "--hidden-size", "4"
      ).status == 0)
    return place
  }

  /// Two tokens of one sequence, [2, 1] of int64, as NumPy writes them.
  private static let tokens: [UInt8] = {
    let header = "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 1), }"
    let padding = String(repeating: " ", count: 118 - header.utf8.count - 1) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array((header + padding).utf8) + [1, 0, 0, 0, 0, 0, 0, 0]
      + [2, 0, 0, 0, 0, 0, 0, 0]
  }()

  /// The same command with a file and with standard input gives the same.
  @Test(arguments: [
    ("evaluate m.st --text %", "t.txt"), ("evaluate % --text t.txt", "m.st"), ("sample % --seed 1", "m.st"),
    ("inspect %", "m.st"),
    ("forecast predict f.st %", "t.csv"), ("forecast predict % t.csv", "f.st"), ("forecast evaluate f.st %", "t.csv"),
    ("export % - --format safetensors", "m.st"), ("export % - --format onnx", "m.st"),
    ("export % - --format keras", "m.st"),
    ("import % - --vocabulary t.txt", "e.safetensors"), ("run v.st --input % --output -", "e.npz"),
    ("run % --input e.npz --output -", "v.st"), ("inspect %", "m.onnx"), ("import % -", "m.onnx"),
    ("run % --input tokens.npy --output -", "m.onnx"),
  ])
  func input(command: String, file: String) throws {
    let place = try workplace()
    try #require(try place.rnn("export", "m.st", "e.safetensors").status == 0)
    try #require(try place.rnn("export", "m.st", "e.npz").status == 0)
    try #require(try place.rnn("import", "e.safetensors", "v.st").status == 0)
    try #require(try place.rnn("export", "m.st", "m.onnx").status == 0)
    try Data(Self.tokens).write(to: place.url("tokens.npy"))
    let named = try place.shell("$RNN " + command.replacing("%", with: file))
    for (source, path) in [
      ("cat \(file) | $RNN", "-"), ("$RNN", "- < \(file)"), ("cat \(file) | $RNN", "/dev/stdin"),
      ("$RNN", "/dev/fd/3 3< \(file)"),
      ("mkfifo p; cat \(file) > p & $RNN", "p"),
    ] {
      let outcome = try place.shell(source + " " + command.replacing("%", with: path))
      // Where it fails the messages name the files.
      #expect(outcome.status == named.status, "\(source) \(path): \(outcome.errors)")
      if named.status == 0 { #expect(outcome.output == named.output, "\(source) \(path)") }
      try? FileManager.default.removeItem(at: place.url("p"))
    }
  }

  /// A .ts file is known by its name, and in a pipe by its first line.
  @Test func sequencesFromAPipe() throws {
    let place = try Workplace()
    let lines = (0..<24).map { index in
      (0..<6).map { "\($0 * (index % 2 + 1))" }.joined(separator: ",") + ":\(index % 2)"
    }
    try place.write(
      "# made up\n@problemName x\n@classLabel true 0 1\n@data\n" + lines.joined(separator: "\n"), to: "s.ts")
    let options = "--epochs 1 --hidden-size 4 --checkpoint s.st"
    #expect(try place.shell("cat s.ts | $RNN classify train - \(options)").status == 0)
    let named = try place.rnn("classify", "predict", "s.st", "s.ts")
    #expect(named.status == 0 && !named.output.isEmpty)
    #expect(try place.shell("cat s.ts | $RNN classify predict s.st -").output == named.output)
    #expect(try place.shell("$RNN classify predict s.st - < s.ts").output == named.output)
  }

  @Test func trainingFromAPipe() throws {
    let place = try workplace()
    let options = "--steps 3 --checkpoint p.st " + tiny.joined(separator: " ")
    #expect(try place.shell("cat t.txt | $RNN train --text - \(options)").status == 0)
    // Its text does not come again by itself.
    let outcome = try place.rnn("train", "--resume", "p.st", "--steps", "5")
    expectFailure(outcome, 1, "/dev/stdin", "--text")
    #expect(try place.shell("$RNN train --resume p.st --steps 5 --text - < t.txt").status == 0)
    #expect(
      try place.shell("cat t.csv | $RNN forecast train --method network - --epochs 1 --window 4 --checkpoint q.st")
        .status == 0)
    try place.write(sampleText(), to: "-")
    #expect(try place.rnn(["train", "--text", "./-", "--steps", "1", "--checkpoint", "./x"] + tiny).status == 0)
  }

  @Test func output() throws {
    let place = try workplace()
    let expected = try place.rnn("forecast", "predict", "f.st", "t.csv").output
    for path in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
      #expect(try place.rnn("forecast", "predict", "f.st", "t.csv", "--output", path).output == expected)
      #expect(try place.shell("$RNN forecast predict f.st t.csv --output \(path) | cat").output == expected)
    }
    #expect(try place.shell("$RNN forecast predict f.st t.csv --output /dev/null").output.isEmpty)
    #expect(try place.shell("$RNN forecast predict f.st t.csv --output - | head -1").errors.isEmpty)
    #expect(try place.shell("$RNN forecast predict f.st t.csv --output /dev/full").status == 1)
    // A file that standard output leads to is appended to, not replaced.
    #expect(try place.shell("(echo first; $RNN forecast predict f.st t.csv --output -) > all").status == 0)
    #expect(try place.data("all") == Data("first\n".utf8) + expected)
    // Models; and nothing but them.
    try #require(try place.rnn("export", "m.st", "e.safetensors").status == 0)
    let exported = try place.rnn("export", "m.st", "-", "--format", "safetensors")
    #expect(exported.output == (try place.data("e.safetensors")))
    #expect(exported.errors.contains("nn."))
    #expect(!place.exists("-"))
  }

  @Test func logs() throws {
    let place = try workplace()
    let options = ["train", "--text", "t.txt", "--steps", "3", "--checkpoint", "n.st"] + tiny
    for path in ["-", "/dev/stdout"] {
      let outcome = try place.rnn(options + ["--log", path])
      #expect(outcome.status == 0 && outcome.text.split(separator: "\n").count == 3, "\(outcome.errors)")
      #expect(!outcome.errors.contains("training_loss"))
    }
    #expect(try place.rnn(options + ["--log", "/dev/stderr"]).errors.contains("training_loss"))
    #expect(try place.rnn(options + ["--log", "/dev/null"]).status == 0)
    #expect(try place.shell("mkfifo p; cat p > q & $RNN \(options.joined(separator: " ")) --log p; wait").status == 0)
    #expect(try place.data("q").split(separator: 0x0A).count == 3)
    // The report of a table is no line of the log.
    let table = [
      "forecast", "train", "--method", "network", "t.csv", "--epochs", "1", "--window", "4", "--checkpoint", "o.st",
      "--log", "-",
    ]
    let outcome = try place.rnn(table)
    #expect(outcome.status == 0 && outcome.text.split(separator: "\n").allSatisfy { $0.hasPrefix("{") })
    #expect(outcome.errors.contains("MASE"))
  }

  @Test func closedDescriptors() throws {
    let place = try workplace()
    let options = (["train", "--text", "t.txt", "--steps", "30", "--checkpoint", "n.st", "--log", "l"] + tiny).joined(
      separator: " ")
    for closed in ["1>&-", "2>&-", "1>&- 2>&-", "0<&-", "0<&- 1>&-", "0<&- 1>&- 2>&-"] {
      #expect(try place.shell("$RNN \(options) \(closed)").status == 0, "\(closed)")
      let lines = try place.data("l").split(separator: 0x0A)
      #expect(lines.count == 30 && lines.allSatisfy { $0.first == UInt8(ascii: "{") }, "\(closed)")
      #expect(try place.rnn("inspect", "n.st").status == 0)
    }
    let output = try place.shell("$RNN sample m.st --length 5 >&-")
    #expect(output.status == 1 && output.errors.contains("standard output"))
    let input = try place.shell("$RNN evaluate m.st --text - <&-")
    expectFailure(input, 1, "/dev/stdin")
  }

  /// A reader that is slow, and an output that does not block.
  @Test func outputThatIsNotReady() throws {
    let place = try workplace()
    let pipe = Pipe()
    let writer = pipe.fileHandleForWriting
    _ = fcntl(writer.fileDescriptor, F_SETFL, O_NONBLOCK)
    let process = Process()
    process.executableURL = Workplace.command
    process.arguments = ["sample", "m.st", "--seed", "1", "--length", "100000"]
    process.currentDirectoryURL = place.directory
    process.standardOutput = writer
    process.standardError = FileHandle.nullDevice
    try process.run()
    try writer.close()
    Thread.sleep(forTimeInterval: 0.5)
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(data.count == 100_000)
  }
}
