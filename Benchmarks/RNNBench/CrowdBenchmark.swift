import ArgumentParser
import Foundation
import Recurrent

/// `rnn-bench crowd`
struct CrowdBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crowd",
    abstract:
      "Passes that step at once, each in a thread of its own: what workers cost that the processors cannot run.",
    discussion: """
      A layer without a head, I = H, Float; one sequence, one step a call. The sides, passes of so many threads, take turns; \
      shown is the median of the rounds: microseconds that a step took each pass, and the ratio to passes of one thread.
      """)

  @Option(name: .customLong("cell"), help: "A cell.") var cell = CellOption(argument: "lstm")!

  @Option(
    name: .customLong("hidden"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Hidden units; may be given several times. (default: 256, 512)", valueName: "h"),
    transform: whole(1...LayerShape.largestSize))
  var givenSizes: [Int] = []

  @Option(
    name: .customLong("tasks"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Passes at once; may be given several times. (default: 1, 4)", valueName: "n"),
    transform: whole(1...64))
  var givenTasks: [Int] = []

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Steps of each pass.", valueName: "n"), transform: whole(1...1_000_000))
  var steps = 2000

  @OptionGroup var measuring: MeasuringOptions

  func run() throws {
    try RNNBench.requireRelease()
    var rows = [
      ["H", "passes"] + measuring.threads.map { "\($0) threads" } + measuring.threads.dropFirst().map { "\($0) : 1" }
    ]
    for size in givenSizes.isEmpty ? [256, 512] : givenSizes {
      let configuration = ModelConfiguration(cell: cell.cell, input: .vectors(size: size), hiddenSize: size)
      let model = try Model<Float>(configuration, seed: 1)
      for tasks in givenTasks.isEmpty ? [1, 4] : givenTasks {
        var samples = measuring.threads.map { _ in [Double]() }
        for _ in 0..<measuring.rounds {
          for (side, threads) in measuring.threads.enumerated() {
            samples[side].append(try microseconds(model, tasks: tasks, threads: threads))
          }
        }
        let medians = samples.map(median)
        rows.append(
          ["\(size)", "\(tasks)"] + medians.map { String(format: "%.1f", $0) }
            + medians.dropFirst().map { String(format: "%.2f", $0 / medians[0]) })
      }
    }
    try say(table(rows, right: Set(rows[0].indices)))
  }

  /// Of a step of each pass, by the time in which all have taken theirs.
  private func microseconds(_ model: Model<Float>, tasks: Int, threads: Int) throws -> Double {
    _ = try Plan(
      model.configuration, steps: 1, batchSize: 1, purpose: .inference(loss: nil), scalar: Float.self)
    let (ready, start, end) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let steps = steps
    for _ in 0..<tasks {
      Thread.detachNewThread {
        // The memory for one suffices, as was asked above.
        guard var pass = try? InferencePass(model, steps: 1, batchSize: 1, threads: threads) else { return }
        let input = [Float](repeating: 0.5, count: model.configuration.input.size)
        for _ in 0..<10 { pass.run(vectors: input.span, continuing: true) }
        ready.signal()
        start.wait()
        for _ in 0..<steps { pass.run(vectors: input.span, continuing: true) }
        end.signal()
      }
    }
    for _ in 0..<tasks { ready.wait() }
    let time = seconds {
      for _ in 0..<tasks { start.signal() }
      for _ in 0..<tasks { end.wait() }
    }
    return time / Double(steps) * 1e6
  }
}
