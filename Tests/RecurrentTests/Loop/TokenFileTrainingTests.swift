import Foundation
import Recurrent
import TestSupport
import Testing

/// Trainings that read their text from a token file.
@Suite("Training from token files")
struct TokenFileTrainingTests {
  let scratch: ScratchDirectory
  private let vocabulary: Vocabulary

  init() throws {
    scratch = try ScratchDirectory()
    vocabulary = try Vocabulary(unit: .byte, symbols: (0..<9).map { $0 })
  }

  private static let tokens = (0..<30_000).map { Int32($0 * $0 % 9) }

  private func file(_ width: TokenFile.Width = .bits8) throws -> TokenFile {
    let path = scratch.file("\(width).tokens")
    try TokenFile.write(to: path, vocabulary: vocabulary, width: width) { try $0.append(Self.tokens) }
    return try TokenFile(path: path)
  }

  private func loop(
    _ text: TokenSource, _ name: String, epochs: Int = 2, resuming: Bool = false,
    _ change: (inout TrainingOptions) -> Void = { _ in }
  ) throws -> TrainingLoop<Float> {
    let configuration = ModelConfiguration(
      cell: .gru, input: .oneHot(vocabularySize: 9), hiddenSize: 8, outputSize: 9, headDropout: 0.2)
    let trainer = try Trainer<Float>(
      Model(configuration, seed: 1), batchSize: 4, sequenceLength: 100, carriesState: true, threads: 1, seed: 2)
    let (training, validation) = text.divided(validationFraction: 0.1)
    var options = TrainingOptions(.epochs(epochs))
    options.generationLimit = 0
    options.savePause = .zero
    change(&options)
    return try TrainingLoop(
      trainer, TrainingData(TokenStreams(training, batchSize: 4, sequenceLength: 100)), options,
      validation: ValidationData(TokenStreams(validation, batchSize: 4, sequenceLength: 100)),
      checkpoint: scratch.file(name), resuming: resuming, replacing: !resuming)
  }

  @Test("Checkpoint for checkpoint the same bytes as from the text in memory", arguments: TokenFile.Width.allCases)
  func sameBits(width: TokenFile.Width) throws {
    func checkpoints(_ text: TokenSource, _ name: String) throws -> [Data] {
      var loop = try loop(text, name) { $0.saveInterval = 1 }
      var found: [Data] = []
      try loop.run { event in
        if case .saved(_, let path) = event { found.append(try Data(contentsOf: URL(fileURLWithPath: path))) }
      }
      return found
    }
    let memory = try checkpoints(TokenSource(Self.tokens), "memory.safetensors")
    #expect(memory.count == 2 * 67)
    #expect(try checkpoints(file(width).tokens, "file.safetensors") == memory)
  }

  @Test("An evaluation is that of the text in memory")
  func evaluation() throws {
    let configuration = ModelConfiguration(
      cell: .lstm, input: .oneHot(vocabularySize: 9), hiddenSize: 8, outputSize: 9)
    let model = try Model<Float>(configuration, seed: 1)
    #expect(try model.evaluate(file().tokens, threads: 1) == model.evaluate(Self.tokens, threads: 1))
    var both = configuration
    both.directions = .both(merge: .concatenate)
    let bidirectional = try Model<Float>(both, seed: 1)
    let part = try file().tokens.part(0..<700)
    #expect(try bidirectional.evaluate(part) == bidirectional.evaluate(Array(Self.tokens[..<700])))
  }

  @Test("A file that is cut while it is trained on: what was learnt is saved, and goes on when it is whole")
  func cut() throws {
    let whole = try loop(file().tokens, "whole.safetensors")
    try Self.run(whole)
    let expected = try Data(contentsOf: URL(fileURLWithPath: scratch.file("whole.safetensors")))
    // Wide tokens, so that the file has several blocks.
    let file = try file(.bits32)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
    let error = #expect(throws: TrainingError.self) {
      try Self.run(loop(file.tokens, "cut.safetensors")) { event in
        guard case .step(let step) = event, step.report.step == 7 else { return }
        // In place: a file that is replaced would stay what it was for those who have it open.
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file.path))
        try handle.truncate(atOffset: 4096 + 100)
      }
    }
    guard case .unreadableData(.wrongSize(file.path, bytes.count, _), let step, let saved)? = error else {
      return #expect(Bool(false), "\(error.map(\.description) ?? "none")")
    }
    #expect(step >= 7 && step < 67 && saved == step)
    #expect(try TrainingCheckpoint<Float>(contentsOf: scratch.file("cut.safetensors")).stepCount == step)
    try bytes.write(to: URL(fileURLWithPath: file.path))
    try Self.run(loop(TokenFile(path: file.path).tokens, "cut.safetensors", resuming: true))
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.file("cut.safetensors"))) == expected)
  }

  @Test("A file whose validation part is damaged: the last checkpoint is kept")
  func damagedValidation() throws {
    let file = try file(.bits32)
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file.path))
    try handle.seek(toOffset: UInt64(file.byteCount - 100))
    try handle.write(contentsOf: [0xFF])
    let error = #expect(throws: TrainingError.self) {
      try Self.run(loop(file.tokens, "model.safetensors") { $0.saveInterval = 8 })
    }
    guard case .unreadableData(.damaged, 67, 64)? = error else {
      return #expect(Bool(false), "\(error.map(\.description) ?? "none")")
    }
    #expect(try TrainingCheckpoint<Float>(contentsOf: scratch.file("model.safetensors")).stepCount == 64)
  }

  private static func run(
    _ loop: consuming TrainingLoop<Float>, _ hook: (TrainingEvent) throws -> Void = { _ in }
  ) throws {
    try loop.run(hook)
  }
}
