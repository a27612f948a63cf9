import Kernels
import Storage
import Tables

/// Forecasts that need no network, to compare with. All return [origins, horizon, C].
enum Baseline {
  /// The last known value stays.
  static func lastValue(_ series: Series, origins: [Int], horizon: Int) -> [Double] {
    forecasts(series, origins, horizon) { origin, _, column in series.value(origin - 1, column) }
  }

  /// The value of the same time of the last known season.
  /// - Precondition: origins are at least `season`.
  static func seasonal(_ series: Series, season: Int, origins: [Int], horizon: Int) -> [Double] {
    forecasts(series, origins, horizon) { origin, ahead, column in
      series.value(origin - season + ahead % season, column)
    }
  }

  private static func forecasts(
    _ series: Series, _ origins: [Int], _ horizon: Int, _ value: (_ origin: Int, _ ahead: Int, _ column: Int) -> Double
  ) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(origins.count * horizon * series.width)
    for origin in origins {
      for ahead in 0..<horizon { for column in 0..<series.width { result.append(value(origin, ahead, column)) } }
    }
    return result
  }

  /// A linear autoregression of each column on its own last `order` values and a constant, fitted to the steps before
  /// `end` by least squares; on differences where `lag` is above 0. Later steps are forecast from forecasts.
  /// - Precondition: `end` is at least lag + 2·order + 2, and origins at least lag + order.
  static func autoregression(
    _ series: Series, order: Int, lag: Int, end: Int, origins: [Int], horizon: Int
  ) throws(Failure) -> [Double] {
    let width = series.width
    var result = [Double](repeating: 0, count: origins.count * horizon * width)
    for column in 0..<width {
      let values = stride(from: column, to: series.values.count, by: width).map { series.values[$0] }
      let inputs = SeriesDescription.differences(values, width: 1, lag: lag)
      let scaling = Standardization(of: inputs[..<(end - lag)], width: 1)
      let scaled = inputs.map { ($0 - scaling.means[0]) / scaling.deviations[0] }
      let weights = try autoregressionWeights(scaled[..<(end - lag)], order: order)
      for (number, origin) in origins.enumerated() {
        var past = Array(scaled[(origin - lag - order)..<(origin - lag)])
        for ahead in 0..<horizon {
          let next = zip(past.suffix(order), weights).reduce(weights[order]) { $0 + $1.0 * $1.1 }
          past.append(next)
          let place = (number * horizon + ahead) * width + column
          result[place] = next * scaling.deviations[0] + scaling.means[0]
          guard lag > 0 else { continue }
          result[place] += ahead < lag ? values[origin + ahead - lag] : result[place - lag * width]
        }
      }
    }
    return result
  }

  /// The weights of the last `order` values, the oldest first, and a constant. A series without noise leaves some of them
  /// free; the least ones are then taken.
  private static func autoregressionWeights(
    _ values: ArraySlice<Double>, order: Int
  ) throws(Failure) -> [Double] {
    // LAPACK copies them into its own order.
    let numbers = 2 * (values.count - order) * (order + 1)
    guard numbers <= SystemMemory.available() / MemoryLayout<Double>.size else {
      throw Failure(
        message:
          "--autoregression \(order): the \(grouped(values.count - order)) rows of its least squares do not fit into "
          + "the memory available")
    }
    var rows: [Double] = []
    rows.reserveCapacity((values.count - order) * (order + 1))
    for end in order..<values.count {
      rows += values[(end - order)..<end]
      rows.append(1)
    }
    do throws(FactorizationError) {
      return try LeastSquares.solve(
        rows, rows: values.count - order, columns: order + 1, targets: Array(values[order...]))
    } catch {
      throw Failure(message: "--autoregression \(order): \(error)")
    }
  }
}
