import Foundation
import Recurrent
import Testing
import TestSupport

/// Models on disk: what is written comes back to the bit, and whatever does not fit is named.
@Suite struct ModelFileTests {
  private static let inputs: [ModelConfiguration.Input] = [
    .oneHot(vocabularySize: 3), .embedding(vocabularySize: 3, size: 2), .vectors(size: 5),
  ]

  private func configuration(
    _ cell: some RecurrentCell = LSTMCell(), _ input: ModelConfiguration.Input = .oneHot(vocabularySize: 3)
  ) -> ModelConfiguration {
    ModelConfiguration(
      cell: cell, input: input, hiddenSize: 4, layerCount: 2, outputSize: 3, head: .lastStep, dropout: 0.25,
      headDropout: 0.5)
  }

  private func bytes(of path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

  @Test(arguments: BuiltInCells.all.map(\.name), inputs)
  func comesBackToTheBit(cell: String, input: ModelConfiguration.Input) throws {
    let directory = try ScratchDirectory()
    let path = directory.file("model.safetensors")
    let cell = try #require(BuiltInCells.named(cell))
    let vocabulary = input.vocabularySize == nil ? nil : try Vocabulary(unit: .byte, symbols: [0, 10, 255])
    let model = try Model<Float>(configuration(cell, input), seed: 7, vocabulary: vocabulary)
    try model.save(to: path)
    let read = try Model<Float>(contentsOf: path)
    #expect(read.configuration.cell.name == cell.name)
    #expect(read.configuration.input == input)
    #expect(read.configuration.hiddenSize == 4 && read.configuration.layerCount == 2)
    #expect(read.configuration.outputSize == 3 && read.configuration.head == .lastStep)
    #expect(read.configuration.dropout == 0.25 && read.configuration.headDropout == 0.5)
    #expect(read.vocabulary == vocabulary)
    for entry in model.table.entries {
      #expect(read[parameter: entry.name].map(\.bitPattern) == model[parameter: entry.name].map(\.bitPattern))
    }
  }

  @Test func optionsComeBack() throws {
    let directory = try ScratchDirectory()
    let path = directory.file("model.safetensors")
    var configuration = configuration()
    configuration.head = .everyStep
    configuration.hiddenSizes = [5, 7]
    configuration.directions = .both(merge: .average)
    configuration.isResidual = true
    configuration.headReadsAllLayers = true
    configuration.projectionSize = 3
    configuration.trainsInitialState = true
    configuration.isDropoutVariational = true
    configuration.recurrentDropout = 0.125
    configuration.weightDropout = 0.375
    configuration.zoneout = Zoneout(hidden: 0.25, cell: 0.5)
    let model = try Model<Float>(configuration, seed: 7)
    try model.save(to: path)
    let read = try Model<Float>(contentsOf: path)
    #expect(read.table == model.table)
    #expect(read.configuration.hiddenSizes == [5, 7] && read.configuration.directions == .both(merge: .average))
    #expect(read.configuration.isResidual && read.configuration.headReadsAllLayers)
    #expect(read.configuration.projectionSize == 3 && read.configuration.trainsInitialState)
    #expect(read.configuration.isDropoutVariational && read.configuration.recurrentDropout == 0.125)
    #expect(read.configuration.weightDropout == 0.375)
    #expect(read.configuration.zoneout == Zoneout(hidden: 0.25, cell: 0.5))
    for entry in model.table.entries {
      #expect(read[parameter: entry.name].map(\.bitPattern) == model[parameter: entry.name].map(\.bitPattern))
    }
  }

  @Test func annotationsComeBack() throws {
    let directory = try ScratchDirectory()
    let path = directory.file("model.safetensors")
    var model = try Model<Float>(configuration(), seed: 7)
    try model.save(to: path)
    let bare = try bytes(of: path)
    #expect(try Model<Float>(contentsOf: path).annotations.isEmpty)
    // Names that are keys of the metadata themselves, and texts that need escapes.
    model.annotations = ["scaling": #"{"means":[0.5,-1e-9]}"#, "format": "mine", "": "é\n\u{0}\"", "b": ""]
    try model.save(to: path)
    let annotated = try bytes(of: path)
    #expect(try Model<Float>(contentsOf: path).annotations == model.annotations)
    // The same bytes each time, and those of before without annotations.
    try model.save(to: path)
    #expect(try bytes(of: path) == annotated)
    model.annotations = [:]
    try model.save(to: path)
    #expect(try bytes(of: path) == bare)
  }

  @Test(arguments: inputs)
  func modelsWithoutHead(input: ModelConfiguration.Input) throws {
    let directory = try ScratchDirectory()
    let path = directory.file("model.safetensors")
    let model = try Model<Double>(
      ModelConfiguration(cell: .gru, input: input, hiddenSize: 4, layerCount: 2), seed: 7)
    try model.save(to: path)
    let read = try Model<Double>(contentsOf: path)
    #expect(read.configuration.head == .none && read.configuration.outputSize == 4)
    #expect(read.table == model.table)
    for entry in model.table.entries {
      #expect(!entry.name.hasPrefix("linear"))
      #expect(read[parameter: entry.name] == model[parameter: entry.name])
    }

    // An output size that is not the hidden size.
    var bytes = try bytes(of: path)
    let place = try #require(Data(bytes).range(of: Data(#"\"output_size\":4"#.utf8)))
    bytes[place.upperBound - 1] = UInt8(ascii: "5")
    let faulty = try directory.makeFile("faulty", resealed(bytes))
    let error = #expect(throws: CheckpointError.self) { try Model<Double>(contentsOf: faulty) }
    #expect(error?.description.contains("output_size is hidden_size, 4, not 5") == true)
  }

  @Test func otherPrecisionIsConverted() throws {
    let directory = try ScratchDirectory()
    let path = directory.file("model.safetensors")
    let model = try Model<Double>(configuration(), seed: 3)
    try model.save(to: path)
    let read = try Model<Float>(contentsOf: path)
    #expect(read[parameter: "linear.weight"] == model[parameter: "linear.weight"].map { Float($0) })
  }

  @Test func sameModelSameBytes() throws {
    let directory = try ScratchDirectory()
    for name in ["a", "b"] {
      try Model<Float>(configuration(), seed: 3).save(to: directory.file(name))
    }
    #expect(try bytes(of: directory.file("a")) == bytes(of: directory.file("b")))
  }

  @Test func everyTruncationIsRefused() throws {
    let directory = try ScratchDirectory()
    try Model<Float>(configuration(), seed: 3).save(to: directory.file("whole"))
    let bytes = try bytes(of: directory.file("whole"))
    for length in 0..<bytes.count where length < 100 || length % 97 == 0 || length > bytes.count - 10 {
      let path = try directory.makeFile("cut", Array(bytes.prefix(length)))
      #expect(throws: CheckpointError.self) { try Model<Float>(contentsOf: path) }
    }
  }

  /// Metadata changed after the fact, and a part of the message that must name the fault.
  static let faults: [(old: String, new: String, named: String)] = [
    ("\"format\":\"recurrent\"", "\"format\":\"recurrenT\"", "format"),
    ("\"format_version\":\"2\"", "\"format_version\":\"9\"", "version 9"),
    (#"\"cell\":\"lstm\""#, #"\"cell\":\"lstn\""#, "lstn"),
    (#"\"hidden_size\":4"#, #"\"hidden_size\":5"#, "expected [20, 3]"),
    (#"\"hidden_size\":4"#, #"\"hidden_size\":0"#, "hidden_size"),
    (#"\"layers\":2"#, #"\"layers\":1"#, "_l1"),
    (#"\"layers\":2"#, #"\"layers\":9"#, "rnn."),
    (#"\"output_size\":3"#, #"\"output_size\":4"#, "linear.weight"),
    (#"\"dropout\":0.25"#, #"\"dropout\":1.25"#, "dropout"),
    (#"\"head_dropout\":0.5"#, #"\"head_dropout\":1.5"#, "head_dropout"),
    (#"\"head\":\"last-step\""#, #"\"head\":\"past-step\""#, "past-step"),
    (#"\"kind\":\"one-hot\""#, #"\"kind\":\"one-hat\""#, "one-hat"),
    (#"\"symbols\":[97,98,99]"#, #"\"symbols\":[97,98,98]"#, "symbol 2"),
    (#"\"symbols\":[97,98,99]"#, #"\"symbols\":[97,98   ]"#, "it has 2 tokens"),
  ]

  @Test(arguments: faults.indices)
  func metadataFaultsAreNamed(index: Int) throws {
    let fault = Self.faults[index]
    let directory = try ScratchDirectory()
    let vocabulary = try Vocabulary(unit: .unicodeScalar, symbols: [97, 98, 99])
    try Model<Float>(configuration(), seed: 3, vocabulary: vocabulary).save(to: directory.file("model"))
    var bytes = try bytes(of: directory.file("model"))
    let place = try #require(Data(bytes).range(of: Data(fault.old.utf8)), "\(fault.old) is not in the file")
    precondition(fault.old.utf8.count == fault.new.utf8.count)
    bytes.replaceSubrange(place, with: Array(fault.new.utf8))
    let path = try directory.makeFile("faulty", resealed(bytes))
    do {
      _ = try Model<Float>(contentsOf: path)
      Issue.record("\(fault.new) was accepted")
    } catch {
      #expect(error.description.contains(fault.named), "\(error)")
      #expect(!error.description.contains("\n"))
    }
  }

  @Test func filesWithoutHeadDropoutHaveNone() throws {
    let directory = try ScratchDirectory()
    try Model<Float>(configuration(), seed: 3).save(to: directory.file("model"))
    var bytes = try bytes(of: directory.file("model"))
    let place = try #require(Data(bytes).range(of: Data(#"\"head_dropout\""#.utf8)))
    bytes.replaceSubrange(place, with: Array(#"\"____________\""#.utf8))
    let read = try Model<Float>(contentsOf: directory.makeFile("earlier", resealed(bytes)))
    #expect(read.configuration.headDropout == 0 && read.configuration.dropout == 0.25)
  }

  /// A configuration that lies must not cost memory or time.
  @Test func absurdSizesAreRefusedAtOnce() throws {
    let directory = try ScratchDirectory()
    try Model<Float>(configuration(), seed: 3).save(to: directory.file("model"))
    var bytes = try bytes(of: directory.file("model"))
    let old = Data(#"\"layers\":2"#.utf8)
    let place = try #require(Data(bytes).range(of: old))
    // 12 digits more: the header's length grows with them.
    bytes.replaceSubrange(place, with: Array(#"\"layers\":2000000000000"#.utf8))
    var length = UInt64(0)
    for index in (0..<8).reversed() { length = length << 8 | UInt64(bytes[index]) }
    length += 12
    for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: length >> UInt64(8 * index)) }
    let path = try directory.makeFile("large", resealed(bytes))
    let clock = ContinuousClock()
    let time = clock.measure {
      #expect(throws: CheckpointError.self) { try Model<Float>(contentsOf: path) }
    }
    #expect(time < .seconds(5))
  }

  /// Each byte of the file, one of its bits.
  @Test func everyDamagedByteIsFound() throws {
    let directory = try ScratchDirectory()
    let vocabulary = try Vocabulary(unit: .byte, symbols: [0, 10, 255])
    var model = try Model<Float>(
      ModelConfiguration(
        cell: .gru, input: .oneHot(vocabularySize: 3), hiddenSize: 2, layerCount: 1, outputSize: 3, head: .lastStep),
      seed: 3, vocabulary: vocabulary)
    model.annotations = ["note": "crc32c:01234567"]
    try model.save(to: directory.file("model"))
    let whole = try bytes(of: directory.file("model"))
    _ = try Model<Float>(bytes: whole, file: "whole")
    var generator = SeededGenerator(seed: 9)
    var mismatches = 0
    for index in whole.indices {
      var bytes = whole
      bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      let error = #expect(throws: CheckpointError.self, "byte \(index)") { try Model<Float>(bytes: bytes, file: "it") }
      if case .checksumMismatch = error { mismatches += 1 }
    }
    // Of the data all are, and of the header those that leave it one.
    #expect(mismatches > model.parameterCount * 4 + 100)
  }

  /// All bits where they decide whether a checksum is looked for at all.
  @Test func everyDamagedBitAroundTheChecksumIsFound() throws {
    let directory = try ScratchDirectory()
    try Model<Float>(configuration(), seed: 3).save(to: directory.file("model"))
    let whole = try bytes(of: directory.file("model"))
    let marks = ["\"format_version\":\"2\"", "\"checksum\":\"crc32c:"].map { Data(whole).range(of: Data($0.utf8)) }
    for mark in marks {
      let mark = try #require(mark)
      for index in mark.lowerBound..<mark.upperBound + 8 {
        for bit in 0..<8 {
          var bytes = whole
          bytes[index] ^= 1 << UInt8(bit)
          #expect(throws: CheckpointError.self, "byte \(index), bit \(bit)") {
            try Model<Float>(bytes: bytes, file: "it")
          }
        }
      }
    }
  }

  @Test func filesOfTheFirstVersionNeedNoChecksum() throws {
    let directory = try ScratchDirectory()
    let model = try Model<Float>(configuration(), seed: 3)
    try model.save(to: directory.file("model"))
    var bytes = try bytes(of: directory.file("model"))
    let version = try #require(Data(bytes).range(of: Data(#""format_version":"2"#.utf8)))
    bytes[version.upperBound - 1] = UInt8(ascii: "1")
    // With one it must be right.
    let error = #expect(throws: CheckpointError.self) { try Model<Float>(bytes: bytes, file: "it") }
    guard case .checksumMismatch(file: "it", let expected, let actual) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(expected.hasPrefix("crc32c:") && actual.hasPrefix("crc32c:") && expected != actual)
    _ = try Model<Float>(bytes: resealed(bytes), file: "it")
    let key = try #require(Data(bytes).range(of: Data(#""checksum""#.utf8)))
    bytes.replaceSubrange(key, with: Array(#""an other""#.utf8))
    #expect(try Model<Float>(bytes: bytes, file: "it")[parameter: "linear.bias"] == model[parameter: "linear.bias"])
    // In the second one is a must.
    bytes[version.upperBound - 1] = UInt8(ascii: "2")
    let missing = CheckpointError.invalidMetadata(file: "it", key: "checksum", reason: "it is missing")
    #expect(throws: missing) { try Model<Float>(bytes: bytes, file: "it") }
  }

  @Test func ownCellMustBeGivenAndMustMatch() throws {
    let directory = try ScratchDirectory()
    let path = directory.file("model")
    try Model<Float>(configuration(NamedCell(name: "mine")), seed: 3).save(to: path)
    #expect(throws: CheckpointError.self) { try Model<Float>(contentsOf: path) }
    #expect(throws: CheckpointError.self) { try Model<Float>(contentsOf: path, cell: NamedCell(name: "other")) }
    #expect(try Model<Float>(contentsOf: path, cell: NamedCell(name: "mine")).configuration.cell.name == "mine")
  }
}

/// An Elman cell under another name.
private struct NamedCell: RecurrentCell {
  let name: String
  let structure = CellStructure(gateCount: 1)

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    ElmanCell().forward(gates: &gates, previous: previous, next: &next, saved: &saved)
  }

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    ElmanCell().backward(gates: &gates, previous: previous, next: next, saved: saved, gradient: &gradient)
  }
}
