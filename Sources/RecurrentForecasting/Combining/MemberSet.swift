/// The methods that cost little, fitted to one history.
struct MemberSet: Sendable {
  let season: Season
  let horizon: Int
  let smoothing: ExponentialSmoothing
  let theta: Theta
  let autoregression: Autoregression
  /// On other differences than those to the value before, or none.
  let otherAutoregressions: [Autoregression]
  /// nil where there is too little to fit to.
  let linear: LinearPath?

  /// With what the linear part left, for the recurrent one.
  /// - Parameters:
  ///   - year: in steps, that the linear part may look at.
  ///   - direct: whether there is to be a linear part.
  static func fit(
    _ history: History, season: Season, horizon: Int, year: Double? = nil, direct: Bool = true
  ) -> (members: MemberSet, linear: LinearPath.Fit?) {
    let period = season.effective
    var layout = WindowLayout(horizon: horizon, season: season, count: history.count)
    var linear = direct ? LinearPath.fit(history, layout) : nil
    if let year, let blind = linear, YearPhase.isPossible(year, count: history.count) {
      layout.year = year
      if let seeing = LinearPath.fit(history, layout), seeing.error < blind.error { linear = seeing }
    }
    let most = Autoregression.most(history.count, period: period)
    let members = MemberSet(
      season: season, horizon: horizon, smoothing: .fit(history, period: period, isDoubtful: season.isDoubtful),
      theta: .fit(history, period: period),
      autoregression: .fit(history, lags: [1], most: most),
      otherAutoregressions: differences(season, count: history.count).map { .fit(history, lags: $0, most: most) },
      linear: linear?.path)
    return (members, linear)
  }

  /// Which differences autoregressions are fitted to, besides those to the value before.
  private static func differences(_ season: Season, count: Int) -> [[Int]] {
    let period = season.effective
    guard period > 1, count >= 4 * period else { return [[], [1, 1]] }
    return [[], [period], [period, 1]] + (season.isDoubtful ? [[1, 1]] : [])
  }

  /// By each method, in the order of `names`; those of the linear part without its recurrent one.
  func forecasts(_ history: History) -> [(name: MemberName, values: [Double])] {
    var result: [(name: MemberName, values: [Double])] = [
      (.seasonalNaive, SeasonalNaive(period: season.period).forecast(history, horizon: horizon)),
      (.seasonalMean, SeasonalMean(period: season.period).forecast(history, horizon: horizon)),
      (.smoothing, smoothing.forecast(history, horizon: horizon)),
      (.theta, theta.forecast(history, horizon: horizon)),
      (.autoregression, autoregression.forecast(history, horizon: horizon)),
    ]
    for member in otherAutoregressions {
      result.append((.otherAutoregression(member.lags), member.forecast(history, horizon: horizon)))
    }
    if let linear, history.count >= linear.layout.needed {
      for (anchor, values) in zip(linear.layout.anchors, linear.forecasts(history)) {
        result.append((.direct(anchor), values))
      }
    }
    return result
  }
}
