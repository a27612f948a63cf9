import Tables
import Testing

@Suite("Sentences with tags")
struct TaggedSentencesTests {
  private func read(
    _ text: String, file: String = "f", _ format: TaggedSentences.Format? = nil, tagColumn: String? = nil,
    tagNames: [String]? = nil, needsTags: Bool = true
  ) throws -> TaggedSentences {
    try TaggedSentences(
      Array(text.utf8), file: file,
      .init(format: format, tagColumn: tagColumn, tagNames: tagNames, needsTags: needsTags))
  }

  private func fault(
    _ text: String, file: String = "f", tagColumn: String? = nil
  ) -> String {
    do {
      _ = try read(text, file: file, tagColumn: tagColumn)
      return "none"
    } catch { return "\(error)" }
  }

  @Test("Two columns; empty lines, also of blanks and at both ends; Windows' line ends; a mark before all")
  func twoColumns() throws {
    for text in [
      "a\tX\nb c\tY\n\nd\tX\n", "\u{FEFF}a\tX\r\nb c\tY\r\n\r\n\r\nd\tX", "\n \na\tX\nb c\tY\n\t\nd\tX\n\n\n",
    ] {
      let found = try read(text)
      #expect(found.format == .columns)
      #expect(found.sentences.map(\.tokens) == [["a", "b c"], ["d"]])
      #expect(found.sentences.map(\.tags) == [["X", "Y"], ["X"]])
      #expect(found.tags == ["X", "Y"] && found.tokenCount == 3)
    }
    #expect(try read("a\tX\n\nb\tY\n").sentences.map(\.lines) == [[1], [3]])
  }

  @Test("CoNLL-2003: four columns between spaces, the last the tag, document marks left out")
  func conll() throws {
    let text = """
      -DOCSTART- -X- -X- O

      EU NNP B-NP B-ORG
      rejects VBZ B-VP O

      -DOCSTART- -X- -X- O

      Peter NNP B-NP B-PER
      """
    let found = try read(text)
    #expect(found.sentences.map(\.tokens) == [["EU", "rejects"], ["Peter"]])
    #expect(found.sentences.map(\.tags) == [["B-ORG", "O"], ["B-PER"]])
    #expect(try read(text, tagColumn: "2").sentences.map(\.tags) == [["NNP", "VBZ"], ["NNP"]])
    #expect(try read("a b\nc d\n").sentences[0].tags == ["b", "d"])
  }

  @Test("CoNLL-U: comments, ranges and empty nodes left out")
  func treebank() throws {
    func row(_ id: String, _ form: String, _ upos: String, _ xpos: String) -> String {
      "\(id)\t\(form)\t_\t\(upos)\t\(xpos)\t_\t0\troot\t_\t_"
    }
    let rows = [
      "# sent_id = 1", row("1-2", "im", "_", "_"), row("1", "in", "ADP", "APPR"), row("2", "dem", "DET", "ART"),
      row("2.1", "x", "_", "_"), row("3", "Haus", "NOUN", "NN"), "", "# text", row("1", "Ja", "INTJ", "ITJ"),
    ]
    let text = rows.joined(separator: "\n") + "\n\n"
    for file in ["f", "f.conllu"] {
      let found = try read(text, file: file)
      #expect(found.format == .conllu)
      #expect(found.sentences.map(\.tokens) == [["in", "dem", "Haus"], ["Ja"]])
      #expect(found.sentences.map(\.tags) == [["ADP", "DET", "NOUN"], ["INTJ"]])
    }
    #expect(try read(text, tagColumn: "xpos").sentences[1].tags == ["ITJ"])
    #expect(try read(text, tagColumn: "5").sentences[1].tags == ["ITJ"])
  }

  @Test("JSON lines: tags or ner_tags, numbers too")
  func jsonLines() throws {
    let text = "{\"id\": 1, \"tokens\": [\"a\", \"b\"], \"tags\": [\"X\", \"Y\"], \"ner_tags\": [0, 3]}\n\n"
    #expect(try read(text + "{\"tokens\": [], \"tags\": []}\n").sentences.map(\.tags) == [["X", "Y"]])
    #expect(try read(text, tagColumn: "ner_tags").sentences.map(\.tags) == [["0", "3"]])
    #expect(try read("{\"tokens\": [\"a\"], \"ner_tags\": [\"O\"]}").sentences.map(\.tags) == [["O"]])
    #expect(try read("{\"tokens\": [\"a\"]}", needsTags: false).sentences[0].tags == [])
  }

  @Test("Without tags: one column, and lines of words")
  func untagged() throws {
    #expect(try read("a\nb\n\nc\n", needsTags: false).sentences.map(\.tokens) == [["a", "b"], ["c"]])
    let lines = try read("a b\u{00A0}c\n\nd\n", .lines, needsTags: false)
    #expect(lines.sentences.map(\.tokens) == [["a", "b", "c"], ["d"]])
    #expect(lines.sentences[1].line(of: 0) == 3)
  }

