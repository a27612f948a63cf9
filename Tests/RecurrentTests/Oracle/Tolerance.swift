import Recurrent
import Testing

/// The error that a tracked number allows to a computation in the precision of S.
///
/// u·`error` for the computation, 2⁻⁵³·`error` for the oracle itself (or PyTorch), and as much again for second-order
/// terms and for formulas that are the same on paper only: GRU's z·(h' − n) + n for (1 − z)·n + z·h'. Numbers below the
/// normal ones are flushed to zero.
func tolerance<S: Scalar>(_ tracked: Tracked, _ scalar: S.Type) -> Double {
  let unit = Double(S.ulpOfOne) / 2
  return 2 * (unit + 0x1p-53) * tracked.error + Double(S.leastNormalMagnitude) * 0x1p20
}

/// How far numbers lie from the expected ones, in tolerances, and where that is most. What is not a number is farthest.
func worstRatio<S: Scalar>(_ actual: [S], _ expected: [Tracked]) -> (ratio: Double, index: Int) {
  precondition(actual.count == expected.count, "\(actual.count) numbers where \(expected.count) were expected")
  var worst = (ratio: -1.0, index: 0)
  for (index, (x, y)) in zip(actual, expected).enumerated() {
    let ratio = abs(Double(x) - y.value) / tolerance(y, S.self)
    if ratio.isNaN { return (ratio, index) }
    if ratio > worst.ratio { worst = (ratio, index) }
  }
  return worst
}

/// Whether no tolerance is wider than 2¹⁸ roundoffs of the largest number.
func hasMeaning<S: Scalar>(_ expected: [Tracked], _ scalar: S.Type) -> Bool {
  guard let widest = expected.map({ tolerance($0, S.self) }).max() else { return true }
  let largest = expected.map { abs($0.value) }.max()!
  return widest <= max(largest, 0x1p-10) * Double(S.ulpOfOne) / 2 * 0x1p18
}

/// Expects every number within its tolerance, and the tolerances to mean something: no error could pass that is more
/// than 2¹⁸ roundoffs of the largest number, 1 in 64 in single and 3·10⁻¹¹ in double precision.
///
/// - Parameters:
///   - cell: whose account the comparison goes on.
///   - method: where the expected numbers come from.
func expectWithinBounds<S: Scalar>(
  _ actual: [S], _ expected: [Tracked], _ what: String, _ cell: OracleCell, method: Ledger.Method = .oracle,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record(
      "\(what): \(actual.count) numbers where \(expected.count) were expected", sourceLocation: sourceLocation)
    return
  }
  guard !actual.isEmpty else { return }
  let worst = worstRatio(actual, expected)
  let widest = expected.map { tolerance($0, S.self) }.max()!
  let largest = expected.map { abs($0.value) }.max()!
  Ledger.enter(method, cell, S.self, count: actual.count, worst: worst.ratio)
  let index = worst.index
  #expect(
    worst.ratio <= 1,
    """
    \(what)[\(index)] is \(actual[index]), expected \(expected[index].value) ± \
    \(tolerance(expected[index], S.self)): \(worst.ratio) times the bound
    """, sourceLocation: sourceLocation)
  #expect(
    hasMeaning(expected, S.self),
    "\(what): a bound of \(widest) on numbers of at most \(largest) tests nothing", sourceLocation: sourceLocation)
}

/// What rounding may do to two computations of the same numbers that add in different orders, where no oracle knows the
/// bound: with the masks of dropout, or in more steps than it can solve.
///
/// A sum of n terms is off by n·u times the sum of their magnitudes, and what a cell makes of it by some more roundings.
/// Each step of each layer does so once on the way forward and once on the way back, and the errors add; that they do not
/// multiply is how `Problem.random` and the initialization draw the weights. Two computations lie apart by twice as much.
/// The sums' magnitudes are those of the largest number beside the one compared.
struct RoundingBound {
  /// Steps of the longest sequence, one after the other.
  var steps: Int
  var layers: Int
  /// Of the longest sum.
  var terms: Int

  /// Roundings of a cell, its activations (6 each) included.
  private static let cell = 32

  func relative<S: Scalar>(_ scalar: S.Type) -> Double {
    Double(4 * steps * layers * (terms + Self.cell)) * Double(S.ulpOfOne) / 2
  }

  /// Expects equal numbers, to the bit where that is promised and else to rounding.
  func expect<S: Scalar>(
    _ actual: [S], _ expected: [S], toTheBit: Bool, _ what: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    if toTheBit {
      #expect(actual == expected, "\(what())", sourceLocation: sourceLocation)
      return
    }
    guard actual.count == expected.count else {
      Issue.record("\(what()): \(actual.count) numbers and \(expected.count)", sourceLocation: sourceLocation)
      return
    }
    let relative = relative(S.self)
    // A bound of 1 in 64 still finds what is wrong, as in `expectWithinBounds`.
    precondition(relative < 0x1p-6, "a bound of \(relative) tests nothing")
    let bound = relative * (expected.map { Double(abs($0)) }.max() ?? 0) + Double(S.leastNormalMagnitude) * 0x1p20
    let worst = zip(actual, expected).map { Double(abs($0 - $1)) }.max { $0 < $1 || $1.isNaN } ?? 0
    #expect(worst <= bound, "\(what()): apart by \(worst / bound) times the bound", sourceLocation: sourceLocation)
  }
}
