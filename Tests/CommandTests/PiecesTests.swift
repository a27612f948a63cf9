import Foundation
import Testing

/// Tokens of several characters: `rnn train --pieces`, `--vocabulary`, and `rnn vocabulary`.
@Suite("Pieces from the command line")
struct PiecesCommandTests {
  private static let training = [
    "--hidden-size", "8", "--embedding-size", "4", "--layers", "1", "--batch-size", "4",
    "--sequence-length", "8", "--seed", "1", "--threads", "1",
  ]

  @Test("Learnt, trained, resumed, measured, sampled", arguments: ["subword", "word"], [false, true])
  func training(kind: String, isBytes: Bool) throws {
    let place = try Workplace()
    let text = sampleText(words: 1500) + " naïve 日本"
    try place.write(text, to: "text.txt")
    let unit = isBytes ? ["--bytes"] : []
    let size = isBytes ? "300" : "70"
    let options = ["train", "--text", "text.txt", "--pieces", kind, "--vocabulary-size", size] + unit + Self.training
    let whole = try place.rnn(options + ["--steps", "12", "--checkpoint", "whole.safetensors"])
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(whole.errors.contains(isBytes ? "256 bytes and " : " characters and "), "\(whole.errors)")
    let first = try place.rnn(
      options + ["--steps", "12", "--save-every", "5", "--keep", "9", "--checkpoint", "model.safetensors"])
    #expect(first.status == 0)
    let resumed = try place.rnn("train", "--resume", "model-step-5.safetensors", "--checkpoint", "whole2.safetensors")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try place.data("whole2.safetensors") == place.data("model.safetensors"))

    let result = try place.rnn("evaluate", "whole.safetensors", "--text", "text.txt", "--json").json()
    let (tokens, characters) = (
      try #require(result["tokens"] as? Int), try #require(result["characters"] as? Int)
    )
    let all = isBytes ? text.utf8.count : text.unicodeScalars.count
    #expect(tokens < characters && characters < all && characters > all - 20)
    let (loss, bits) = (
      try #require(result["loss"] as? Double), try #require(result["bits_per_character"] as? Double)
    )
    #expect(abs(bits - loss / log(2) * Double(tokens) / Double(characters)) < 1e-9)

    let sample = try place.rnn("sample", "whole.safetensors", "--prompt", "the naïve", "--length", "20", "--seed", "1")
    #expect(sample.status == 0 && sample.text.hasPrefix("the naïve"), "\(sample.errors)")
    #expect(try place.rnn("inspect", "whole.safetensors").text.contains("\(kind)s"))
    let shown = try place.rnn("vocabulary", "show", "whole.safetensors", "--json").json()
    #expect(shown["pieces"] as? String == kind && (shown["count"] as? Int ?? 0) <= Int(size)!)

    // A text with more characters goes on from it.
    try place.write(text + "ÄÖ", to: "more.txt")
    let other = try place.rnn(
      [
        "train", "--text", "more.txt", "--init-from", "whole.safetensors", "--steps", "2", "--checkpoint",
        "o.safetensors",
      ]
        + unit)
    #expect(other.status == 0, "\(other.errors)")
    #expect(try place.rnn("vocabulary", "show", "o.safetensors", "--json").json()["pieces"] as? String == kind)
  }

  @Test("A tokenizer.json is learnt, shown, and trained with")
  func tokenizer() throws {
    let place = try Workplace()
    let text = sampleText(words: 1000)
    try place.write(text, to: "text.txt")
    let learnt = try place.rnn("vocabulary", "learn", "text.txt", "--vocabulary-size", "290", "-o", "tokenizer.json")
    #expect(learnt.status == 0, "\(learnt.errors)")
    #expect(try place.rnn("vocabulary", "show", "tokenizer.json").text.contains("subwords"))
    let shown = try place.rnn("vocabulary", "show", "tokenizer.json", "--encode", "a\nÄ", "--json").json()
    let tokens = try #require(shown["tokens"] as? [Int])
    #expect(tokens.suffix(2) == [0xC3, 0x84])
    let trained = try place.rnn(
      [
        "train", "--text", "text.txt", "--vocabulary", "tokenizer.json", "--steps", "2", "--checkpoint",
        "m.safetensors",
      ]
        + Self.training)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains(" bits per character)"))
    #expect(try place.shell("cat tokenizer.json | $RNN vocabulary show - --json").status == 0)
    let all = try place.rnn("vocabulary", "show", "m.safetensors", "--all").text
    #expect(try place.rnn("vocabulary", "show", "tokenizer.json", "--all").text == all)
    // It is replaced by another, and nothing else is.
    #expect(
      try place.rnn("vocabulary", "learn", "text.txt", "--vocabulary-size", "280", "-o", "tokenizer.json").status == 0)
    let refused = try place.rnn("vocabulary", "learn", "text.txt", "-o", "m.safetensors")
    #expect(refused.status == 64 || refused.status == 1)
    #expect(refused.errors.contains("m.safetensors"))
  }

  @Test("What does not go together is refused in one line")
  func refused() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 300), to: "text.txt")
    try place.write("{}", to: "other.json")
    #expect(try place.rnn("tokenize", "text.txt", "-o", "text.tokens").status == 0)
    #expect(
      try place.rnn(
        ["train", "--text", "text.txt", "--pieces", "word", "--steps", "1", "--checkpoint", "w.safetensors"]
          + Self.training
      ).status == 0)
    let cases: [([String], Int32, String)] = [
      (["train", "--text", "text.txt", "--vocabulary-size", "99"], 64, "is for '--pieces <kind>'"),
      (["train", "--text", "text.txt", "--pieces", "word", "--vocabulary-size", "3"], 64, "leaves no room for pieces"),
      (["train", "--text", "text.txt", "--pieces", "words"], 64, "word"),
      (["train", "--text", "text.tokens", "--pieces", "word"], 64, "text.tokens has single characters"),
      (["train", "--text", "text.txt", "--vocabulary", "other.json"], 1, "other.json: it has no model"),
      (["train", "--text", "text.txt", "--vocabulary", "none.json"], 1, "none.json"),
      (["train", "--text", "text.txt", "--vocabulary", "w.safetensors", "--bytes"], 64, "'--bytes' excludes"),
      (["evaluate", "w.safetensors", "--text", "text.tokens"], 1, "give the text itself"),
      (
        ["tokenize", "text.txt", "--vocabulary", "w.safetensors", "-o", "x.tokens"], 1,
        "has tokens of several characters"
      ),
      (["vocabulary", "show", "w.safetensors", "--encode", "日"], 1, "--encode: '日'"),
      (["vocabulary", "show", "text.txt"], 1, "text.txt"),
    ]
    for (arguments, status, text) in cases {
      let outcome = try place.rnn(arguments)
      #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.contains(text), "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
  }
}
