import Recurrent

/// How far numbers lie from the oracle's, in tolerances.
func worstRatio<S: Scalar>(_ actual: [S], _ expected: [Tracked]) -> Double {
  precondition(actual.count == expected.count, "\(actual.count) numbers where \(expected.count) were expected")
  return zip(actual, expected).map { abs(Double($0) - $1.value) / tolerance($1, S.self) }.max()!
}
