import Recurrent
import RecurrentForecasting
import Reports
import Storage
import Tables

/// A global forecaster of a file, and what is known of the tables that it was made of.
struct SavedGlobalForecaster {
  var forecaster: GlobalForecaster
  let file: String

  /// - Throws: `CheckpointError`.
  init(_ opened: SafetensorsFile) throws(CheckpointError) {
    forecaster = try GlobalForecaster(opened)
    file = opened.file
  }

  private static let (layoutNote, targetNote, seriesNote) = ("layout", "column", "series_columns")
  private static let (lastNote, nextNote) = ("last:", "next:")

  static func note(_ panel: ForecastPanel, in forecaster: inout GlobalForecaster) {
    forecaster.notes[layoutNote] = panel.layout.rawValue
    forecaster.notes[targetNote] = panel.target
    if !panel.seriesColumns.isEmpty { forecaster.notes[seriesNote] = panel.seriesColumns.joined(separator: "\n") }
    forecaster.notes.merge(panel.timing.notes) { _, own in own }
    for (series, time) in zip(panel.series, panel.times) where time.name != nil {
      let count = series.values.count
      forecaster.notes[lastNote + series.name] = time.label(count - 1)
      forecaster.notes[nextNote + series.name] = time.isNamed(count) ? time.label(count) : nil
    }
  }

  /// How the rows were made regular that it knows.
  var timing: SeriesTiming { SeriesTiming(notes: forecaster.notes) ?? SeriesTiming() }

  /// What a table must hold for it.
  /// - Parameter column: that is asked for; nil: the one that it was trained on.
  func request(column: String?) -> ForecastPanel.Request {
    var request = ForecastPanel.Request()
    request.layout = forecaster.notes[Self.layoutNote].flatMap(ForecastPanel.Layout.init) ?? .long
    request.columns =
      request.layout == .wide && column == nil
      ? forecaster.series.map(\.name) : [column ?? forecaster.notes[Self.targetNote]].compactMap { $0 }
    request.seriesColumns = forecaster.notes[Self.seriesNote]?.split(separator: "\n").map(String.init) ?? []
    request.covariates = forecaster.covariateNames
    request.pastCovariates = forecaster.pastCovariateNames
    return request
  }

  /// The panel of a table that was read as `request` says.
  func panel(
    at table: String, _ rows: SeriesRowOptions, _ reading: TableOptions, column: String?
  ) throws -> ForecastPanel {
    let data = try rows.data(at: table, reading, request(column: column), like: (timing, file))
    guard case .many(let panel) = data else {
      stop("a layout that is given makes a panel")
    }
    return panel
  }

  /// The same before the last `holdOut` rows of each series of a table that holds the values they were fitted to.
  /// - Returns: the forecaster, and of each series the row of the table at which its forecast begins.
  /// - Throws: `Failure`, where a series is not known, or its values are others.
  func placed(on panel: ForecastPanel, holdOut: Int) throws -> (forecaster: GlobalForecaster, starts: [Int]) {
    let known = Dictionary(uniqueKeysWithValues: forecaster.series.map { ($0.name, $0) })
    var (parts, starts): ([PanelSeries], [Int]) = ([], [])
    for own in panel.series {
      guard let fitted = known[own.name] else { throw unknown(own.name, panel) }
      guard let first = SavedForecaster.place(of: fitted.values, in: own.values) else {
        throw Failure(
          message: "\(panel.file) does not hold the rows of series \(printable(own.name, limit: 40)) that \(file) was "
            + "fitted to: give the whole table, or 'rnn forecast update' it with new rows")
      }
      let end = own.values.count - holdOut
      guard end > first else {
        throw Failure(
          message: "\(panel.file): --hold-out \(holdOut) leaves no row of series \(printable(own.name, limit: 40))")
      }
      var part = own.dropFirst(first).prefix(end - first)
      (part.start, part.statics) = (fitted.start, fitted.statics)
      parts.append(part)
      starts.append(end)
    }
    do throws(ForecastingError) { return (try forecaster.on(parts), starts) } catch {
      throw Failure(message: "\(panel.file): \(error)")
    }
  }

  private func unknown(_ name: String, _ panel: ForecastPanel) -> Failure {
    Failure(
      message:
        "\(panel.file): \(file) was not fitted to a series \(printable(name, limit: 40)); --series takes one that "
        + "it knows, 'rnn forecast train' fits to all")
  }

