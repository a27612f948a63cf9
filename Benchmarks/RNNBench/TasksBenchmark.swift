import ArgumentParser
import Foundation
import Recurrent
import Tasks

/// `rnn-bench tasks`
struct TasksBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tasks",
    abstract: "Learn the published tasks for recurrent networks: adding, copying, arithmetic.",
    discussion: """
      Each line shows the task, the model, the updates until its goal was reached (or all of them), the error on 1000 \
      sequences that it was not trained on, the error of the best model without memory, and the time. Arithmetic is tried \
      on greater numbers at the end. Exit code 1 if a goal was not reached. The same seed gives the same result, at any number of threads.
      """)

  @Option(help: ArgumentHelp("One of adding, copying, addition, mul100; may be given several times. (default: all)"))
  var task: [PublishedTask] = []

  @Option(name: .customLong("cell"), help: "A cell; may be given several times. (default: those of the task)")
  var cells: [CellOption] = []

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The most updates. (default: those of the task)", valueName: "n"),
    transform: whole(1...1_000_000_000))
  var updates: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Decides start values and data.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Threads; 0: one for each processor.", valueName: "n"),
    transform: whole(0...1024))
  var threads = 0

  @Flag(help: "Show every test.")
  var verbose = false

  func run() throws {
    try RNNBench.requireRelease()
    try say(row(["task", "model", "updates", "error", "without memory", "time"]))
    try say("|---|---|--:|---|--:|--:|")
    var missed: [String] = []
    var afterwords: [String] = []
    for task in task.isEmpty ? PublishedTask.allCases : task {
      for cell in cells.isEmpty ? task.cells : cells.map(\.cell) {
        let course = try learn(task, cell, &afterwords)
        if let course { missed.append("\(course.task.name) (\(cell.name))") }
      }
    }
    for line in afterwords { try say(line) }
    if !missed.isEmpty { throw GoalsMissed(names: missed) }
  }

  /// - Returns: the course if its goal was missed.
  private func learn(
    _ task: PublishedTask, _ cell: any RecurrentCell, _ afterwords: inout [String]
  ) throws -> Course? {
    var course = task.course(cell, seed: seed)
    course.threads = threads
    if let updates { course.updates = updates }
    let clock = ContinuousClock()
    let start = clock.now
    let outcome = try course.run { update, error in
      if verbose { try? say("  \(update)  \(error)") }
    }
    let seconds = (clock.now - start).seconds
    try say(
      row([
        course.task.name, "\(cell.name), \(course.layerCount) × \(course.hiddenSize)", "\(outcome.updates)",
        "\(short(outcome.error)) \(course.task.errorName)",
        "\(short(course.task.baseline))", "\(String(format: "%.1f", seconds)) s",
      ]))
    if let line = try task.afterword(outcome.model, course) { afterwords.append(line) }
    return outcome.error < course.goal ? nil : course
  }

  private func short(_ error: Double) -> String { String(format: "%.2g", error) }

  private func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
}

/// Courses that used up their updates.
private struct GoalsMissed: Error, CustomStringConvertible {
  let names: [String]
  var description: String { "not learnt within the updates: \(names.joined(separator: ", "))" }
}
