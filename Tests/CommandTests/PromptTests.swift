import Foundation
import Testing

/// Prompts of every kind, and characters that a model does not know.
struct PromptTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  private func train(_ text: String, _ options: String...) throws {
    try place.write(text, to: "text.txt")
    let outcome = try place.rnn(["train", "--text", "text.txt", "--steps", "2"] + tiny + options)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  private func sample(_ options: String...) throws -> Outcome {
    try place.rnn(["sample", "model.safetensors", "--seed", "1", "--length", "0"] + options)
  }

  @Test func promptsMayBeginWithADash() throws {
    try train("\u{301}\u{200D}- 1\n-5 --length a --prompt=b\n— seed " + sampleText())
    for prompt in [
      "- 1", "-5", "-", "--", "---", "-=", "--help", "-h", "--length", "--seed", "-length 5", "—", " ", "   ", "\n",
      "\n\n", "--prompt", "=", "a=b", "\u{301}a", "\u{200D}",
    ] {
      let outcome = try sample("--prompt", prompt)
      #expect(outcome.status == 0 && outcome.text == prompt && outcome.errors.isEmpty, "\(prompt): \(outcome.errors)")
      #expect(try sample("--prompt=\(prompt)").text == prompt)
    }
    // An empty one is none.
    let free = try place.rnn("sample", "model.safetensors", "--seed", "1", "--length", "30")
    #expect(
      try place.rnn("sample", "model.safetensors", "--seed", "1", "--length", "30", "--prompt", "").output
        == free.output)
    expectFailure(try sample("--prompt"), 64, "--prompt")
    expectFailure(try sample("--prompt", "a", "--prompt-file", "text.txt"), 64, "--prompt-file")
    expectFailure(try sample("--prompt-file", ""), 64, "--prompt-file")
    expectFailure(try sample("--prompt-file", "nowhere"), 1, "--prompt-file", "nowhere")
  }

  @Test func filesArePrompts() throws {
    try train(sampleText())
    let prompt = "the fox\njumps\n"
    try place.write("\u{FEFF}" + prompt, to: "prompt.txt")
    #expect(try sample("--prompt-file", "prompt.txt").text == prompt)
    try place.write("", to: "empty")
    #expect(try sample("--prompt-file", "empty").text.isEmpty)
    try Data("the ".utf8 + [0xE9]).write(to: place.url("bad.txt"))
    expectFailure(
      try sample("--prompt-file", "bad.txt"), 1, "bad.txt", "line 1", "byte 0xE9 at offset 4", "iconv -f WINDOWS-1252")
  }

  @Test func modelsOfBytesTakeAnyBytes() throws {
    let content = Data((0..<2000).map { UInt8(truncatingIfNeeded: $0 * 7) })
    try content.write(to: place.url("text.bin"))
    let trained = try place.rnn(["train", "--text", "text.bin", "--bytes", "--steps", "2"] + tiny)
    try #require(trained.status == 0, "\(trained.errors)")
    let prompt = Data([0xFF, 0xFE, 0x0A, 0x00, 0xC3, 0xEF, 0xBB, 0xBF])
    try prompt.write(to: place.url("prompt"))
    let fromFile = try sample("--prompt-file", "prompt")
    #expect(fromFile.output == prompt, "\(fromFile.errors)")
    let script = "'\(Workplace.command.path)' sample model.safetensors --seed 1 --length 0"
    let direct = try place.run("/bin/bash", ["-c", script + " --prompt $'\\xff\\xfe\\n\\xc3'"])
    #expect(direct.output == Data([0xFF, 0xFE, 0x0A, 0xC3]), "\(direct.errors)")
    let joined = try place.run("/bin/bash", ["-c", script + " --prompt=$'a\\xe9'"])
    #expect(joined.output == Data([0x61, 0xE9]), "\(joined.errors)")
    let piped = try place.run("/bin/bash", ["-c", "printf '\\377\\1' | " + script + " --prompt-file /dev/stdin"])
    #expect(piped.output == Data([0xFF, 1]), "\(piped.errors)")
    #expect(try sample("--prompt", "\u{FFFD}").output == Data("\u{FFFD}".utf8))
  }

  @Test func argumentsThatAreNoUTF8AreSaidToBe() throws {
    try train(sampleText())
    let script = "'\(Workplace.command.path)' sample model.safetensors --seed 1 --prompt $'caf\\xe9'"
    expectFailure(try place.run("/bin/bash", ["-c", script]), 1, "--prompt", "byte 0xE9 at offset 3", "iconv")
  }

  @Test func unknownCharactersOfAPrompt() throws {
    try train(sampleText())
    expectFailure(
      try sample("--prompt", "the\nfäx"), 1, "--prompt", "'ä' (U+00E4)", "line 2, column 2", "--unknown skip",
      "--unknown replace", "' ' (U+0020)")
    expectFailure(try sample("--prompt", "fäx", "--unknown", "refuse"), 1, "'ä' (U+00E4)")
    let skipped = try sample("--prompt", "fäöx ä", "--unknown", "skip")
    #expect(skipped.text == "fx ")
    #expect(
      skipped.errors.contains(
        "3 characters that the model does not know are left out: 'ä' (U+00E4) 2 times, 'ö' (U+00F6)"))
    let replaced = try sample("--prompt", "fä", "--unknown", "replace")
    #expect(replaced.text == "f ")
    #expect(
      replaced.errors.contains("1 character that the model does not know is replaced by ' ' (U+0020): 'ä' (U+00E4)"))
    #expect(try sample("--prompt", "fox", "--unknown", "skip").errors.isEmpty)
    // Nothing is left: as without a prompt.
    #expect(try sample("--prompt", "äöü", "--unknown", "skip").text.isEmpty)
    expectFailure(try sample("--prompt", "a", "--unknown", "drop"), 64, "--unknown", "refuse", "skip", "replace")
  }

  @Test func unknownCharactersOfAnEvaluatedText() throws {
    try train(sampleText())
    try place.write("the fox\njümps ÿ\n", to: "other.txt")
    expectFailure(
      try place.rnn("evaluate", "model.safetensors", "--text", "other.txt"), 1, "other.txt", "'ü' (U+00FC)",
      "line 2, column 2", "offset 9", "--unknown")
    for (policy, count) in [("skip", 13), ("replace", 15)] {
      let outcome = try place.rnn(
        "evaluate", "model.safetensors", "--text", "other.txt", "--unknown", policy, "--json")
      let json = try outcome.json()
      #expect(json["characters"] as? Int == count && json["unknown"] as? Int == 2, "\(json)")
      #expect(outcome.errors.contains("2 characters that the model does not know are"))
    }
    let plain = try place.rnn("evaluate", "model.safetensors", "--text", "text.txt", "--json").json()
    #expect(plain["unknown"] == nil)
  }

  @Test func spellingsAreOneWhereTheModelNormalizes() throws {
    let composed = String(repeating: "un caf\u{E9} tr\u{E8}s fort\n", count: 60)
    let decomposed = String(repeating: "un cafe\u{301} tre\u{300}s fort\n", count: 60)
    try train(composed + decomposed, "--normalize", "nfc")
    let inspected = try place.rnn("inspect", "model.safetensors").text
    #expect(inspected.contains("normalized to nfc"), "\(inspected)")
    #expect(Array(try sample("--prompt", "cafe\u{301}").text.unicodeScalars) == Array("caf\u{E9}".unicodeScalars))
    try place.write(composed, to: "c.txt")
    try place.write(decomposed, to: "d.txt")
    let losses = try ["c.txt", "d.txt"].map {
      try place.rnn("evaluate", "model.safetensors", "--text", $0, "--json").output
    }
    #expect(losses[0] == losses[1])
    // A training that goes on, or starts from the model, has its form.
    let resumed = try place.rnn("train", "--resume", "model.safetensors", "--steps", "4")
    #expect(resumed.status == 0, "\(resumed.errors)")
    let other = try place.rnn(
      ["train", "--init-from", "model.safetensors", "--text", "d.txt", "--steps", "1", "--checkpoint", "n.safetensors"]
        + tiny.suffix(6))
    #expect(other.status == 0 && other.errors.contains("in form nfc"), "\(other.errors)")
    expectFailure(try place.rnn("train", "--text", "d.txt", "--normalize", "nfx"), 64, "--normalize", "nfkc")
    expectFailure(
      try place.rnn("train", "--text", "d.txt", "--bytes", "--normalize", "nfc"), 64, "--normalize", "--bytes")
    expectFailure(
      try place.rnn("train", "--resume", "model.safetensors", "--normalize", "nfc"), 64, "--normalize", "--resume")
  }

  @Test func aByteOrderMarkIsNoCharacter() throws {
    try train("\u{FEFF}" + sampleText())
    let marked = try place.data("model.safetensors")
    let inspected = try place.rnn("inspect", "model.safetensors", "--json").json()
    let count = (inspected["vocabulary"] as? [String: Any])?["count"] as? Int
    #expect(count == Set(sampleText().unicodeScalars).count)
    #expect(try place.rnn("train", "--resume", "model.safetensors", "--steps", "3").status == 0)
    try train(sampleText())
    #expect(try place.data("model.safetensors") == marked, "the mark plays a part")
    let evaluated = try place.rnn("evaluate", "model.safetensors", "--text", "text.txt", "--json")
    try place.write("\u{FEFF}" + sampleText(), to: "marked.txt")
    let other = try place.rnn("evaluate", "model.safetensors", "--text", "marked.txt", "--json")
    #expect(other.output == evaluated.output && other.errors.contains("byte order mark"))
  }

  @Test func threadsBeyondTheProcessorsAreNoted() throws {
    try train(sampleText())
    let count = String(ProcessInfo.processInfo.activeProcessorCount + 1)
    let outcome = try place.rnn("evaluate", "model.safetensors", "--text", "text.txt", "--threads", count)
    #expect(outcome.status == 0 && outcome.errors.contains("--threads \(count) is more than the"), "\(outcome.errors)")
    let one = try place.rnn("evaluate", "model.safetensors", "--text", "text.txt", "--threads", "1")
    #expect(one.errors.isEmpty)
    let training = try place.rnn(
      ["train", "--text", "text.txt", "--steps", "1"] + tiny.dropLast(2) + ["--threads", count])
    #expect(
      training.status == 0 && training.errors.contains("--threads \(count) is more than the"), "\(training.errors)")
  }
}
