import Foundation
import Recurrent
import Testing

/// A child of `fork` has the caller's thread alone: what it was given of its parent works on with that.
@Suite("Forked processes")
struct ForkTests {
  private typealias Fork = @convention(c) () -> pid_t

  /// Runs `body` in a forked child.
  /// - Returns: its exit code; nil where it was ended by a signal, or by us after a minute.
  private static func inChild(_ body: () throws -> Bool) throws -> CInt? {
    // Swift does not offer `fork`, for good reasons: a child may do little where other threads held locks.
    let fork = unsafe unsafeBitCast(try #require(dlsym(nil, "fork")), to: Fork.self)
    let child = fork()
    if child == 0 { _exit((try? body()) == true ? 0 : 1) }
    try #require(child > 0)
    var status: CInt = 0
    for _ in 0..<6000 {
      if unsafe waitpid(child, &status, WNOHANG) == child { return status & 0x7F == 0 ? status >> 8 : nil }
      usleep(10_000)
    }
    kill(child, SIGKILL)
    unsafe waitpid(child, &status, 0)
    return nil
  }

  @Test("A training and an inference go on in a child, to the same bits")
  func goesOn() async {
    await #expect(processExitsWith: .success) {
      let configuration = ModelConfiguration(
        cell: .gru, input: .vectors(size: 4), hiddenSize: 32, layerCount: 2, outputSize: 3)
      let model = try Model<Float>(configuration, seed: 1)
      var trainer = try Trainer(model, batchSize: 16, sequenceLength: 6, loss: .meanSquaredError, threads: 3)
      var pass = try InferencePass(model, steps: 6, batchSize: 128, threads: 3)
      var generator = SeededGenerator(seed: 2)
      let inputs = (0..<6 * 128 * 4).map { _ in Float(generator.uniform(-1, 1)) }
      let input = ModelInput<Float>.vectors(Array(inputs.prefix(6 * 16 * 4)))
      let target = ModelTarget<Float>.values(Array(inputs.prefix(6 * 16 * 3)))
      _ = trainer.step(input, target)
      pass.run(.vectors(inputs))
      let outputs = pass.outputs

      // What the child computes is told by a file.
      let path = FileManager.default.temporaryDirectory.appending(path: "fork-\(UUID().uuidString)").path
      defer { try? FileManager.default.removeItem(atPath: path) }
      let code = try Self.inChild {
        pass.run(.vectors(inputs))
        let isSame = pass.outputs == outputs
        _ = trainer.step(input, target)
        try trainer.model().save(to: path)
        // A new one has threads of its own.
        var new = try Trainer(model, batchSize: 16, sequenceLength: 6, loss: .meanSquaredError, threads: 3)
        return new.step(input, target).isFinite && isSame
      }
      #expect(code == 0)
      _ = trainer.step(input, target)
      #expect(try Model<Float>(contentsOf: path).block == trainer.model().block)
    }
  }
}