  /// Takes the rows of a table: those that are known and later ones, or later ones alone.
  /// - Returns: how many of them are new.
  /// - Throws: `Failure` where a series is not known, or a table neither holds its last row nor begins with the next.
  mutating func take(_ panel: ForecastPanel) throws -> Int {
    let known = Dictionary(uniqueKeysWithValues: forecaster.series.map { ($0.name, $0) })
    var (news, count): ([PanelSeries], Int) = ([], 0)
    for (own, time) in zip(panel.series, panel.times) {
      guard let fitted = known[own.name] else { throw unknown(own.name, panel) }
      var first = 0
      if let start = SavedForecaster.place(of: fitted.values, in: own.values) {
        first = start + fitted.values.count
      } else if let last = forecaster.notes[Self.lastNote + own.name],
        let row = own.values.indices.last(where: { time.label($0) == last })
      {
        first = row + 1
      } else if let next = forecaster.notes[Self.nextNote + own.name], time.label(0) != next {
        throw Failure(
          message:
            "\(panel.file): series \(printable(own.name, limit: 40)) begins with \(time.label(0)) where \(file) ends "
            + "with \(forecaster.notes[Self.lastNote + own.name] ?? "the row before"): the next row is \(next); give the "
            + "table from there on, or train anew")
      }
      news.append(own.dropFirst(first))
      count += own.values.count - first
    }
    do throws(ForecastingError) { try forecaster.update(with: news) } catch {
      throw Failure(message: "\(panel.file): \(error)")
    }
    Self.note(panel, in: &forecaster)
    return count
  }
}

/// What `rnn forecast predict` prints of a global forecaster: a row for each series and step, as statsforecast has them.
struct GlobalPrediction {
  let panel: ForecastPanel
  let forecasts: [RecurrentForecasting.Forecast]
  /// Of each series the row of the table at which its forecast begins.
  let starts: [Int]
  let horizon: Int
  let levels: [Double]
  /// Whether what came stands beside.
  let truths: Bool

  private var truthTitle: String { panel.target ?? "value" }

  private func prediction(_ number: Int) -> CombinedPrediction {
    CombinedPrediction(
      forecast: forecasts[number], target: panel.target(number), start: starts[number], horizon: horizon,
      levels: levels)
  }

  func rows() -> [[String]] {
    var result: [[String]] = []
    for (number, series) in panel.series.enumerated() {
      let own = prediction(number).rows(truths: truths)
      if number == 0 {
        let names = own[0].dropFirst().dropLast(truths ? 1 : 0)
        result.append([panel.seriesTitle, panel.timeTitle] + names + (truths ? [truthTitle] : []))
      }
      for row in own.dropFirst() { result.append([series.name] + row) }
    }
    return result
  }

  /// The same of sample paths, a row for each series, path and step.
  func pathRows(_ sampling: PathSampling) -> [[String]] {
    [[panel.seriesTitle, "path", panel.timeTitle, truthTitle]]
      + panel.series.indices.flatMap { number in
        prediction(number).pathRows(sampling).dropFirst().map { [panel.series[number].name] + $0 }
      }
  }

  /// An object for each series and step.
  func json() -> JSON {
    .array(
      panel.series.indices.flatMap { number -> [JSON] in
        let name = panel.series[number].name
        return prediction(number).steps(truth: truths ? truthTitle : nil).map {
          .object([(key: panel.seriesTitle, value: .string(name))] + $0)
        }
      })
  }

  func page(_ forecaster: GlobalForecaster, history: Int?) -> ForecastPage {
    let bands = levels.map { short($0) + " %" }.joined(separator: ", ")
    let more = panel.series.count - Self.mostPanels
    return ForecastPage(
      title: "Forecast of \(counted(panel.series.count, "series", plural: "series"))",
      summary: "\(counted(horizon, "step")) of each series of \(panel.file), by one model.",
      sections: [
        .forecast(
          charts(history: history), rows: rows(), labels: 2,
          note: "Intervals in which so many values should lie: \(bands)."
            + (more > 0 ? " \(counted(more, "series", plural: "series")) more are not drawn." : "")),
        Section("What was chosen", [.paragraph(forecaster.description + ".")]),
      ], data: json())
  }

  /// As many as a plot has room for.
  static let mostPanels = 12

  /// Says how many series are not drawn.
  static func noteUndrawn(_ count: Int) {
    guard count > 0 else { return }
    Note.note("\(counted(count, "series", plural: "series")) more are not drawn; --series takes one")
  }

  func charts(history: Int?) -> [LineChart] {
    panel.series.indices.prefix(Self.mostPanels).map { prediction($0).chart(history: history) }
  }
}
