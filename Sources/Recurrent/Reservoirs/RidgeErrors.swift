internal import Kernels

/// The errors of many penalties at once on rows that are gone through once more: exact leave-one-out (Allen's PRESS),
/// where the rows are those that were fitted to, or of rows that were left out.
public struct RidgeErrors: Sendable {
  /// What the rows are to the fit.
  public enum Rows: Sendable, Hashable {
    /// They are what it was fitted to: each error is that of a fit to all other rows, eᵢ/(1 − hᵢᵢ).
    case fitted
    /// They were left out of it.
    case leftOut
  }

  /// L, in the order of the errors.
  public let penalties: [Double]
  /// Rows so far.
  public private(set) var count = 0
  private let spectrum: RidgeSpectrum
  private let kind: Rows
  /// [N, L·O] and, for leverages, [N, L].
  private let coefficients: [Double]
  private let gains: [Double]
  /// [L] sums of squares.
  private var sums: [Double]

  /// - Parameters:
  ///   - spectrum: of the rows that were fitted to.
  ///   - penalties: one or more.
  ///   - kind: what the rows that come are to the fit.
  public init(_ spectrum: RidgeSpectrum, penalties: [Double], rows kind: Rows) {
    require(!penalties.isEmpty && penalties.allSatisfy { $0 >= 0 }, "expected penalties of 0 or more, got \(penalties)")
    (self.spectrum, self.penalties, self.kind) = (spectrum, penalties, kind)
    coefficients = spectrum.coefficients(penalties: penalties)
    let all = penalties.map { spectrum.gains(penalty: $0) }
    gains =
      kind == .fitted ? (0..<spectrum.featureCount).flatMap { unit in all.map { $0[unit] } } : []
    sums = [Double](repeating: 0, count: penalties.count)
  }

  /// Adds rows: features [rows, N] with targets [rows, O].
  public mutating func add(features: [Double], targets: [Double]) {
    let (width, outputs, levels) = (spectrum.featureCount, spectrum.targetCount, penalties.count)
    let rows = features.count / width
    require(
      features.count == rows * width && targets.count == rows * outputs,
      "expected rows of \(width) features and \(outputs) targets, got \(features.count) and \(targets.count)")
    guard rows > 0 else { return }
    var projected = spectrum.project(features, rows: rows)
    let fitted = DoubleProducts.product(
      projected, coefficients, rows: rows, inner: width, columns: levels * outputs)
    var leverages: [Double] = []
    if kind == .fitted {
      for index in projected.indices { projected[index] *= projected[index] }
      leverages = DoubleProducts.product(projected, gains, rows: rows, inner: width, columns: levels)
    }
    let ownShare = 1 / Double(spectrum.count)
    for row in 0..<rows {
      for level in 0..<levels {
        var squares = 0.0
        for output in 0..<outputs {
          let error =
            targets[row * outputs + output] - spectrum.targetMeans[output]
            - fitted[(row * levels + level) * outputs + output]
          squares += error * error
        }
        if kind == .fitted {
          // A row that alone decides its own fit says nothing of others.
          let rest = 1 - ownShare - leverages[row * levels + level]
          squares = rest > 1e-12 ? squares / (rest * rest) : .infinity
        }
        sums[level] += squares
      }
    }
    count += rows
  }

  /// [L] the mean squared error of an output with each penalty.
  public var meanSquaredErrors: [Double] { sums.map { $0 / Double(max(count, 1) * spectrum.targetCount) } }

  /// Adds the sums of other rows, left out of another fit.
  mutating func add(_ other: RidgeErrors) {
    for level in sums.indices { sums[level] += other.sums[level] }
    count += other.count
  }
}
