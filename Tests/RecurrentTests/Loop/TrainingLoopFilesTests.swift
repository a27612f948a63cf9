import Foundation
import Recurrent
import TestSupport
import Testing

/// What stands at a loop's checkpoint when it begins: gone on with, given up by choice, or refused.
@Suite("Files of a training loop")
struct TrainingLoopFilesTests {
  private func step(_ path: String) throws -> Int { try TrainingCheckpoint<Float>(contentsOf: path).stepCount }

  /// A training of 20 steps, with generations and a best model.
  private func train(_ path: String) throws {
    var loop = try TrainingLoop<Float>.of(.closure, path: path) { $0.generationLimit = 2 }
    try loop.run()
  }

  private func refusal(_ make: () throws -> TrainingLoop<Float>) throws -> String? {
    do {
      _ = try make()
      return nil
    } catch CheckpointError.occupied(_, let reason) {
      return reason
    }
  }

  @Test("Another training is not replaced without a word")
  func occupied() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("model.safetensors")
    try train(path)
    let before = try Set(FileManager.default.contentsOfDirectory(atPath: scratch.path))
    #expect(
      before == [
        "model.safetensors", "model-best.safetensors", "model-step-10.safetensors", "model-step-15.safetensors",
      ])
    let reason = try refusal { try TrainingLoop<Float>.of(.closure, path: path) }
    #expect(reason?.contains("another training, of step 20") == true, "\(reason ?? "went on")")
    #expect(reason?.contains("replacing: true") == true)
    #expect(try step(path) == 20)
    #expect(try Set(FileManager.default.contentsOfDirectory(atPath: scratch.path)) == before)
    // A best model alone, and a generation alone, are something, too.
    try FileManager.default.removeItem(atPath: path)
    #expect(try refusal { try TrainingLoop<Float>.of(.closure, path: path) } != nil)
    for name in before where name.contains("step") { try FileManager.default.removeItem(atPath: scratch.file(name)) }
    #expect(try refusal { try TrainingLoop<Float>.of(.closure, path: path) }?.contains("a model") == true)
    // An empty file is nothing.
    try scratch.makeFile("empty.safetensors", "")
    #expect(try refusal { try TrainingLoop<Float>.of(.closure, path: scratch.file("empty.safetensors")) } == nil)
  }

  @Test("Replaced by choice, an earlier training leaves nothing beside the new one", arguments: [false, true])
  func replaced(hasValidation: Bool) throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("model.safetensors")
    try train(path)
    let parts = try LoopTask.closure.parts(epochs: 1)
    let (data, held, options) = (parts.data, parts.held, parts.options)
    var loop = try TrainingLoop(
      parts.trainer, data, options, validation: hasValidation ? held : nil, checkpoint: path, replacing: true)
    // Nothing is lost before there is something new.
    #expect(try step(path) == 20)
    try loop.run()
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path).filter { $0.hasSuffix("safetensors") }
    #expect(Set(names) == Set(["model.safetensors"] + (hasValidation ? ["model-best.safetensors"] : [])))
    #expect(try step(path) == 5)
  }

  @Test("What is no model of this package is never replaced")
  func foreign() throws {
    let scratch = try ScratchDirectory()
    let files = [
      "notes.txt": "my notes", "data.csv": "a,b\n1,2\n", "x.json": "{}", "zip.safetensors": "PK\u{3}\u{4}abcdefgh",
    ]
    for (name, text) in files {
      let path = try scratch.makeFile(name, text)
      for replacing in [false, true] {
        let reason = try refusal { try TrainingLoop<Float>.of(.closure, path: path, replacing: replacing) }
        #expect(reason?.contains("no model of Recurrent") == true, "\(name): \(reason ?? "went on")")
      }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
  }

  @Test("A checkpoint of its own under the name of a best model stays")
  func ownBest() throws {
    let scratch = try ScratchDirectory()
    let (path, other) = (scratch.file("model.safetensors"), scratch.file("model-best.safetensors"))
    for path in [other, path] {
      let parts = try LoopTask.closure.parts(epochs: 1)
      let data = parts.data
      var loop = try TrainingLoop(parts.trainer, data, parts.options, checkpoint: path)
      try loop.run()
    }
    let parts = try LoopTask.closure.parts(epochs: 2)
    let data = parts.data
    var loop = try TrainingLoop(parts.trainer, data, parts.options, checkpoint: path, replacing: true)
    try loop.run()
    #expect(try step(path) == 10 && step(other) == 5)
  }

  @Test("A second loop on the same files is told that this program has them")
  func locked() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("model.safetensors")
    let first = try TrainingLoop<Float>.of(.closure, path: path)
    do {
      _ = try TrainingLoop<Float>.of(.closure, path: path)
      Issue.record("two loops on one file")
    } catch let error as CheckpointError {
      #expect("\(error)".hasSuffix("is being written by another training of this program"), "\(error)")
    }
    #expect(first.totalSteps == 20)
  }

  @Test("A resumed loop names the settings that it does not take from its trainer, once")
  func resumption() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("model.safetensors")
    do {
      var loop = try TrainingLoop<Float>.of(.closure, path: path, epochs: 2)
      #expect(loop.resumption == nil)
      try loop.run { event in if case .resumed = event { Issue.record("went on from nothing") } }
    }
    for isOther in [false, true] {
      var parts = try LoopTask.closure.parts(epochs: 3)
      if isOther {
        parts.trainer.settings.schedule = .constant
        parts.trainer.settings.optimizer.learningRate = 0.5
      }
      let data = parts.data
      var loop = try TrainingLoop(parts.trainer, data, parts.options, checkpoint: path, resuming: true)
      var told: [TrainingResumption] = []
      let first = loop.trainer.stepCount
      for stop in [first + 1, first + 2] {
        try loop.run { event in
          if case .resumed(let resumption) = event { told.append(resumption) }
          if case .step(let step) = event, step.report.step == stop { throw CancellationError() }
        }
      }
      #expect(told.count == 1 && told[0].file == path && told[0].step == (isOther ? 12 : 10))
      #expect(told[0].otherSettings == (isOther ? ["optimizer", "schedule"] : []))
      #expect("\(told[0])".contains("optimizer, schedule") == isOther)
      #expect(loop.trainer.settings.optimizer.learningRate == 0.02)
    }
  }
}
