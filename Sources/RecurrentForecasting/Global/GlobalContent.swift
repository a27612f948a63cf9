/// What a global forecaster's file says in JSON.
struct GlobalContent: Codable {
  var horizon: Int
  var recipe: GlobalRecipe
  var columns: PanelColumns
  var scheme: PanelScheme
  var series: [Series]
  var places: [Int]
  /// nil: no linear part.
  var penalties: [Double]?
  var network: Network?
  var gain: Double
  var dropFactor: Double
  var errors: [MemberName: Double]
  var usesSpread: Bool

  struct Series: Codable {
    var name: String
    var start: Int
    var count: Int
    /// Of each covariate, in the order of their names.
    var knownCounts: [Int]
    var pastCounts: [Int]
    var statics: [String: String]
    var season: Season
    var parameters: PreparedSeries.Parameters
    var methods: Methods?
    var combination: Combination
    var pathCount: Int
  }

  struct Methods: Codable {
    var smoothing: ExponentialSmoothing
    var theta: Theta
    var autoregression: Autoregression
    var otherAutoregressions: [Autoregression]
  }

  struct Network: Codable {
    var inputScales: [Double]
    var outputScales: [Double]
    var hiddenSize: Int
    var count: Int
  }
}

extension GlobalContent {
  /// Whether what a file says can be worked with.
  var isSound: Bool {
    let names = series.map(\.name)
    return horizon == scheme.horizon && scheme.isSound && columns.isSound
      && scheme.staticWidth == columns.staticWidth && scheme.knownCount == columns.knownAhead.count
      && scheme.pastCount == columns.past.count && places.sorted() == Array(series.indices)
      && zip(names, names.dropFirst()).allSatisfy(<) && gain.isFinite
      && penalties.map { $0.count == scheme.layout.anchors.count } ?? (network == nil)
      && network.map(isSound) ?? !usesSpread && series.allSatisfy(isSound)
  }

  private func isSound(_ network: Network) -> Bool {
    network.inputScales.count == 3 && network.outputScales.count == horizon
      && (network.inputScales + network.outputScales).allSatisfy { $0.isNormal && $0 > 0 }
      && (1...10_000).contains(network.hiddenSize) && (1...1000).contains(network.count)
  }

  private func isSound(_ own: Series) -> Bool {
    own.parameters.isSound && own.parameters.effects.count == columns.knownAhead.count && own.season.period >= 1
      && own.methods.map { methods in
        methods.smoothing.isSound && methods.theta.isSound
          && ([methods.autoregression] + methods.otherAutoregressions).allSatisfy(\.isSound)
      } ?? (penalties != nil && own.count >= scheme.layout.needed)
  }
}
