/// How the times of several series lie to each other.
extension TimeAxis {
  /// Steps from the first time of the earliest of these axes to the first of each; nil where they have no step in common.
  package static func starts(_ axes: [TimeAxis]) -> [Int]? {
    guard let first = axes.first else { return [] }
    let ways = axes.map { first.steps(to: $0) }
    let known = ways.compactMap { $0 }
    guard known.count == axes.count, let least = known.min() else { return nil }
    return known.map { $0 - least }
  }

  /// From the first time to that of another axis.
  private func steps(to other: TimeAxis) -> Int? {
    switch (kind, other.kind) {
    case (.stamps(let own, _, let step), .stamps(let others, _, let otherStep)):
      // A series of one or two rows may not show its step.
      guard let step, others.count < 3 || step == otherStep else { return nil }
      return step.count(from: own[0], to: others[0])
    case (.integers(let own, let step), .integers(let others, let otherStep)) where step == otherStep:
      let (way, overflow) = others.subtractingReportingOverflow(own)
      return !overflow && way.isMultiple(of: step) ? way / step : nil
    case (.numbers(let own, let step, _), .numbers(let others, let otherStep, _))
    where abs(step - otherStep) < 1e-3 * abs(step) && abs(others - own) < 1e9 * abs(step):
      return Int(((others - own) / step).rounded())
    default: return nil
    }
  }
}
