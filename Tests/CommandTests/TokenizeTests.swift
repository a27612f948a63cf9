import Foundation
import Testing

/// `rnn tokenize`, and the commands that read what it writes.
struct TokenizeTests {
  private func sum(_ place: Workplace, _ file: String) throws -> [String: Any] {
    try place.rnn("inspect", file, "--json").json()
  }

  @Test("A training from the token file has the bytes of one from the text, checkpoint for checkpoint, at every width")
  func sameBytes() throws {
    let place = try Workplace()
    let text = sampleText(words: 1500)
    func train(_ folder: String) throws {
      // Under one name: it stands in the checkpoint.
      let outcome = try place.shell(
        """
        cd \(folder) && $RNN train --text corpus --steps 60 --save-every 20 --keep 9 --dropout 0.2 --layers 2 \
        \(tiny.joined(separator: " ")) --layers 2 --log log.jsonl
        """)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    try FileManager.default.createDirectory(at: place.url("text"), withIntermediateDirectories: true)
    try place.write(text, to: "text/corpus")
    try train("text")
    for width in ["8", "16", "32"] {
      try FileManager.default.createDirectory(at: place.url(width), withIntermediateDirectories: true)
      let outcome = try place.rnn("tokenize", "text/corpus", "-o", "\(width)/corpus", "--width", width)
      #expect(outcome.status == 0 && outcome.errors.contains("\(width) bits each"), "\(outcome.errors)")
      try train(width)
      for name in ["model", "model-best", "model-step-20", "model-step-40"] {
        let name = "\(name).safetensors"
        #expect(try place.data("\(width)/\(name)") == place.data("text/\(name)"), "\(width)/\(name)")
      }
      // One goes on with what the other began.
      let resumed = try place.shell(
        "cd \(width) && $RNN train --resume ../text/model-step-40.safetensors --checkpoint again.safetensors --keep 0")
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(try place.data("\(width)/again.safetensors") == place.data("text/model.safetensors"))
    }
    let evaluated = try place.rnn("evaluate", "text/model.safetensors", "--text", "text/corpus", "--json").text
    #expect(try place.rnn("evaluate", "text/model.safetensors", "--text", "16/corpus", "--json").text == evaluated)
    let diagnosed = try place.rnn(
      "diagnose", "text/model.safetensors", "--text", "text/corpus", "--steps", "200", "--json")
    #expect(diagnosed.status == 0)
    #expect(
      try place.rnn("diagnose", "text/model.safetensors", "--text", "8/corpus", "--steps", "200", "--json").text
        == diagnosed.text)
    let refitted = try place.rnn("refit", "text/model.safetensors", "text/corpus").text
    #expect(try place.rnn("refit", "text/model.safetensors", "32/corpus").text == refitted)
  }

  @Test("From files, directories and a pipe, with a vocabulary or without")
  func sources() throws {
    let place = try Workplace()
    try FileManager.default.createDirectory(at: place.url("d"), withIntermediateDirectories: true)
    try place.write("b\u{301}cé", to: "d/2.txt")
    try place.write("aé\n", to: "d/1.txt")
    try place.write("\u{FF}", to: "d/no.bin")
    #expect(try place.rnn("tokenize", "d", "--extension", "txt", "-o", "d.tokens").status == 0)
    #expect(try place.shell("cat d/1.txt d/2.txt | $RNN tokenize - -o pipe.tokens").status == 0)
    #expect(try place.data("pipe.tokens") == place.data("d.tokens"))
    #expect(try place.shell("$RNN tokenize - -o file.tokens < d/1.txt").status == 0)
    #expect(try sum(place, "file.tokens")["tokens"] as? Int == 3)
    let described = try sum(place, "d.tokens")
    #expect(described["kind"] as? String == "tokens" && described["tokens"] as? Int == 7)
    #expect(described["bits"] as? Int == 8)
    #expect(try place.rnn("inspect", "d.tokens").text.contains("U+0301"))
    #expect(try place.rnn("tokenize", "d", "--bytes", "-o", "bytes.tokens").status == 0)
    let bytes = try #require(try sum(place, "bytes.tokens")["vocabulary"] as? [String: Any])
    #expect(bytes["unit"] as? String == "byte")
    #expect(try place.rnn("tokenize", "d", "--extension", "txt", "--normalize", "nfd", "-o", "nfd.tokens").status == 0)
    #expect(try sum(place, "nfd.tokens")["tokens"] as? Int == 9)
    // Of another file.
    try place.write("abxéx\n", to: "x.txt")
    let refused = try place.rnn("tokenize", "x.txt", "--vocabulary", "d.tokens", "-o", "x.tokens")
    expectFailure(refused, 1, "x.txt", "'x' (U+0078)", "offset 2", "--unknown skip")
    #expect(!place.exists("x.tokens"))
    let skipped = try place.rnn("tokenize", "x.txt", "--vocabulary", "d.tokens", "--unknown", "skip", "-o", "x.tokens")
    #expect(skipped.status == 0 && skipped.errors.contains("2 characters that the model does not know are left out"))
    #expect(try sum(place, "x.tokens")["tokens"] as? Int == 4)
    // Nothing is left beside them.
    let names = try FileManager.default.contentsOfDirectory(atPath: place.directory.path)
    #expect(names.allSatisfy { !$0.hasSuffix(".tmp") && !$0.hasSuffix(".lock") }, "\(names)")
  }

