internal import Foundation
public import Recurrent
internal import Storage

/// A forecaster on disk: a safetensors file. The metadata have "format": "recurrent-forecaster" and, as JSON, everything that was chosen
/// and fitted but for long arrays, which are tensors: "series" (NaN where a value is missing), "linear.0.weights", … and
/// "network.0.rnn.weight_ih_l0", ….
extension Forecaster {
  package static let format = "recurrent-forecaster"

  private struct Content: Codable {
    var horizon: Int
    var recipe: Recipe
    var season: Season
    var transform: ValueTransform
    var smoothing: ExponentialSmoothing
    var theta: Theta
    var autoregression: Autoregression
    var otherAutoregressions: [Autoregression]
    var linear: Linear?
    var network: Network?
    var combination: Combination
    var errors: IntervalErrors

    struct Linear: Codable {
      var layout: WindowLayout
      var penalties: [Double]
    }

    struct Network: Codable {
      var layout: WindowLayout
      var window: Int
      var inputScales: [Double]
      var outputScales: [Double]
      var hiddenSize: Int
      var count: Int
    }
  }

  /// Writes the forecaster to `path`, whole or not at all, with a checksum.
  /// - Throws: `CheckpointError.io`; what was at `path` before is then still there.
  public func save(to path: String) throws(CheckpointError) {
    var writer = ForecasterWriter()
    writer.add("series", values)
    writer.add(members.linear?.readouts ?? [])
    writer.add(network?.networks ?? [])
    try writer.write(to: path, format: Self.format, content: content, notes: notes)
  }

  private var content: Content {
    Content(
      horizon: horizon, recipe: recipe, season: season, transform: transform, smoothing: members.smoothing,
      theta: members.theta, autoregression: members.autoregression,
      otherAutoregressions: members.otherAutoregressions,
      linear: members.linear.map { Content.Linear(layout: $0.layout, penalties: $0.readouts.map(\.penalty)) },
      network: network.map {
        Content.Network(
          layout: $0.layout, window: $0.window, inputScales: $0.inputScales, outputScales: $0.outputScales,
          hiddenSize: recipe.hiddenSize, count: $0.networks.count)
      }, combination: combination, errors: errors)
  }

  /// Reads a forecaster.
  /// - Throws: `CheckpointError`, naming what is missing, damaged or does not fit.
  public init(contentsOf path: String) throws(CheckpointError) { try self.init(SafetensorsFile(path: path)) }

  /// The same of a file that is open: a pipe can be read once.
  package init(_ file: SafetensorsFile) throws(CheckpointError) {
    let reader = try ForecasterReader(file, format: Self.format, name: "a forecaster")
    let content = try reader.content(Content.self)
    let horizon = content.horizon
    guard horizon >= 1, content.errors.scales.count == horizon, !content.errors.paths.isEmpty,
      content.errors.paths.allSatisfy({ $0.count == horizon }), content.season.period >= 1,
      content.smoothing.isSound, content.theta.isSound, content.transform.isSound,
      content.errors.scales.allSatisfy({ $0 >= 0 }),
      ([content.autoregression] + content.otherAutoregressions).allSatisfy(\.isSound)
    else { throw reader.fault("its numbers do not go together") }
    let values = try file.doubles("series")
    guard values.contains(where: \.isFinite) else { throw reader.fault("its series has no value") }
    var linear: LinearPath?
    if let own = content.linear {
      guard own.layout.isSound, own.layout.horizon == horizon, own.penalties.count == own.layout.anchors.count else {
        throw reader.fault("its windows do not go together")
      }
      let readouts = try reader.readouts(own.penalties, shape: [horizon, own.layout.featureCount])
      linear = LinearPath(layout: own.layout, readouts: readouts)
    }
    self.init(
      ObservedSeries(values), horizon: horizon, recipe: content.recipe, season: content.season,
      transform: content.transform,
      members: MemberSet(
        season: content.season, horizon: horizon, smoothing: content.smoothing, theta: content.theta,
        autoregression: content.autoregression, otherAutoregressions: content.otherAutoregressions, linear: linear),
      network: try content.network.map { own throws(CheckpointError) in
        guard own.layout.isSound, own.layout.horizon == horizon, (1...own.layout.window).contains(own.window),
          own.inputScales.count == (own.layout.period > 1 ? 4 : 1), own.outputScales.count == own.layout.anchors.count,
          (1...10_000).contains(own.hiddenSize), (1...1000).contains(own.count)
        else { throw reader.fault("its networks do not go together") }
        return try Self.network(own, reader)
      }, combination: content.combination, errors: content.errors)
    notes = reader.notes
    guard series.count >= (network?.layout.needed ?? 0) else {
      throw reader.fault("its series is too short for its networks")
    }
  }

  private static func network(
    _ own: Content.Network, _ reader: ForecasterReader
  ) throws(CheckpointError) -> RecurrentPath {
    let configuration = RecurrentPath.configuration(
      inputs: own.inputScales.count, hiddenSize: own.hiddenSize, outputs: own.outputScales.count * own.layout.horizon)
    return RecurrentPath(
      layout: own.layout, window: own.window, inputScales: own.inputScales, outputScales: own.outputScales,
      networks: try reader.networks(own.count, configuration))
  }
}