  @Test("IOB1 becomes IOB2, and is told; IOBES stays")
  func spans() throws {
    func tags(_ tags: [String]) throws -> (tags: [String], remarks: [String]) {
      let found = try read(tags.map { "w\t\($0)\n" }.joined())
      return (found.sentences[0].tags, found.remarks)
    }
    let old = try tags(["I-A", "I-A", "B-A", "O", "I-B", "I-A"])
    #expect(old.tags == ["B-A", "I-A", "B-A", "O", "B-B", "B-A"])
    #expect(old.remarks == ["3 tags I-X at the beginning of a span, the first in line 1, are read as B-X (IOB1)"])
    let new = try tags(["B-A", "I-A", "B-B", "O"])
    #expect(new.tags == ["B-A", "I-A", "B-B", "O"] && new.remarks.isEmpty)
    let ended = try tags(["I-A", "E-A", "S-B"])
    #expect(ended.tags == ["I-A", "E-A", "S-B"] && ended.remarks.isEmpty)
    #expect(try tags(["O", "I", "I-"]).tags == ["O", "I", "B-"])
  }

  @Test("A first line of names is none of words, where it is one")
  func namesOfColumns() throws {
    for text in ["word\ttag\na\tX\n\nb\tY\n", "Token POS NER\na N X\n\nb V Y\n"] {
      let found = try read(text)
      #expect(found.sentences.map(\.tokens) == [["a"], ["b"]] && found.tags == ["X", "Y"])
      #expect(found.remarks.count == 1 && found.remarks[0].contains("line 1"))
    }
    // Words of a sentence.
    #expect(try read("word\tX\na\tY\n").sentences[0].tokens == ["word", "a"])
    #expect(try read("a\ttag\nb\tY\n").sentences[0].tokens == ["a", "b"])
  }

  @Test("Names of tags that are numbers")
  func namesOfTags() throws {
    let text = "{\"tokens\": [\"a\", \"b\", \"c\"], \"ner_tags\": [1, 2, 0]}\n"
    #expect(try read(text).remarks.first?.contains("--tag-names") == true)
    let found = try read(text, tagNames: ["O", "B-A", "I-A"])
    #expect(found.sentences[0].tags == ["B-A", "I-A", "O"] && found.remarks.isEmpty)
    func fault(_ text: String, _ names: [String]) -> String {
      do { return "\(try read(text, tagNames: names).tags)" } catch { return "\(error)" }
    }
    #expect(fault(text, ["O", "B-A"]).contains("line 1: the tag 2 has no name: --tag-names has those of 0 to 1"))
    #expect(fault("a\t0\nb\tX\n", ["O", "P"]).contains("line 2: the tag X has a name"))
  }

  @Test("What is wrong, and where")
  func faults() {
    let id = "1\ta\t_\t_\t_\t_\t_\t_\t_\t_\n"
    let expected: [(text: String, file: String, words: [String])] = [
      ("", "f", ["f: there is no sentence in it"]), ("\n\n", "f", ["no sentence"]),
      ("a\nb\n", "f", ["f, line 1: there is no tag", "a tab"]),
      ("\na\tX\nb\n", "f", ["f, line 3: 1 column where line 2 has 2", "tabs"]),
      ("a X Y\nb Y\n", "f", ["line 2: 2 columns where line 1 has 3", "spaces"]),
      ("a\tX\nb\t \n", "f", ["line 2: the tag is missing"]), ("\tX\n", "f", ["line 1: the word is missing"]),
      ("1\ta\t_\n", "f.conllu", ["line 1: 3 fields where CoNLL-U has 10", "--format"]),
      (id, "f", ["line 1, column \"upos\": the tag is missing (_)", "--tag-column"]),
      ("x" + id, "f.conllu", ["line 1: \"x1\" is no number"]),
      ("{\"tokens\": [\"a\"]}\n", "f", ["line 1", "no member \"tags\"", "there are tokens", "--tag-column"]),
      ("{\"tags\": [\"a\"]}\n", "f", ["no member \"tokens\""]),
      ("{\"tokens\": [\"a\"], \"tags\": []}\n", "f", ["line 1, column \"tags\": 0 tags of 1 tokens"]),
      ("{\"tokens\": \"a\", \"tags\": []}\n", "f", ["column \"tokens\": expected a list"]),
      ("{\"tokens\": [null], \"tags\": [\"X\"]}\n", "f", ["column \"tokens\": expected texts"]),
      ("{\"tokens\": [\"a\"\n", "f.jsonl", ["line 1: no JSON"]),
      ("{\"tokens\": [\"a\\tb\"], \"tags\": [\"O\"]}\n", "f.jsonl", ["line 1", "without tabs"]),
      ("[1]\n", "f.jsonl", ["line 1: no object"]),
    ]
    for (text, file, words) in expected {
      let message = fault(text, file: file)
      for part in words { #expect(message.contains(part), "\(text): \(message)") }
    }
    #expect(fault("a\tX\n", tagColumn: "3").contains("--tag-column"))
    #expect(fault("a\tX\n", tagColumn: "1").contains("--tag-column"))
    #expect(fault(id, tagColumn: "form").contains("upos"))
    let bytes: [UInt8] = [0x61, 0x09, 0x58, 0x0A, 0xE9, 0x09, 0x58]
    #expect(throws: TableError.self) { try TaggedSentences(bytes, file: "f", .init(needsTags: true)) }
  }
}
