import Recurrent
import RecurrentForecasting
import Reports
import Storage

/// The errors of methods, step ahead by step ahead.
struct HorizonErrors {
  /// MASE, or the error itself where nothing scales it.
  let name: String
  /// Of each method [horizon].
  private let methods: [(name: String, errors: [Double?])]

  init(_ methods: [(name: String, byHorizon: [ForecastScores])], isScaled: Bool) {
    name = isScaled ? "MASE" : "mean absolute error"
    self.methods = methods.map { ($0.name, $0.byHorizon.map { isScaled ? $0.mase : $0.meanAbsoluteError }) }
  }

  /// A header, and a row a step ahead.
  var rows: [[String]] {
    [["step"] + methods.map(\.name)]
      + (0..<(methods.first?.errors.count ?? 0)).map { ahead in
        ["\(ahead + 1)"]
          + methods.map { $0.errors[ahead].map { $0 < 1e6 ? decimal($0, places: 3) : significant($0) } ?? "" }
      }
  }

  var description: String { "\(name) by step ahead\n" + table(rows, right: Set(1...max(1, methods.count))) }

  var chart: LineChart {
    LineChart(
      "\(name) by step ahead", xTitle: "step ahead",
      lines: zip(methods, [.plain] + LineChart.Style.allCases).map { method, style in
        LineChart.Line(
          method.name, method.errors.enumerated().map { LineChart.Point(Double($0 + 1), $1 ?? .nan) }, style: style)
      }, isLogarithmic: false)
  }
}
