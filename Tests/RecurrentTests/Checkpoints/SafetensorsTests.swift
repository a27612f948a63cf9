import Testing
import Recurrent
import TestSupport

/// A file of that header and so many bytes of data, 1, 2, 3, …
private func file(_ header: [UInt8], dataLength: Int = 0) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: UInt64(header.count) >> (8 * $0)) } + header
    + (0..<dataLength).map { UInt8(truncatingIfNeeded: $0 + 1) }
}

private func file(_ header: String, dataLength: Int = 0) -> [UInt8] {
  file(Array(header.utf8), dataLength: dataLength)
}

private func read(_ bytes: [UInt8]) throws(CheckpointError) -> SafetensorsFile {
  try SafetensorsFile(bytes: bytes, file: "test")
}

private func entry(_ name: String, _ dtype: String, _ shape: [Int], _ begin: Int, _ end: Int) -> String {
  #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
}

@Suite("Reading safetensors")
struct SafetensorsReadingTests {
  @Test("Values, shapes and metadata of a good file")
  func good() throws {
    let values: [Float] = [1.5, -0.0, .infinity, .pi, 0, .leastNonzeroMagnitude]
    let doubles: [Double] = [1e300, -2]
    let data =
      doubles.flatMap { littleEndian($0.bitPattern) } + values.flatMap { littleEndian($0.bitPattern) }
    let header =
      #"{"__metadata__":{"format":"pt","":"é"},"#
      + [
        entry("w", "F32", [2, 3], 16, 40), entry("d", "F64", [2], 0, 16),
        entry("none", "F32", [0, 4], 40, 40),
      ]
      .joined(separator: ",") + "}"
    let read = try read(file(header) + data)
    #expect(read.tensors.map(\.name) == ["d", "w", "none"])
    #expect(try read.tensor("w").shape == [2, 3])
    #expect(try read.floats("w", shape: [2, 3]).map(\.bitPattern) == values.map(\.bitPattern))
    #expect(try read.doubles("w") == values.map(Double.init))
    #expect(try read.doubles("d") == doubles)
    #expect(try read.floats("d") == [.infinity, -2])
    #expect(try read.floats("none") == [])
    #expect(read.contains("w") && !read.contains("W"))
    #expect(read.metadata("format") == "pt")
    #expect(read.metadata("") == "é")
    #expect(read.metadata("none") == nil)

    #expect(throws: CheckpointError.missingTensor(file: "test", name: "v")) { try read.floats("v") }
    #expect(
      throws: CheckpointError.shapeMismatch(file: "test", tensor: "w", expected: [3, 2], actual: [2, 3])
    ) {
      try read.doubles("w", shape: [3, 2])
    }
  }

  @Test(
    "Other types are listed, and named where numbers are asked for", arguments: Safetensors.DType.allCases)
  func types(_ dtype: Safetensors.DType) throws {
    let read = try read(
      file("{\(entry("x", dtype.rawValue, [8], 0, dtype.bitCount))}", dataLength: dtype.bitCount))
    #expect(try read.tensor("x").dtype == dtype)
    if [.F16, .BF16, .F32, .F64].contains(dtype) {
      #expect(try read.floats("x").count == 8)
      #expect(try read.doubles("x", shape: [8]).count == 8)
    } else {
      let error = CheckpointError.unsupportedType(file: "test", tensor: "x", type: dtype.rawValue)
      #expect(throws: error) { try read.floats("x") }
      #expect(throws: error) { try read.doubles("x") }
    }
    if dtype == .I32 {
      #expect(try read.integers("x").first == 0x0403_0201)
    } else {
      #expect(throws: CheckpointError.self) { try read.integers("x") }
    }
  }

  /// Header, and length of the data.
  @Test(
    "Unusual files that are right are read",
    arguments: [
      ("{}", 0), (" \n{}", 0), ("{}   ", 0), ("{}\t\r\n ", 0), (#"{"__metadata__":{}}"#, 0),
      ("{\(entry("", "F32", [], 0, 4))}", 4), ("{\(entry("a\\u0000../", "F32", [1], 0, 4))}", 4),
      ("{\(entry("u", "U8", [3], 0, 3)),\(entry("misaligned", "F32", [1], 3, 7))}", 7),
      ("{\(entry("later", "F32", [1], 4, 8)),\(entry("first", "F32", [1], 0, 4))}", 8),
      (
        "{\(entry("e", "F32", [0], 0, 0)),\(entry("f", "F32", [0, 9], 0, 0)),\(entry("w", "F32", [1], 0, 4))}",
        4
      ),
      ("{\(entry("r", "U8", [1, 1, 1, 1, 1, 1, 1, 1], 0, 1))}", 1), ("{\(entry("q", "F4", [2], 0, 1))}", 1),
      ("{\(entry("z", "F32", [0, Int.max], 0, 0))}", 0),
      ("{\(entry("\u{E9}", "U8", [1], 0, 1)),\(entry("e\u{301}", "U8", [1], 1, 2))}", 2),
      (#"{"w":{"data_offsets":[0,4],"shape":[1],"dtype":"F32"}}"#, 4),
      (#"{"w":{"dtype":"F\u00332","shape":[1],"data_offsets":[0,4]}}"#, 4),
    ])
  func unusual(header: String, dataLength: Int) throws {
    let read = try read(file(header, dataLength: dataLength))
    for tensor in read.tensors {
      #expect(read.contains(tensor.name))
      #expect(try read.bytes(of: tensor).count == tensor.dataRange.count)
    }
  }

  @Test("Names that differ in their bytes are different tensors, misaligned data are right")
  func details() throws {
    let names = try read(
      file("{\(entry("\u{E9}", "U8", [1], 0, 1)),\(entry("e\u{301}", "U8", [1], 1, 2))}", dataLength: 2))
    #expect(try names.tensor("\u{E9}").dataRange == 0..<1)
    #expect(try names.tensor("e\u{301}").dataRange == 1..<2)
    let misaligned = try read(
      file("{\(entry("u", "U8", [3], 0, 3)),\(entry("m", "F32", [1], 3, 7))}", dataLength: 7))
    #expect(try misaligned.floats("m") == [Float(bitPattern: 0x0706_0504)])
  }

  /// Header, length of the data, and a word of the message.
  @Test(
    "Files that break a rule are refused",
    arguments: [
      ("[]", 0, "expected '{'"), ("null", 0, "expected '{'"), ("", 0, "header is empty"),
      (" ", 0, "found the end"),
      ("{", 0, "found the end"), ("{}}", 0, "expected the end"), ("{}\0\0\0", 0, "NUL"),
      ("{} x", 0, "expected the end"),
      ("\u{FEFF}{}", 0, "expected '{'"), ("{}", 1, "belong to no tensor"),
      // Metadata.
      (#"{"__metadata__":null}"#, 0, "expected '{'"), (#"{"__metadata__":{"a":1}}"#, 0, "expected a string"),
      (#"{"__metadata__":{"a":{}}}"#, 0, "expected a string"),
      (#"{"__metadata__":{"a":"","a":""}}"#, 0, "comes twice"),
      (#"{"__metadata__":{"a":"","\u0061":""}}"#, 0, "comes twice"),
      (#"{"__metadata__":{},"__metadata__":{}}"#, 0, "comes twice"),
      // Names twice, once by way of an escape.
      ("{\(entry("a", "F32", [1], 0, 4)),\(entry("a", "F32", [1], 0, 4))}", 4, "comes twice"),
      ("{\(entry("a", "F32", [1], 0, 4)),\(entry("\\u0061", "F32", [1], 4, 8))}", 8, "comes twice"),
      // Entries.
      (#"{"a":1}"#, 0, "expected '{'"), (#"{"a":["F32",[1],[0,4]]}"#, 4, "expected '{'"),
      (#"{"a":{}}"#, 0, "no dtype"),
      (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "no dtype"),
      (#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, "no shape"),
      (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "data_offsets"),
      (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":0}}"#, 4, "unknown field"),
      (#"{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}"#, 4, "comes twice"),
      (#"{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}"#, 4, "expected a string"),
      ("{\(entry("a", "f32", [1], 0, 4))}", 4, "unknown dtype"),
      ("{\(entry("a", "", [1], 0, 4))}", 4, "unknown dtype"),
      ("{\(entry("a", "FLOAT\\n", [1], 0, 4))}", 4, "unknown dtype"),
      // Shapes.
      (#"{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}"#, 4, "expected '['"),
      (#"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, 4, "expected an integer"),
      (#"{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}"#, 4, "expected an integer"),
      (#"{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}"#, 0, "expected an integer"),
      (#"{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}"#, 4, "expected an integer"),
      (#"{"a":{"dtype":"F32","shape":[1,],"data_offsets":[0,4]}}"#, 4, "expected an integer"),
      (#"{"a":{"dtype":"F32","shape":[9223372036854775808,0],"data_offsets":[0,0]}}"#, 0, "out of range"),
      ("{\(entry("a", "F32", [-1], 0, 4))}", 4, "negative"),
      ("{\(entry("a", "F32", [-1, -1], 0, 4))}", 4, "negative"),
      ("{\(entry("a", "U8", [1, 1, 1, 1, 1, 1, 1, 1, 1], 0, 1))}", 1, "more than 8"),
      ("{\(entry("a", "F32", [Int.max, 2], 0, 4))}", 4, "overflows"),
      ("{\(entry("a", "F32", [1 << 32, 1 << 32], 0, 0))}", 0, "overflows"),
      ("{\(entry("a", "F64", [1 << 58], 0, 0))}", 0, "overflows"),
      ("{\(entry("a", "F4", [1], 0, 1))}", 1, "overflows"),
      ("{\(entry("a", "F6_E2M3", [2], 0, 2))}", 2, "overflows"),
      // Offsets.
      ("{\(entry("a", "F32", [1], -4, 0))}", 0, "negative"),
      ("{\(entry("a", "F32", [1], 4, 0))}", 4, "ends before"),
      ("{\(entry("a", "F32", [2], 0, 4))}", 4, "takes 8 bytes"),
      ("{\(entry("a", "F32", [1], 0, 8))}", 8, "takes 4 bytes"),
      (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "no two"),
      (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}"#, 4, "more than 2"),
      (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4.0]}}"#, 4, "expected an integer"),
      ("{\(entry("a", "F32", [1], 4, 8))}", 8, "hole"), ("{\(entry("a", "F32", [0], 4, 4))}", 4, "hole"),
      ("{\(entry("a", "F32", [1], 0, 4)),\(entry("b", "F32", [1], 8, 12))}", 12, "hole"),
      ("{\(entry("a", "F32", [1], 0, 4)),\(entry("b", "F32", [1], 0, 4))}", 4, "overlaps"),
      ("{\(entry("a", "F32", [2], 0, 8)),\(entry("b", "F32", [1], 4, 8))}", 8, "overlaps"),
      ("{\(entry("a", "F32", [0], 2, 2)),\(entry("b", "F32", [1], 0, 4))}", 4, "overlaps"),
      ("{\(entry("a", "F32", [1], 0, 4))}", 3, "cut short"),
      ("{\(entry("a", "F32", [1], 0, 4))}", 5, "belong to no"),
      ("{\(entry("a", "U8", [Int.max / 8], 0, Int.max / 8))}", 4, "cut short"),
      // At the end of what an Int can say.
      ("{\(entry("a", "U8", [Int.max], 0, Int.max))}", 4, "overflows"),
      ("{\(entry("a", "U8", [7], Int.max - 7, Int.max))}", 7, "hole"),
      ("{\(entry("a", "U8", [0], Int.max, Int.max))}", 0, "hole"),
      ("{\(entry("a", "F32", [1], 0, Int.max))}", 4, "takes 4 bytes"),
      ("{\(entry("a", "F32", [1], Int.max, 4))}", 4, "ends before"),
      (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,9223372036854775808]}}"#, 1, "out of range"),
      (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[18446744073709551615,0]}}"#, 1, "out of range"),
      (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[-9223372036854775809,0]}}"#, 1, "out of range"),
      (
        "{\(entry("a", "U8", [Int.max / 8], 0, Int.max / 8)),"
          + "\(entry("b", "U8", [Int.max / 8], Int.max / 8, Int.max / 8 * 2))}", 8, "cut short"
      ),
      ("{\(entry("a", "F32", [0, Int.max, Int.max, 1], 0, 4))}", 4, "takes 0 bytes"),
      ("{\(entry("a", "F32", [Int.max, Int.max, 0], 0, 0))}", 0, "overflows"),
    ])
  func refused(header: String, dataLength: Int, word: String) {
    let error = #expect(throws: CheckpointError.self, "\(header)") {
      try read(file(header, dataLength: dataLength))
    }
    let message = error?.description ?? "no error"
    #expect(message.contains(word), "\(header): \(message)")
    #expect(message.contains("test") && !message.contains("\n"), "\(message)")
    // Where it is, or which tensor's place in the data is wrong.
    if case .invalidHeader(_, let offset, let reason) = error {
      let isPlace = reason.contains("overlaps") || reason.contains("leaves a hole")
      let isBeyond = reason.contains("belong to no tensor")
      #expect(isPlace == (offset == nil), "\(message)")
      #expect(!isPlace || reason.contains("tensor \"") && reason.contains("..<"), "\(message)")
      if let offset { #expect(offset >= 8 && (isBeyond || offset <= 8 + header.utf8.count), "\(message)") }
    }
  }

  @Test("Bytes in the header that are no UTF-8 are refused where they stand")
  func invalidUTF8() {
    let header = Array(#"{"__metadata__":{"k":"a"#.utf8) + [0xC3, 0x28] + Array(#""}}"#.utf8)
    let error = #expect(throws: CheckpointError.self) { try read(file(header)) }
    guard case .invalidHeader(_, let offset, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(offset == 8 + 23)
  }

  @Test("Files that are something else say what they are")
  func foreign() {
    let cases: [(bytes: [UInt8], word: String)] = [
      (Array("PK\u{3}\u{4}xxxxxxxx".utf8), "torch.save"),
      ([0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46], "torch.save"),
      ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "HDF5"),
      (Array("First Citizen: ".utf8), "not a safetensors"),
      ([UInt8](repeating: 0xFF, count: 16), "not a safetensors"),
      ([UInt8](repeating: 0, count: 16), "header is empty"),
      ([0x01, 0xE1, 0xF5, 0x05, 0, 0, 0, 0, 0x7B, 0x7D], "not a safetensors"),
      ([0x00, 0xE1, 0xF5, 0x05, 0, 0, 0, 0, 0x7B, 0x7D], "at least 100000008"),
    ]
    for (bytes, word) in cases {
      let error = #expect(throws: CheckpointError.self) { try read(bytes) }
      #expect(error?.description.contains(word) == true, "\(error?.description ?? "no error")")
    }
  }

  @Test("A file cut at any length is refused, and so is one with a byte too many")
  func truncated() throws {
    let header =
      #"{"__metadata__":{"a":"b"},\#(entry("w", "F32", [3], 0, 12)),\#(entry("v", "F64", [1], 12, 20))}"#
    let whole = file(header, dataLength: 20)
    _ = try read(whole)
    for length in 0..<whole.count {
      let error = #expect(throws: CheckpointError.self, "\(length) bytes") {
        try read(Array(whole[..<length]))
      }
      guard case .truncated(_, let expected, let actual) = error else {
        Issue.record("\(length) bytes: \(error?.description ?? "no error")")
        continue
      }
      #expect(actual == length && expected > length && expected <= whole.count)
    }
    #expect(throws: CheckpointError.self) { try read(whole + [0]) }
  }

  @Test(
    "Headers made to exhaust time or memory are refused early",
    arguments: [
      #"{"a":{"shape":["# + String(repeating: "0,", count: 1_000_000) + "0]}}",
      #"{"a":{"dtype":"F32","x":"# + String(repeating: "[", count: 1_000_000),
      String(repeating: #"{"a":"#, count: 500_000),
      #"{"a":{"shape":["# + String(repeating: "9", count: 1_000_000),
      "{" + String(repeating: " ", count: 2_000_000),
    ])
  func exhausting(_ header: String) {
    let seconds = processorSeconds {
      #expect(throws: CheckpointError.self) { try read(file(header)) }
    }
    #expect(seconds < 10)
  }

  @Test("Spellings of one text with the same hash do not make reading slow")
  func equivalentKeys() throws {
    // Canonically equivalent, and so equal as Strings, all of them: each orders the same marks in another way.
    let marks = ["\u{316}", "\u{301}", "\u{327}", "\u{334}", "\u{345}", "\u{31B}", "\u{302A}"]
    var orders: [[String]] = [[]]
    for mark in marks {
      orders = orders.flatMap { order in
        (0...order.count).map { Array(order[..<$0]) + [mark] + Array(order[$0...]) }
      }
    }
    let keys = orders.map { "\"a" + $0.joined() + "\":\"\"" }
    let bytes = file(#"{"__metadata__":{"# + keys.joined(separator: ",") + "}}")
    var count = 0
    let seconds = try processorSeconds { count = try read(bytes).metadata.count }
    #expect(count == 5040)
    #expect(seconds < 10)
  }

  @Test("A damaged file never does worse than an error")
  func mutations() {
    let header =
      #"{"__metadata__":{"é":"b"},\#(entry("w", "F32", [1, 3], 0, 12)),\#(entry("v", "F64", [1], 12, 20))}"#
    let whole = file(header, dataLength: 20)
    var state: UInt64 = 3
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0...random(3) {
        switch random(3) {
        case 0: bytes[random(bytes.count)] = UInt8(random(256))
        case 1: bytes[8 + random(header.utf8.count)] = UInt8(48 + random(10))
        default: bytes[random(bytes.count)] ^= 1 << UInt8(random(8))
        }
      }
      guard let read = try? read(bytes) else { continue }
      for tensor in read.tensors {
        #expect(tensor.elementCount * tensor.dtype.bitCount == tensor.dataRange.count * 8)
        _ = try? read.floats(tensor.name)
        _ = try? read.doubles(tensor.name)
      }
    }
  }
}

private func littleEndian(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
  (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