  @Test("Damaged files, foreign ones, and command lines that make no sense")
  func refusals() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 8000), to: "text.txt")
    try #require(try place.rnn("tokenize", "text.txt", "-o", "a.tokens").status == 0)
    let whole = try place.data("a.tokens")
    #expect(try place.rnn("tokenize", "--verify", "a.tokens").text.contains("all as they were written"))
    let training = tiny + ["--steps", "3", "--checkpoint", "m.safetensors"]
    for (name, change, words) in [
      ("cut", { $0.removeLast(10) }, "cut short"), ("header", { $0[20] ^= 1 }, "damaged"),
      ("vocabulary", { $0[70] ^= 1 }, "damaged"), ("version", { $0[8] = 9 }, "version 9"),
      ("tokens", { $0[4096 + 10] ^= 1 }, "bytes 4096 to 20479"),
    ] as [(String, (inout Data) -> Void, String)] {
      var bytes = whole
      change(&bytes)
      try bytes.write(to: place.url(name))
      expectFailure(try place.rnn(["train", "--text", name] + training), 1, name, words)
      expectFailure(try place.rnn("tokenize", "--verify", name), 1, name, words)
      if name != "tokens" { expectFailure(try place.rnn("inspect", name), 1, name, words) }
    }
    #expect(!place.exists("m.safetensors"))
    expectFailure(try place.rnn("tokenize", "--verify", "text.txt"), 1, "text.txt is not a token file")
    expectFailure(try place.rnn(["train", "--text", "a.tokens", "text.txt"] + training), 64, "a.tokens", "alone")
    try FileManager.default.createDirectory(at: place.url("d"), withIntermediateDirectories: true)
    try whole.write(to: place.url("d/b.tokens"))
    expectFailure(try place.rnn(["train", "--text", "d"] + training), 1, "d/b.tokens", "token file")
    expectFailure(try place.rnn(["train", "--text", "a.tokens", "--bytes"] + training), 64, "a.tokens", "--bytes")
    expectFailure(
      try place.rnn(["train", "--text", "a.tokens", "--normalize", "nfc"] + training), 64, "a.tokens", "nfc")
    expectFailure(try place.rnn("tokenize", "text.txt"), 64, "--output")
    expectFailure(try place.rnn("tokenize", "text.txt", "--verify", "-o", "b"), 64, "--verify")
    expectFailure(try place.rnn("tokenize", "text.txt", "-o", "b", "--width", "7"), 64, "--width")
    expectFailure(try place.rnn("tokenize", "text.txt", "-o", "b", "--unknown", "skip"), 64, "--vocabulary")
    expectFailure(
      try place.rnn("tokenize", "text.txt", "-o", "b", "--vocabulary", "a.tokens", "--bytes"), 64, "--vocabulary")
    expectFailure(try place.rnn("tokenize", "text.txt", "-o", "text.txt"), 1, "text.txt")
    expectFailure(try place.rnn("tokenize", "text.txt", "-o", "-"), 1, "name of a file")
    expectFailure(try place.rnn("tokenize", "a.tokens", "-o", "b"), 1, "a.tokens", "token file")
    try place.write("my notes", to: "notes.txt")
    expectFailure(try place.rnn("tokenize", "text.txt", "-o", "notes.txt"), 1, "notes.txt", "does not replace")
    #expect(try place.data("notes.txt") == Data("my notes".utf8))
    try place.write("", to: "empty.txt")
    expectFailure(try place.rnn("tokenize", "empty.txt", "-o", "b"), 1, "empty.txt", "empty")
    try place.write("aaaa", to: "one.txt")
    expectFailure(try place.rnn("tokenize", "one.txt", "-o", "b"), 1, "'a' (U+0061)")
    try Data([0x61, 0xE9, 0x20, 0x20]).write(to: place.url("latin1.txt"))
    expectFailure(try place.rnn("tokenize", "latin1.txt", "-o", "b"), 1, "latin1.txt", "0xE9", "--bytes")
    #expect(!place.exists("b"))
    #expect(try place.data("a.tokens") == whole)
  }

  @Test("A model of other characters than the file's says which, and what to do")
  func otherVocabulary() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    try place.write(sampleText() + "Ω", to: "other.txt")
    try #require(try place.rnn(["train", "--text", "text.txt", "--steps", "2"] + tiny).status == 0)
    try #require(try place.rnn("tokenize", "other.txt", "-o", "other.tokens").status == 0)
    let model = "model.safetensors"
    expectFailure(
      try place.rnn("evaluate", model, "--text", "other.tokens"), 1, "other.tokens", "'Ω' (U+03A9)",
      "rnn tokenize --vocabulary")
    expectFailure(
      try place.rnn("evaluate", model, "--text", "other.tokens", "--unknown", "skip"), 64, "--unknown", "other.tokens")
    expectFailure(
      try place.rnn("train", "--resume", model, "--text", "other.tokens"), 1, "other.tokens is not the text")
    let given = ["tokenize", "other.txt", "--vocabulary", model, "--unknown", "skip", "-o", "fit.tokens"]
    #expect(try place.rnn(given).status == 0)
    #expect(try place.rnn("evaluate", model, "--text", "fit.tokens").status == 0)
    // Weights go on with characters that they did not know.
    let start = try place.rnn(
      ["train", "--init-from", model, "--text", "other.tokens", "--steps", "1", "--checkpoint", "n.safetensors"]
        + ["--batch-size", "4", "--sequence-length", "16", "--threads", "1"])
    #expect(start.status == 0 && start.errors.contains("start afresh"), "\(start.errors)")
  }

  @Test("Signals leave nothing half-written, also while nothing comes from a pipe", arguments: [SIGINT, SIGTERM])
  func signals(signal: Int32) async throws {
    let place = try Workplace()
    try place.write("old text, old text", to: "old.txt")
    try #require(try place.rnn("tokenize", "old.txt", "-o", "a.tokens").status == 0)
    let before = try place.data("a.tokens")
    try before.write(to: place.url("v.tokens"))
    let pipe = Pipe()
    for arguments in [["-o", "a.tokens"], ["-o", "a.tokens", "--vocabulary", "v.tokens"]] {
      let process = try place.start(
        Workplace.command.path, ["tokenize", "-"] + arguments, input: pipe.fileHandleForReading)
      try pipe.fileHandleForWriting.write(contentsOf: Array("old text".utf8))
      // Not before it has begun to listen for signals, which is when it has its lock.
      let deadline = ContinuousClock.now + .seconds(30)
      while !place.exists(".a.tokens.lock"), ContinuousClock.now < deadline {
        try await Task.sleep(for: .milliseconds(10))
      }
      try await Task.sleep(for: .milliseconds(200))
      kill(process.processIdentifier, signal)
      let outcome = try place.finish(process)
      #expect(outcome.status == 128 + signal && outcome.errors.contains("a.tokens is not written"), "\(outcome.errors)")
      #expect(try place.data("a.tokens") == before)
      let names = try FileManager.default.contentsOfDirectory(atPath: place.directory.path)
      #expect(Set(names) == ["old.txt", "a.tokens", "v.tokens", ".output", ".errors"], "\(names)")
    }
  }

  @Test("A token file that is cut while it is trained on ends the training with what it has learnt")
  func cut() async throws {
    let place = try Workplace()
    try place.write(sampleText(words: 20_000), to: "text.txt")
    try #require(try place.rnn("tokenize", "text.txt", "-o", "a.tokens", "--width", "32").status == 0)
    let whole = try place.data("a.tokens")
    let process = try place.start(
      Workplace.command.path,
      ["train", "--text", "a.tokens", "--epochs", "1000000", "--log", "log.jsonl", "--validation-fraction", "0"] + tiny)
    let deadline = ContinuousClock.now + .seconds(60)
    while (try? place.data("log.jsonl").count) ?? 0 < 3_000, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    let handle = try FileHandle(forUpdating: place.url("a.tokens"))
    try handle.truncate(atOffset: 5000)
    let outcome = try place.finish(process)
    expectFailure(
      outcome, 1, "a.tokens is cut short: it has", "model.safetensors holds the model of step", "--resume goes on")
    let last = try #require(try place.log("log.jsonl").last?["step"] as? Int)
    #expect(outcome.errors.contains("could not be read after step \(last)"), "\(outcome.errors)")
    #expect(outcome.errors.contains("holds the model of step \(last)"), "\(outcome.errors)")
    expectFailure(try place.rnn("train", "--resume", "model.safetensors"), 1, "a.tokens", "cut short")
    try whole.write(to: place.url("a.tokens"))
    let resumed = try place.rnn("train", "--resume", "model.safetensors", "--steps", "\(last + 3)")
    #expect(resumed.status == 0 && resumed.errors.contains("after step \(last) of"), "\(resumed.errors)")
  }
}
