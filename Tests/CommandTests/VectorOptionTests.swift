import Foundation
import Recurrent
import Testing

/// Embeddings that start with vectors of others: `--vectors`.
struct VectorOptionTests {
  private static let options = ["--hidden-size", "4", "--threads", "1", "--epochs", "2", "--minimum-count", "1"]

  private func place() throws -> Workplace {
    let place = try Workplace()
    let rows = (0..<40).map { $0 % 2 == 0 ? "the cat sat,animal\n" : "the car went,thing\n" }
    try place.write("text,label\n" + rows.joined(), to: "texts.csv")
    try place.write((0..<20).map { _ in "the\tD\ncat\tN\nsat\tV\n\n" }.joined(), to: "tags.tsv")
    try place.write("4 3\nthe 1 2 3\ncat 4 5 6\nsat 7 8 9\nother 0 0 1\n", to: "vectors.txt")
    return place
  }

  private func classify(_ place: Workplace, _ options: [String]) throws -> Outcome {
    try place.rnn(
      ["classify", "train", "texts.csv", "--text-column", "text", "--label-column", "label", "--unit", "word"]
        + Self.options + options)
  }

  @Test("Classes and tags start with them, trained along or left as they are")
  func start() throws {
    let place = try place()
    for (name, options) in [("free", [String]()), ("frozen", ["--freeze-vectors"])] {
      let outcome = try classify(place, ["--vectors", "vectors.txt", "--checkpoint", "\(name).safetensors"] + options)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("vectors   3 of 5 words (60.0 %) have one in vectors.txt"), "\(outcome.errors)")
      let model = try Model<Float>(contentsOf: place.url("\(name).safetensors").path)
      let entry = try #require(model.table["embedding.weight"])
      #expect(entry.shape == [6, 3])
      // Words in the order of how often they come: the, then car, cat, sat, went.
      let rows = model[parameter: "embedding.weight"]
      let expected: [Float] = [4, 5, 6, 1, 2, 3]
      let isSame = Array(rows[0..<6]) == expected && Array(rows[9..<12]) == [4, 5, 6]
      #expect(isSame == (name == "frozen"), "\(rows)")
      #expect(zip(rows[0..<6], expected).allSatisfy { abs($0 - $1) < 0.5 })
    }
    let resumed = try place.rnn(
      "classify", "train", "texts.csv", "--resume", "frozen.safetensors", "--epochs", "3", "--checkpoint",
      "more.safetensors")
    #expect(resumed.status == 0, "\(resumed.errors)")
    let (old, new) = (
      try Model<Float>(contentsOf: place.url("frozen.safetensors").path),
      try Model<Float>(contentsOf: place.url("more.safetensors").path)
    )
    #expect(old[parameter: "embedding.weight"] == new[parameter: "embedding.weight"])

    let tagged = try place.rnn(
      ["tag", "train", "tags.tsv", "--vectors", "vectors.txt", "--freeze-vectors", "--checkpoint", "tags.safetensors"]
        + Self.options)
    #expect(tagged.status == 0, "\(tagged.errors)")
    let tags = try Model<Float>(contentsOf: place.url("tags.safetensors").path)
    #expect(Array(tags[parameter: "embeddings.0.weight"].prefix(3)) == [4, 5, 6])
  }

  @Test("What does not go together is refused in a line")
  func refused() throws {
    let place = try place()
    try place.write("x 1 2\n", to: "none.txt")
    try place.write("the 1 2\ncat 1\n", to: "short.txt")
    let cases: [([String], Int32, String)] = [
      (["--vectors", "vectors.txt", "--embedding-size", "8"], 64, "--embedding-size 8 does not go with vectors.txt"),
      (["--vectors", "none.txt"], 1, "none.txt has none of the 5 words"),
      (["--vectors", "short.txt"], 1, "short.txt: line 2: expected a word and 2 numbers, got 2 fields"),
      (["--vectors", "gone.txt"], 1, "gone.txt"),
      (["--freeze-vectors"], 64, "'--freeze-vectors' needs '--vectors <file>'"),
      (["--vectors", "vectors.txt", "--unit", "character"], 64, "it needs '--unit word'"),
    ]
    for (options, status, text) in cases {
      let outcome = try classify(place, options)
      #expect(outcome.status == status && outcome.errors.contains(text), "\(options): \(outcome.errors)")
    }
  }
}
