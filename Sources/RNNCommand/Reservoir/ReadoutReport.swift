import Recurrent
import Storage
import Tables

/// How far off the columns are that a model gives from others.
struct ReadoutReport {
  struct Score {
    let column: String
    /// Values that were compared.
    let count: Int
    let rootMeanSquaredError: Double
    let meanAbsoluteError: Double
    /// The root mean squared error over the values' deviation: 1 where nothing but their mean is known. nil where they never change.
    let normalizedError: Double?
  }

  let scores: [Score]
  private let rows: (count: Int, first: String, last: String)

  /// - Parameters:
  ///   - outputs: [T, targets], of all rows, in the columns' units.
  ///   - series: inputs and targets.
  ///   - start: the first row to compare.
  /// - Precondition: a value of each target is known there.
  init(_ outputs: [Double], _ description: ReadoutDescription, _ series: Series, from start: Int) {
    let width = description.targets.count
    scores = description.targets.enumerated().map { target, name in
      let column = description.inputs.count + target
      let steps = (start..<series.count).filter { series.isKnown[$0 * series.width + column] }
      let truths = steps.map { series.value($0, column) }
      let errors = steps.map { outputs[$0 * width + target] - series.value($0, column) }
      let count = Double(steps.count)
      let mean = truths.reduce(0) { $0 + $1 / count }
      let (root, deviation) = (Self.root(errors), Self.root(truths.map { $0 - mean }))
      return Score(
        column: name, count: steps.count, rootMeanSquaredError: root,
        meanAbsoluteError: errors.reduce(0) { $0 + abs($1) / count },
        normalizedError: deviation > 0 ? root / deviation : nil)
    }
    rows = (series.count - start, series.time.label(start), series.time.label(series.count - 1))
  }

  /// The root of the mean of squares.
  private static func root(_ values: [Double]) -> Double {
    var squares = ScaledSquares()
    for value in values { squares.add(value) }
    return squares.root / Double(values.count).squareRoot()
  }

  var description: String {
    let header = ["", "RMSE", "MAE", "RMSE / deviation"]
    return "\(counted(rows.count, "step")), \(visible(rows.first)) to \(visible(rows.last))\n"
      + table(
        [header]
          + scores.map {
            [
              visible($0.column), significant($0.rootMeanSquaredError), significant($0.meanAbsoluteError),
              $0.normalizedError.map(significant) ?? "",
            ]
          }, right: [1, 2, 3])
  }

  var json: JSON {
    .object([
      (
        key: "scores",
        value: .array(
          scores.map {
            .object([
              (key: "column", value: .string($0.column)), (key: "count", value: .integer($0.count)),
              (key: "rmse", value: JSON(finite: $0.rootMeanSquaredError)),
              (key: "mae", value: JSON(finite: $0.meanAbsoluteError)),
              (key: "nrmse", value: JSON(finite: $0.normalizedError)),
            ])
          })
      )
    ])
  }
}
