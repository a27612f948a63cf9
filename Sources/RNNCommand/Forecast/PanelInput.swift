import ArgumentParser
import Recurrent
import RecurrentForecasting
import Storage
import Tables

/// What of a table is forecast by one model: which columns are series, and what stands beside them.
struct PanelOptions: ParsableArguments {
  @Flag(help: "Take each column of numbers for a series, or those of --column, and forecast them by one model.")
  var wide = false

  @Option(
    help: ArgumentHelp(
      "Columns of numbers that are known ahead, such as prices and holidays, commas between them; with --wide those of all series. To "
        + "forecast, the table has rows after the last value that hold them. Of the combined method.",
      valueName: "names"))
  var covariates: String?

  @Option(
    help: ArgumentHelp(
      "Columns of numbers that are known afterwards only, such as the weather, commas between them. Of the combined method.",
      valueName: "names"))
  var pastCovariates: String?

  /// - Parameter columns: of a wide table the series, of others what is forecast.
  func request(columns: [String]) -> ForecastPanel.Request {
    ForecastPanel.Request(
      layout: wide ? .wide : nil, columns: columns, covariates: Self.names(covariates),
      pastCovariates: Self.names(pastCovariates))
  }

  static func names(_ list: String?) -> [String] {
    (list ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  static let optionNames = ["--wide", "--covariates", "--past-covariates"]

  func validate() throws {
    for (option, list) in [("--covariates", covariates), ("--past-covariates", pastCovariates)] {
      guard let list else { continue }
      let names = Self.names(list)
      if names.isEmpty || names.contains("") {
        throw ValidationError("'\(option)' expects names of columns, commas between them, got '\(list)'")
      }
    }
    let all = Self.names(covariates) + Self.names(pastCovariates)
    if let twice = all.indices.first(where: { all[..<$0].contains(all[$0]) }) {
      throw ValidationError("'--covariates' and '--past-covariates' name \(all[twice]) twice")
    }
  }
}

/// What a table holds for the combined method.
enum ForecastData {
  /// One series, with nothing beside it.
  case one(ForecastTarget)
  case many(ForecastPanel)
}

/// Several series, or one with covariates, as they are read from a table or a folder.
struct ForecastPanel {
  /// How a table holds its series.
  enum Layout: String {
    case long, wide, folder
  }

  /// What is asked of a table; that of a trained forecaster where it is given.
  struct Request {
    var layout: Layout?
    /// Of a wide table the series, of others the target alone.
    var columns: [String] = []
    var seriesColumns: [String] = []
    var covariates: [String] = []
    var pastCovariates: [String] = []

    var hasCovariates: Bool { !covariates.isEmpty || !pastCovariates.isEmpty }
  }

  let file: String
  let layout: Layout
  /// What the column of the series' names is called in results.
  let seriesTitle: String
  let seriesColumns: [String]
  /// What the column of the times is called in results.
  let timeTitle: String
  /// What is forecast; nil where each series is a column.
  let target: String?
  let series: [PanelSeries]
  /// Of each series.
  let times: [TimeAxis]
  /// How the rows were made regular.
  let timing: SeriesTiming

  /// The natural seasons of the steps.
  var seasons: [Int] { times.first?.seasons ?? [] }
  /// Steps of a year, if it is longer than those.
  var year: Double? { times.first?.year }
}

extension SeriesOptions {
  /// Reads what stands in the table: one series, or several.
  /// - Parameter request: what is asked of it by columns.
  /// - Throws: `TableError`.
  func data(_ request: ForecastPanel.Request) throws -> ForecastData { try rows.data(at: table, reading, request) }
}

extension SeriesRowOptions {
  /// The same of any table.
  /// - Parameter model: how the rows were made regular that a model was trained on, and its file.
  func data(
    at table: String, _ reading: TableOptions, _ request: ForecastPanel.Request,
    like model: (timing: SeriesTiming, file: String)? = nil
  ) throws -> ForecastData {
    var request = request
    if (try? FileStatus(of: table))?.kind == .directory { request.layout = .folder }
    var settled = try seriesReading(keeping: model?.timing, of: model?.file ?? "")
    if !GivenOptions.names.contains("--missing") { settled.missing = .interpolate }
    settled.covariates = request.covariates + request.pastCovariates
    if settled.seriesColumns.isEmpty { settled.seriesColumns = request.seriesColumns }
    let (collection, layout) = try collection(at: table, reading, request, settled)
    if layout == .long, collection.members.count == 1, !request.hasCovariates, request.layout == nil {
      Note.remarks(collection.remarks)
      return .one(ForecastTarget(collection.members[0].series, announcing: true))
    }
    Note.remarks(collection.remarks)
    return .many(try ForecastPanel(collection, layout, request, file: table, settled))
  }

  private func collection(
    at table: String, _ reading: TableOptions, _ request: ForecastPanel.Request, _ settled: SeriesReading
  ) throws -> (SeriesCollection, ForecastPanel.Layout) {
    let columns = request.columns.isEmpty ? nil : request.columns
    if request.layout == .folder {
      return (
        try SeriesCollection(
          tables: TableFolder.tables(at: table, reading.tableReading), columns: columns, settled), .folder
      )
    }
    let table = try CSVTable(path: table, reading.tableReading)
    Note.remarks(table.remarks)
    if request.layout == .wide {
      return (try SeriesCollection(sideBySide: table, columns: columns, settled), .wide)
    }
    let found = try SeriesCollection(table, columns: columns, settled)
    // Several columns of numbers: the first is what is forecast, and rows without it alone are still to come.
    guard columns == nil, let first = found.members.first?.series, first.width > 1,
      found.members.count > 1 || request.hasCovariates
    else { return (found, .long) }
    Note.note(
      "forecasting \(first.columns[0]), the first of \(counted(first.width, "column")) of numbers; --column chooses")
    return (try SeriesCollection(table, columns: [first.columns[0]], settled), .long)
  }
}

extension ForecastPanel {
  fileprivate init(
    _ collection: SeriesCollection, _ layout: Layout, _ request: Request, file: String, _ reading: SeriesReading
  ) throws {
    self.file = file
    self.layout = layout
    let members = collection.members
    seriesTitle = collection.seriesColumn ?? "unique_id"
    seriesColumns = collection.seriesColumn == nil ? [] : reading.seriesColumns
    timeTitle = members[0].series.time.name ?? "row"
    target = layout == .wide ? nil : members[0].series.columns[0]
    times = members.map(\.series.time)
    let timings = Set(members.map(\.series.timing))
    timing = timings.count == 1 ? members[0].series.timing : SeriesTiming(periods: reading.periods)
    let starts = TimeAxis.starts(times)
    if starts == nil, members.count > 1 {
      Note.note("the series have no step of time in common: each is taken to begin a season")
    }
    let known = request.covariates.count
    series = members.enumerated().map { number, member in
      let own = member.series
      let values = (0..<own.count).map { own.isKnown[$0 * own.width] ? own.value($0, 0) : .nan }
      var result = PanelSeries(
        member.name.isEmpty ? own.columns[0] : member.name, values: values, start: starts?[number] ?? 0)
      for (name, text) in zip(collection.staticColumns, member.statics) { result.statics[name] = text }
      for (place, name) in own.covariates.enumerated() {
        let width = own.covariates.count
        let numbers = (0..<own.count + own.futureCount).map { step in
          own.isCovariateKnown[step * width + place] ? own.covariateValues[step * width + place] : .nan
        }
        if place < known {
          result.knownAhead[name] = numbers
        } else {
          result.past[name] = Array(numbers.prefix(own.count))
        }
      }
      return result
    }
    var names: Set<String> = []
    for own in series where !names.insert(own.name).inserted {
      throw TableError(file, .other("two series are called \"\(printable(own.name, limit: 40))\""))
    }
    let missing = series.reduce(0) { $0 + $1.values.count { $0.isNaN } }
    if missing > 0 { Note.note("\(counted(missing, "missing value")), neither learnt nor scored") }
  }

  /// A series as one by itself.
  func target(_ number: Int) -> ForecastTarget {
    ForecastTarget(file: file, name: series[number].name, time: times[number], values: series[number].values)
  }

  /// How long the series are, in words.
  var lengths: String {
    let counts = series.map(\.values.count)
    let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
    return least == most ? counted(most, "step") : "\(grouped(least)) to \(counted(most, "step"))"
  }
}
