/// What each member's rehearsals missed by, from origin to origin: what combinations are chosen by.
struct Trials: Sendable {
  private struct Member {
    let name: MemberName
    /// [gains][origins]: of a member that no network corrects of none alone.
    let errors: [[Double]]
  }

  private let origins: [Int]
  private let horizon: Int
  private let members: [Member]

  /// - Parameter error: of a transformed forecast from an origin, a sum over the known values of its horizon.
  init(_ rehearsal: Rehearsal, horizon: Int, error: (_ forecast: [Double], _ origin: Int) -> Double) {
    (origins, self.horizon) = (rehearsal.origins, horizon)
    func errors(_ forecasts: [[Double]]) -> [Double] { zip(forecasts, rehearsal.origins).map { error($0, $1) } }
    members = rehearsal.forecasts.sorted { $0.key.description < $1.key.description }.map { name, forecasts in
      let corrected = rehearsal.corrections[name].map { corrections in
        Combination.gains.dropFirst().map { errors(Combination.corrected(forecasts, corrections, $0)) }
      }
      return Member(name: name, errors: [errors(forecasts)] + (corrected ?? []))
    }
  }

  /// By what was missed at some of the origins.
  func combination(dropFactor: Double, at places: some Sequence<Int>) -> Combination {
    let places = Array(places)
    var combination = Combination(untested: [])
    for member in members {
      var best = (gain: 0.0, error: Double.infinity)
      for (gain, errors) in zip(Combination.gains, member.errors) {
        let error = places.reduce(0) { $0 + errors[$1] }
        if error < best.error || gain == 0 { best = (gain, error) }
      }
      if member.errors.count > 1 { combination.gains[member.name] = best.gain }
      combination.errors[member.name] = best.error
    }
    let least = combination.errors.values.min() ?? 0
    combination.members = members.map(\.name).filter { combination.errors[$0] ?? .infinity <= dropFactor * least }
    return combination
  }

  /// By what was missed at all of them.
  func combination(dropFactor: Double) -> Combination { combination(dropFactor: dropFactor, at: origins.indices) }

  /// Of each origin the combination that others would have chosen, whose values are none of its own: what it misses there is what
  /// forecasts miss of values that nobody chose by. Where there are no such others it is that of all.
  func honestCombinations(dropFactor: Double) -> [Combination] {
    origins.map { origin in
      let others = origins.indices.filter { abs(origins[$0] - origin) >= horizon }
      return others.isEmpty
        ? combination(dropFactor: dropFactor) : combination(dropFactor: dropFactor, at: others)
    }
  }
}
