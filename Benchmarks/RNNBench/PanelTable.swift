import ArgumentParser
import Foundation
import Tasks

/// `rnn-bench panel`
struct PanelTable: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "panel",
    abstract: "Write a table of many series with covariates, to measure forecasts on.",
    discussion: """
      Daily sales of items with a weekly and a yearly season whose shape the items of a region share, wandering levels, \
      promotions that are known ahead, and noise: a CSV table with the columns unique_id, ds, y, promotion and region on standard \
      output. The same seed gives the same table.
      """)

  @Option(parsing: .unconditional, help: ArgumentHelp("Series.", valueName: "n"), transform: whole(1...1_000_000))
  var series = 1000

  @Option(parsing: .unconditional, help: ArgumentHelp("Days.", valueName: "n"), transform: whole(2...100_000))
  var steps = 1000

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Days after the last with promotions alone.", valueName: "n"),
    transform: whole(0...10_000))
  var ahead = 28

  @Option(parsing: .unconditional, help: "Share of values that are missing, from 0 to 1.")
  var missing = 0.0

  @Flag(help: "Let series begin at different days.")
  var ragged = false

  @Option(parsing: .unconditional, help: ArgumentHelp("Decides everything.", valueName: "n"))
  var seed: UInt64 = 0

  func validate() throws {
    guard (0...1).contains(missing) else { throw ValidationError("'--missing' expects a share from 0 to 1") }
  }

  func run() throws {
    var sales = PromotedSales(steps: steps)
    (sales.ahead, sales.missing, sales.isRagged) = (ahead, missing, ragged)
    let first = Date(timeIntervalSince1970: 1_577_836_800)
    let days = (0..<steps + ahead).map { day in
      first.addingTimeInterval(86_400 * Double(day)).formatted(.iso8601.year().month().day())
    }
    try say("unique_id,ds,y,promotion,region")
    for item in sales.items(series, seed: seed) {
      let lines = item.promotions.indices.map { step in
        let value = step < item.sales.count && !item.sales[step].isNaN ? String(item.sales[step]) : ""
        return "\(item.name),\(days[item.start + step]),\(value),\(Int(item.promotions[step])),\(item.region)"
      }
      try say(lines.joined(separator: "\n"))
    }
  }
}
