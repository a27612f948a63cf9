import Foundation
import Recurrent
import Testing

@Suite("Vectors of words")
struct WordVectorsTests {
  private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "vectors-\(UInt64.random(in: 0 ... .max))")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url.path)
  }

  @Test(
    "With a header, without, with words of several parts, tabs, carriage returns, blanks at the end",
    arguments: [
      "the 1 2 3\nNew York 4 5 6\nnaïve -1e-3 0 .5\n", "3 3\nthe 1 2 3\nNew York 4 5 6\nnaïve -1e-3 0 .5",
      "\u{FEFF}the 1 2 3\nnew york 9 9 9\nNew York 4 5 6\nNAÏVE -1e-3 0 .5\nThe 8 8 8\n",
      "the\t1\t2\t3\r\nNew York\t4\t5\t6\r\n\nnaïve -1e-3 0 .5 \nthe 9 9 9\n",
    ])
  func read(text: String) throws {
    try withFile(text) { path in
      #expect(try WordVectors.size(of: path) == 3)
      let vectors = try WordVectors(path: path, of: ["the", "New York", "naïve", "none"])
      #expect(vectors.size == 3)
      // As spelled, else with other capitals; the first of two.
      #expect(vectors.vector(of: "the") == [1, 2, 3])
      #expect(vectors.vector(of: "New York") == [4, 5, 6])
      #expect(vectors.vector(of: "naïve") == [-0.001, 0, 0.5])
      #expect(vectors.vector(of: "none") == nil)
    }
  }

  @Test("More than a piece of the file")
  func long() throws {
    let text = (0..<60_000).map { "word\($0) \($0) 1 2 3 4\n" }.joined()
    try withFile(text) { path in
      let vectors = try WordVectors(path: path, of: (0..<60_000).map { "word\($0)" })
      for index in stride(from: 0, to: 60_000, by: 97) {
        #expect(vectors.vector(of: "word\(index)") == [Float(index), 1, 2, 3, 4])
      }
    }
  }

  @Test("Rows of an embedding, the unknown one their mean")
  func start() throws {
    try withFile("a 1 2\nb 3 6\n") { path in
      let words = ["b", "x", "a"]
      var model = try Model<Double>(
        ModelConfiguration(
          cell: .gru, input: .embedding(vocabularySize: 4, size: 2), hiddenSize: 2, outputSize: 2), seed: 1)
      let before = model[parameter: "embedding.weight"]
      let found = model.start(embedding: "embedding.weight", with: try WordVectors(path: path, of: words), of: words)
      #expect(found == 2)
      #expect(model[parameter: "embedding.weight"] == [2, 4, 3, 6, before[4], before[5], 1, 2])
    }
  }

  @Test("What a file says of its size is compared with it by who reads it")
  func declaredCount() throws {
    for (text, count, declared) in [("a 1 2\n", 1, nil), ("2 2\na 1 2\nb 3 4\n", 2, 2), ("9 2\na 1 2\n", 1, 9)] {
      try withFile(text) { path in
        let vectors = try WordVectors(path: path, of: ["b"])
        #expect(vectors.count == count && vectors.declaredCount == declared)
      }
    }
  }

  @Test(
    "What are no vectors is refused with its line",
    arguments: [
      ("", "it has no vectors"), ("3 4\n", "it has no vectors"),
      ("a 1 2\nb 1\n", "line 2: expected a word and 2 numbers"),
      ("2 3\na 1 2\n", "line 2: expected a word and 3 numbers"),
      ("a 1 2\nb 1 x\n", "line 2: \"x\" is no number"), ("a\n", "line 1: expected a word and 1 numbers"),
      ("b 1 nan\n", "line 1: \"nan\" is no number"), ("a 1\u{0}2\n", "it is binary or compressed"),
    ])
  func faults(text: String, reason: String) throws {
    try withFile(text) { path in
      let error = #expect(throws: TextError.self) { try WordVectors(path: path, of: ["a", "b"]) }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
  }
}
