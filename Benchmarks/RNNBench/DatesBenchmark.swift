import ArgumentParser
import Foundation
import Recurrent
import Tasks

/// `rnn-bench dates`
struct DatesBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dates",
    abstract: "Learn to normalise dates with an encoder and decoder, without and with attention.",
    discussion: """
      Dates in English and French ("the 3rd of May 1984", "3 mai 1984") become "1984-05-03". Shows for each model the share of \
      1000 dates, on days that were in no training pair, that come out right as a whole: decoded greedily, and by a beam \
      search of width 5. The same seed gives the same result, at any number of threads.
      """)

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Updates, of 32 dates each.", valueName: "n"),
    transform: whole(1...1_000_000_000))
  var updates = 1000

  @Option(parsing: .unconditional, help: ArgumentHelp("Decides start values and data.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Threads; 0: one for each processor.", valueName: "n"),
    transform: whole(0...1024))
  var threads = 0

  func run() throws {
    try RNNBench.requireRelease()
    let task = DateNormalization()
    try say("| model | parameters | greedy | beam of 5 | training |")
    try say("|---|--:|--:|--:|--:|")
    var examples: [String] = []
    for attention in [nil, Attention.dot, .scaledDot] {
      var course = PairCourse(task, attention: attention, updates: updates)
      course.seed = seed
      course.threads = threads
      let clock = ContinuousClock()
      let start = clock.now
      let model = try course.run()
      let seconds = (clock.now - start).seconds
      let name = attention.map { "attention, \($0.rawValue)" } ?? "no attention"
      let greedy = try course.exactShare(of: model)
      let beam = try course.exactShare(of: model, beamWidth: 5)
      try say(
        "| \(name) | \(model.parameterCount) | \(percent(greedy)) | \(percent(beam)) | "
          + String(format: "%.1f s |", seconds))
      var decoder = try SequenceDecoder(
        model, sourceLength: task.sourceLength, options: .greedy(maximumLength: task.targetLength), threads: 1)
      for text in ["3 mai 1984", "the 22nd of November 1963"] {
        let found = decoder.decode(Sequences([task.tokens(text)]))[0][0]
        examples.append("\(name): \(text) → \(task.text(found.tokens))")
      }
    }
    for example in examples { try say(example) }
  }

  private func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
}
