internal import Foundation
public import Recurrent
internal import Storage

/// A forecaster on disk: a safetensors file. The metadata have "format": "recurrent-forecaster" and, as JSON, everything that was chosen
/// and fitted but for long arrays, which are tensors: "series" (NaN where a value is missing), "linear.0.weights", … and
/// "network.0.rnn.weight_ih_l0", ….
extension Forecaster {
  package static let format = "recurrent-forecaster"
  private static let version = "1"
  private static let key = "forecaster"
  private static let noteKey = "notes"

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
    var doubles: [String: (values: [Double], shape: [Int])] = ["series": (values, [series.count])]
    for (number, readout) in (members.linear?.readouts ?? []).enumerated() {
      let count = readout.intercepts.count
      doubles["linear.\(number).weights"] = (readout.weights, [count, readout.weights.count / count])
      doubles["linear.\(number).intercepts"] = (readout.intercepts, [count])
    }
    var floats: [String: (values: [Float], shape: [Int])] = [:]
    for (number, model) in (network?.networks ?? []).enumerated() {
      for entry in model.table.entries {
        floats["network.\(number).\(entry.name)"] = (model[parameter: entry.name], entry.shape)
      }
    }
    let tensors =
      doubles.map { (name: $0.key, dtype: Safetensors.DType.F64, shape: $0.value.shape) }
      + floats.map { (name: $0.key, dtype: Safetensors.DType.F32, shape: $0.value.shape) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let noted = try? encoder.encode(notes) else { stop("notes that are no JSON") }
    let metadata = [
      (key: "format", value: Self.format), (key: "format_version", value: Self.version), (key: Self.key, value: text),
      (key: Self.noteKey, value: String(decoding: noted, as: UTF8.self)),
    ]
    try Safetensors.write(to: path, tensors: tensors, metadata: metadata, checksum: true) {
      (tensor, file) throws(FileError) in
      if let own = doubles[tensor.name] { try file.write(own.values.span) }
      if let own = floats[tensor.name] { try file.write(own.values.span) }
    }
  }

  private var text: String {
    let content = Content(
      horizon: horizon, recipe: recipe, season: season, transform: transform, smoothing: members.smoothing,
      theta: members.theta, autoregression: members.autoregression,
      otherAutoregressions: members.otherAutoregressions,
      linear: members.linear.map { Content.Linear(layout: $0.layout, penalties: $0.readouts.map(\.penalty)) },
      network: network.map {
        Content.Network(
          layout: $0.layout, window: $0.window, inputScales: $0.inputScales, outputScales: $0.outputScales,
          hiddenSize: recipe.hiddenSize, count: $0.networks.count)
      }, combination: combination, errors: errors)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(content) else { stop("a forecaster that is no JSON") }
    return String(decoding: data, as: UTF8.self)
  }

  /// Reads a forecaster.
  /// - Throws: `CheckpointError`, naming what is missing, damaged or does not fit.
  public init(contentsOf path: String) throws(CheckpointError) { try self.init(SafetensorsFile(path: path)) }

  /// The same of a file that is open: a pipe can be read once.
  package init(_ file: SafetensorsFile) throws(CheckpointError) {
    let path = file.file
    guard file.metadata("format") == Self.format else {
      throw .foreignModel(path, reason: "its metadata do not name a forecaster as its format")
    }
    let version = file.metadata("format_version") ?? "none"
    guard version == Self.version else {
      throw .unsupportedVersion(file: path, found: version, supported: Self.version)
    }
    try file.verifyChecksum()
    func fault(_ reason: String) -> CheckpointError { .invalidMetadata(file: path, key: Self.key, reason: reason) }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let text = file.metadata(Self.key), let content = try? decoder.decode(Content.self, from: Data(text.utf8))
    else { throw fault("it is not what a forecaster writes") }
    let horizon = content.horizon
    guard horizon >= 1, content.errors.scales.count == horizon, !content.errors.paths.isEmpty,
      content.errors.paths.allSatisfy({ $0.count == horizon }), content.season.period >= 1,
      content.smoothing.period >= 1, content.smoothing.season.count == content.smoothing.period,
      !content.theta.season.isEmpty, content.theta.alpha > 0,
      content.transform.isSound, content.errors.scales.allSatisfy({ $0 >= 0 }),
      ([content.autoregression] + content.otherAutoregressions).allSatisfy({
        $0.lags.allSatisfy { (1...1_000_000).contains($0) }
      })
    else { throw fault("its numbers do not go together") }
    let values = try file.doubles("series")
    guard values.contains(where: \.isFinite) else { throw fault("its series has no value") }
    var linear: LinearPath?
    if let own = content.linear {
      guard own.layout.isSound, own.layout.horizon == horizon, own.penalties.count == own.layout.anchors.count else {
        throw fault("its windows do not go together")
      }
      var readouts: [LinearPath.Readout] = []
      for (number, penalty) in own.penalties.enumerated() {
        readouts.append(
          LinearPath.Readout(
            weights: try file.doubles("linear.\(number).weights", shape: [horizon, own.layout.featureCount]),
            intercepts: try file.doubles("linear.\(number).intercepts", shape: [horizon]), penalty: penalty))
      }
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
        else { throw fault("its networks do not go together") }
        return try Self.network(own, file)
      }, combination: content.combination, errors: content.errors)
    let noted = file.metadata(Self.noteKey).map { Data($0.utf8) }
    notes = noted.flatMap { try? decoder.decode([String: String].self, from: $0) } ?? [:]
    guard series.count >= (network?.layout.needed ?? 0) else { throw fault("its series is too short for its networks") }
  }

  private static func network(_ own: Content.Network, _ file: SafetensorsFile) throws(CheckpointError) -> RecurrentPath
  {
    let configuration = RecurrentPath.configuration(
      inputs: own.inputScales.count, hiddenSize: own.hiddenSize, outputs: own.outputScales.count * own.layout.horizon)
    var networks: [Model<Float>] = []
    for number in 0..<own.count {
      var model: Model<Float>
      do throws(PlanError) { model = try Model(configuration, seed: 0) } catch {
        throw .io(file: file.file, reason: error.description)
      }
      for entry in model.table.entries {
        model[parameter: entry.name] = try file.floats("network.\(number).\(entry.name)", shape: entry.shape)
      }
      networks.append(model)
    }
    return RecurrentPath(
      layout: own.layout, window: own.window, inputScales: own.inputScales, outputScales: own.outputScales,
      networks: networks)
  }
}

extension ValueTransform {
  /// Whether numbers of a file can be divided by.
  var isSound: Bool { unit.isNormal && unit > 0 && scale.isNormal && scale > 0 && center.isFinite }
}

extension WindowLayout {
  /// Whether a layout from a file makes sense.
  var isSound: Bool {
    (2...100_000).contains(window) && (1...1_000_000).contains(horizon) && (1...10_000_000).contains(period)
      && !anchors.isEmpty
  }
}
