import Recurrent
import Tables
import Storage

/// How far off forecasts are, beside those that need no network.
struct ForecastReport {
  struct Score {
    let method: String
    let column: String
    let meanSquaredError: Double
    /// Kept beside it: the squares of very small errors are no numbers any more.
    let rootMeanSquaredError: Double
    let meanAbsoluteError: Double
    /// The mean absolute error over the mean absolute step from value to value, or from season to season, before the
    /// held-out part (MASE, Hyndman & Koehler 2006). nil where the series never changes there.
    let scaledError: Double?
  }

  let horizon: Int
  /// Values that were compared, of each column.
  let count: Int
  let first: String
  let last: String
  private(set) var scores: [Score] = []
  /// Of a model that learned distributions, a column each.
  private(set) var distributions: [DistributionScore] = []

  /// What is compared with.
  struct Comparison {
    var season: Int?
    /// The order of a linear autoregression.
    var autoregression: Int?
  }

  /// Forecasts every stretch of `horizon` steps that begins at `start` or later.
  /// - Parameter start: the first step of the held-out part.
  /// - Precondition: at least `horizon` steps are held out.
  /// - Throws: where no autoregression can be fitted.
  init(
    _ forecaster: inout NetworkForecaster, name: String, _ series: Series, from start: Int, horizon: Int,
    _ with: Comparison, _ sampling: PathSampling
  ) throws(Failure) {
    let origins = Array(start...(series.count - horizon))
    self.horizon = horizon
    first = series.time.label(start)
    last = series.time.label(series.count - 1)
    let lag = forecaster.description.difference
    var methods: [(String, [Double])]
    if forecaster.description.likelihood == nil {
      methods = [(name, forecaster.forecasts(series.values, origins: origins, horizon: horizon))]
    } else {
      var sums = series.columns.map { DistributionScore.Sums(column: $0) }
      var medians: [Double] = []
      // Paths of all origins together may be too many to keep.
      for origin in origins {
        let sampled = forecaster.sampled(series.values, origins: [origin], horizon: horizon, sampling)[0]
        medians += sampled.medians
        for column in sums.indices { sums[column].add(sampled, series, column, from: origin) }
      }
      methods = [(name, medians)]
      distributions = sums.map(\.score)
    }
    methods.append(("last value", Baseline.lastValue(series, origins: origins, horizon: horizon)))
    if let season = with.season {
      methods.append(
        ("a season ago (\(season))", Baseline.seasonal(series, season: season, origins: origins, horizon: horizon)))
    }
    if let order = with.autoregression {
      methods.append(
        (
          "autoregression (\(order))",
          try Baseline.autoregression(series, order: order, lag: lag, end: start, origins: origins, horizon: horizon)
        ))
    }
    let width = series.width
    count = origins.count * horizon
    for (column, columnName) in series.columns.enumerated() {
      let scale = Self.meanStep(series, column: column, lag: with.season ?? 1, end: start)
      for (method, forecasts) in methods {
        var (squares, absolutes, compared) = (0.0, 0.0, 0.0)
        var scaled = ScaledSquares()
        for (number, origin) in origins.enumerated() {
          for ahead in 0..<horizon where series.isKnown[(origin + ahead) * width + column] {
            let error = forecasts[(number * horizon + ahead) * width + column] - series.value(origin + ahead, column)
            squares += error * error
            scaled.add(error)
            absolutes += abs(error)
            compared += 1
          }
        }
        scores.append(
          Score(
            method: method, column: columnName, meanSquaredError: squares / compared,
            rootMeanSquaredError: scaled.root / compared.squareRoot(), meanAbsoluteError: absolutes / compared,
            scaledError: scale > 0 ? absolutes / compared / scale : nil))
      }
    }
  }

  private static func meanStep(_ series: Series, column: Int, lag: Int, end: Int) -> Double {
    guard end > lag else { return 0 }
    return (lag..<end).reduce(0) { $0 + abs(series.value($1, column) - series.value($1 - lag, column)) }
      / Double(end - lag)
  }

  var description: String {
    let stretches = count / horizon
    let title =
      horizon == 1
      ? "1 step ahead, \(counted(stretches, "time")) from \(visible(first)) to \(visible(last))"
      : "1 to \(horizon) steps ahead, from \(stretches == 1 ? "1 start" : "each of \(grouped(stretches)) starts"), "
        + "\(visible(first)) to \(visible(last))"
    let isSingle = Set(scores.map(\.column)).count == 1
    var rows = [["", "MSE", "RMSE", "MAE", "MASE"]]
    var columnShown = ""
    for score in scores {
      if !isSingle, score.column != columnShown { rows.append([visible(score.column)]) }
      columnShown = score.column
      rows.append([
        (isSingle ? "" : "  ") + score.method, significant(score.meanSquaredError),
        significant(score.rootMeanSquaredError), significant(score.meanAbsoluteError),
        score.scaledError.map { $0 < 1e6 ? decimal($0, places: 3) : significant($0) } ?? "",
      ])
    }
    let intervals = distributions.isEmpty ? "" : "\n\n" + DistributionScore.text(distributions)
    return (isSingle ? "\(visible(scores[0].column)), " : "") + title + "\n" + table(rows, right: [1, 2, 3, 4])
      + intervals
  }

  var json: JSON {
    let distributions =
      distributions.isEmpty
      ? [] : [(key: "distributions", value: JSON.array(distributions.map(\.json)))]
    return .object(
      [
        (key: "horizon", value: .integer(horizon)), (key: "count", value: .integer(count)),
        (
          key: "scores",
          value: .array(
            scores.map {
              .object([
                (key: "method", value: .string($0.method)), (key: "column", value: .string($0.column)),
                (key: "mse", value: JSON(finite: $0.meanSquaredError)),
                (key: "mae", value: JSON(finite: $0.meanAbsoluteError)),
                (key: "mase", value: JSON(finite: $0.scaledError)),
              ])
            })
        ),
      ] + distributions)
  }
}
