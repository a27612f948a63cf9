import Foundation
import Testing

/// What a model writes, and where.
struct SampleTests {
  private let place: Workplace

  init() throws {
    place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    try #require(try place.rnn(["train", "--text", "text.txt", "--steps", "20"] + tiny).status == 0)
  }

  private func sample(_ options: String...) throws -> Outcome {
    try place.rnn(["sample", "model.safetensors"] + options)
  }

  @Test func seedDecides() throws {
    let first = try sample("--seed", "7", "--length", "80")
    #expect(first.errors.isEmpty)
    #expect(try sample("--seed", "7", "--length", "80").output == first.output)
    #expect(try sample("--seed", "8", "--length", "80").output != first.output)
    // A seed of its own is told, and repeats the text.
    let free = try sample("--length", "80")
    let seed = try #require(free.errors.split(separator: " ").last).dropLast()
    #expect(try sample("--seed", String(seed), "--length", "80").output == free.output)
  }

  @Test func promptComesFirst() throws {
    let outcome = try sample("--prompt", "the fox", "--length", "30", "--seed", "1")
    #expect(outcome.text.hasPrefix("the fox") && outcome.text.unicodeScalars.count == 37)
    #expect(try sample("--prompt", "the", "--length", "0").text == "the")
    #expect(try sample("--length", "0", "--seed", "1").text.isEmpty)
  }

  @Test func drawingOptions() throws {
    let greedy = try sample("--temperature", "0", "--prompt", "a")
    #expect(greedy.errors.isEmpty, "no seed plays a part")
    #expect(try sample("--temperature", "0", "--prompt", "a", "--seed", "5").output == greedy.output)
    #expect(try sample("--top-k", "1", "--prompt", "a", "--seed", "5").output == greedy.output)
    #expect(try sample("--top-p", "0.0001", "--prompt", "a", "--seed", "5").output == greedy.output)
  }

  @Test("A text ends before a stop, whatever it is cut into") func stops() throws {
    let whole = try sample("--prompt", "the", "--length", "200", "--seed", "3").text
    for start in [5, 40, 90] {
      let stop = String(whole.dropFirst(start).prefix(3))
      let expected = String(whole.dropFirst(3)).range(of: stop).map {
        "the" + String(whole.dropFirst(3))[..<$0.lowerBound]
      }
      let outcome = try sample("--prompt", "the", "--length", "200", "--seed", "3", "--stop", "§never§", "--stop", stop)
      #expect(outcome.text == expected)
    }
    // The beginning of one at the end is written.
    let last = String(whole.suffix(1)) + "§"
    #expect(try sample("--prompt", "the", "--length", "200", "--seed", "3", "--stop", last).text == whole)
    #expect(try sample("--stop", "").status == 64)
  }

  @Test("Several texts, and their probabilities") func several() throws {
    let texts = try (5..<8).map { try sample("--prompt", "a", "--length", "30", "--seed", String($0)).text }
    let outcome = try sample("--prompt", "a", "--length", "30", "--seed", "5", "--samples", "3")
    #expect(outcome.text == texts.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }.joined())
    let lines = try sample("--prompt", "a", "--length", "30", "--seed", "5", "--samples", "3", "--json").text
      .split(separator: "\n")
    #expect(lines.count == 3)
    for (line, text) in zip(lines, texts) {
      let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(object["text"] as? String == text && object["prompt"] as? String == "a")
      let tokens = try #require(object["tokens"] as? [[String: Any]])
      #expect(tokens.count == 30)
      #expect("a" + tokens.compactMap { $0["text"] as? String }.joined() == text)
      let sum = tokens.compactMap { $0["log_probability"] as? Double }.reduce(0, +)
      #expect(abs(sum - (object["log_probability"] as? Double ?? 0)) < 1e-9)
      #expect(tokens.allSatisfy { ($0["log_probability"] as? Double ?? 1) <= 0 })
    }
    // The mean of what is predicted surely is what evaluate gives.
    try place.write(texts[0], to: "written.txt")
    let loss = try #require(
      try place.rnn("evaluate", "model.safetensors", "--text", "written.txt", "--json").json()["loss"] as? Double)
    let first = try #require(JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
    #expect(abs(-(first["log_probability"] as? Double ?? 0) / 30 - loss) < 1e-4)
  }

  @Test func startsWithoutLineEndInTheVocabulary() throws {
    try place.write(String(repeating: "abc ", count: 300), to: "text.txt")
    try #require(try place.rnn(["train", "--text", "text.txt", "--steps", "2"] + tiny).status == 0)
    #expect(try sample("--length", "40", "--seed", "1").text.count == 40)
  }

  @Test func readerThatHasEnough() throws {
    let command = "set -o pipefail; '\(Workplace.command.path)' sample model.safetensors --seed 1 --length 100000000"
    let outcome = try place.run("/bin/bash", ["-c", "\(command) | head -c 10"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(outcome.output.count == 10)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func outputThatCannotBeWritten() throws {
    let command = "'\(Workplace.command.path)' sample model.safetensors --seed 1 > /dev/full"
    expectFailure(try place.run("/bin/bash", ["-c", command]), 1, "standard output")
  }
}
