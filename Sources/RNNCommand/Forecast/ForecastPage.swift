import RecurrentForecasting
import Reports
import Storage
import Tables

/// The page of `--report` of forecasts: what is forecast, what was chosen, what it is worth.
struct ForecastPage {
  var title: String
  var summary: String
  var sections: [Section]
  /// For whoever goes on with the page.
  var data: JSON?

  func write(to path: String) throws(Failure) {
    let text = data.flatMap { try? $0.serialized() }.map { String(decoding: $0, as: UTF8.self) }
    try replaceFile(path, with: Page(title: title, summary: summary, sections: sections, data: text).html)
  }
}

extension Section {
  private static let mostRows = 400

  /// A table whose first row is its header, and whose later rows may be too many for a page.
  static func numbers(_ caption: String, _ rows: [[String]]) -> Block {
    let more = rows.count - 1 - mostRows
    return .table(
      Table(
        caption: caption + (more > 0 ? " (\(grouped(more)) more rows are not shown)" : ""), header: rows.first ?? [],
        rows: Array(rows.dropFirst().prefix(mostRows)), kind: .numbers))
  }

  /// A forecast with its intervals.
  /// - Parameters:
  ///   - rows: as they are written, the header first.
  ///   - labels: columns at the beginning that name the row.
  static func forecast(_ charts: [LineChart], rows: [[String]], labels: Int = 1, note: String) -> Section {
    let rounded = rows.map { row in row.enumerated().map { $0 < labels ? $1 : Double($1).map(significant) ?? $1 } }
    return Section("Forecast", [.paragraph(note)] + charts.map { .chart($0) } + [numbers("", rounded)])
  }

  /// Methods and what became of them.
  static func choices(_ forecaster: Forecaster) -> Section {
    let choices = forecaster.choices
    let rows = choices.map { choice in
      [
        choice.name, decimal(choice.error, places: 2),
        choice.networkShare.map { "\(decimal(100 * $0, places: 0)) %" } ?? "",
        choice.counts ? "counts" : "dropped",
      ]
    }
    let text =
      choices.isEmpty
      ? "The series was too short to rehearse: exponential smoothing, Theta and an autoregression count."
      : "Methods by their errors at earlier origins of the series, relative to the best one's. The forecast is the median of those that "
        + "count; the network's share is how much of its corrections is added."
    let table = [["", "error", "network's share", ""]] + rows
    return Section(
      "What was chosen",
      [.paragraph(text)] + (choices.isEmpty ? [] : [numbers("", table)])
        + [.paragraph(forecaster.facts.joined(separator: "; ") + ".")])
  }

  /// Scores, and errors by step ahead.
  static func scores(_ backtest: Backtest) -> [Section] {
    scores(backtest.scoreRows, verdict: backtest.verdict, backtest.horizonErrors)
  }

  static func scores(_ rows: [[String]], verdict: String?, _ errors: HorizonErrors) -> [Section] {
    [
      Section(
        "Scores",
        (verdict.map { [.paragraph($0 + ".")] } ?? []) + [
          numbers("", rows), .paragraph(ForecastBacktest.scoresDocumentation),
        ]),
      Section("Errors by step ahead", [.chart(errors.chart), numbers(errors.name, errors.rows)]),
    ]
  }

  static func facts(_ rows: [[String]]) -> Section { Section("Data", [.table(Table(rows: rows, kind: .facts))]) }
}

extension ForecastTarget {
  /// What a page says of it.
  var facts: [[String]] {
    let known = values.indices.filter { values[$0].isFinite }
    return [
      ["table", file], ["column", name], ["rows", grouped(values.count)],
      ["from, to", (known.first.map(time.label) ?? "") + ", " + (known.last.map(time.label) ?? "")],
      ["missing values", grouped(missingCount)],
    ] + (time.step.map { [["rows are", $0.description]] } ?? [])
  }
}

extension Backtest {
  func page(_ target: ForecastTarget) -> ForecastPage {
    let origins = Table(
      rows: runs.map { [target.time.label($0.origin), $0.choices] }, kind: .facts)
    return ForecastPage(
      title: "Backtest of \(target.name)", summary: title(target.name) + (verdict.map { "; " + $0 } ?? "") + ".",
      sections: [
        Section(
          "Forecasts",
          [
            .paragraph(
              "From each origin everything was fitted anew to what lies before it. Shaded: intervals of 80 and 95 %."),
            .chart(chart(target)),
          ])
      ] + Section.scores(self) + [Section("Chosen at each origin", [.table(origins)]), .facts(target.facts)],
      data: json(byHorizon: true))
  }
}
