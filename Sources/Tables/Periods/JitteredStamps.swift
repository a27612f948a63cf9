/// Times of a regular series that are off by little, as of a sensor that answers some seconds late.
struct JitteredStamps {
  /// What the times are meant to be, ascending.
  let stamps: [TimeStamp]
  let step: TimeStep
  /// The most that one is off, in microseconds.
  let mostOff: Int

  /// What times are rounded to, the coarsest first.
  private static let units: [Int] =
    [24, 12, 6, 4, 3, 2, 1].map { $0 * TimeStamp.hour } + [30, 20, 15, 10, 5, 1].map { $0 * TimeStamp.minute }
    + [30, 20, 15, 10, 5, 1].map { $0 * TimeStamp.second } + [500, 200, 100, 50, 20, 10, 5, 1].map { $0 * 1000 }

  /// What a time may be off of a step's length.
  private static let tolerance = 0.1
  /// Of one or two rows alone, which show no pattern.
  private static let toleranceOfFew = 1.0 / 60

  /// - Parameters:
  ///   - stamps: ascending, each once.
  ///   - known: of the series; nil: as is seen.
  /// - Returns: nil where they are not regular, or are off by more than a tenth of a step.
  init?(_ stamps: [TimeStamp], step known: TimeStep? = nil) {
    let distance: Int
    if let known {
      guard case .duration(let length) = known else { return nil }
      distance = length
    } else {
      guard stamps.count > 4 else { return nil }
      distance = PeriodProposal.medianDistance(stamps.map(\.microseconds))
    }
    let tolerance = stamps.count > 2 ? Self.tolerance : Self.toleranceOfFew
    for unit in Self.units where Double(unit) <= 1.2 * Double(distance) {
      let rounded = stamps.map { TimeStamp(microseconds: ($0.microseconds + unit / 2).quotient(by: unit) * unit) }
      let ways = zip(stamps, rounded).map { $0.microseconds - $1.microseconds }.sorted()
      guard let low = ways.first, let high = ways.last, zip(rounded, rounded.dropFirst()).allSatisfy(<) else {
        continue
      }
      let most = max(-low, high)
      guard Double(most) <= tolerance * Double(distance) else { continue }
      // Where all are off by as much they are meant to be.
      if stamps.count > 2, abs(ways[ways.count / 2]) > high - low { continue }
      guard let step = known ?? TimeStep.infer(rounded), case .duration(let length) = step,
        Double(most) <= tolerance * Double(length),
        rounded.allSatisfy({ step.count(from: rounded[0], to: $0) != nil })
      else { continue }
      (self.stamps, self.step, mostOff) = (rounded, step, most)
      return
    }
    return nil
  }

  /// The step as `--frequency` takes it.
  var frequency: Frequency? {
    guard case .duration(let length) = step else { return nil }
    let units = [
      (TimeStamp.day, "D"), (TimeStamp.hour, "h"), (TimeStamp.minute, "min"), (TimeStamp.second, "s"), (1000, "ms"),
    ]
    return units.first { length.isMultiple(of: $0.0) }.flatMap { Frequency("\(length / $0.0)\($0.1)") }
  }
}
