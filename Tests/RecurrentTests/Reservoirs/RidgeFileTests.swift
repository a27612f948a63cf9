import Foundation
import Recurrent
import Testing

@Suite("Sums of a fit on disk")
struct RidgeFileTests {
  private func inTemporaryFile(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("sums-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  @Test("They go on as if they had never been away, to the bit")
  func goOn() throws {
    try inTemporaryFile { path in
      let problem = RidgeProblem(rows: 50, features: 4, targets: 2, seed: 3)
      let gram = try problem.gram()
      try gram.save(to: path, notes: ["penalty": "0.5", "from": "ä\nb"])
      var (loaded, notes) = try RidgeGram.load(contentsOf: path)
      #expect(loaded == gram)
      #expect(notes == ["penalty": "0.5", "from": "ä\nb"])
      var other = gram
      other.add(features: problem.flatFeatures, targets: problem.flatTargets)
      loaded.add(features: problem.flatFeatures, targets: problem.flatTargets)
      #expect(loaded == other)
    }
  }

  @Test("What is damaged, cut short or none of them is refused")
  func damaged() throws {
    try inTemporaryFile { path in
      #expect(throws: CheckpointError.missingFile(path)) { try RidgeGram.load(contentsOf: path) }
      try RidgeProblem(rows: 10, features: 3, targets: 1, seed: 3).gram().save(to: path)
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      bytes[bytes.count - 5] ^= 1
      try bytes.write(to: URL(fileURLWithPath: path))
      #expect(throws: CheckpointError.self) { try RidgeGram.load(contentsOf: path) }
      try bytes.dropLast(8).write(to: URL(fileURLWithPath: path))
      #expect(throws: CheckpointError.self) { try RidgeGram.load(contentsOf: path) }
      try Model<Float>(
        ModelConfiguration(cell: .gru, input: .vectors(size: 1), hiddenSize: 2, outputSize: 1), seed: 1
      ).save(to: path)
      #expect {
        try RidgeGram.load(contentsOf: path)
      } throws: {
        if case CheckpointError.foreignModel = $0 { true } else { false }
      }
    }
  }
}
