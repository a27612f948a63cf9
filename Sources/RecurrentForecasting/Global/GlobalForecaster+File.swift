internal import Foundation
public import Recurrent
internal import Storage

/// A global forecaster on disk: a safetensors file. The metadata have "format": "recurrent-global-forecaster" and, as JSON, everything
/// that was chosen and fitted but for long arrays, which are tensors: "values" of all series one after the other (NaN where one is
/// missing), "known_ahead" and "past", "linear.0.weights", …, "network.0.rnn.weight_ih_l0", …, "intervals.paths".
extension GlobalForecaster {
  package static let format = "recurrent-global-forecaster"

  // MARK: Writing

  /// Writes the forecaster to `path`, whole or not at all, with a checksum.
  /// - Throws: `CheckpointError.io`; what was at `path` before is then still there.
  public func save(to path: String) throws(CheckpointError) {
    var writer = ForecasterWriter()
    let series = members.map(\.series)
    writer.add("values", series.flatMap(\.values))
    writer.add("known_ahead", series.flatMap { own in columns.knownAhead.flatMap { own.knownAhead[$0.name] ?? [] } })
    writer.add("past", series.flatMap { own in columns.past.flatMap { own.past[$0.name] ?? [] } })
    writer.add("intervals.growth", intervals.growth)
    writer.add("intervals.reaches", intervals.reaches)
    writer.add("intervals.sizes", intervals.sizes)
    let paths = intervals.paths.flatMap { $0 }
    writer.add("intervals.paths", paths.flatMap { $0 }, shape: [paths.count, horizon])
    writer.add(linear?.readouts ?? [])
    writer.add(network?.networks ?? [])
    try writer.write(to: path, format: Self.format, content: content, notes: notes)
  }

  private var content: GlobalContent {
    GlobalContent(
      horizon: horizon, recipe: recipe, columns: columns, scheme: scheme,
      series: members.enumerated().map { number, member in
        let series = member.series
        return GlobalContent.Series(
          name: series.name, start: series.start, count: series.values.count,
          knownCounts: columns.knownAhead.map { series.knownAhead[$0.name]?.count ?? 0 },
          pastCounts: columns.past.map { series.past[$0.name]?.count ?? 0 }, statics: series.statics,
          season: member.season, parameters: member.parameters,
          methods: member.methods.map {
            GlobalContent.Methods(
              smoothing: $0.smoothing, theta: $0.theta, autoregression: $0.autoregression,
              otherAutoregressions: $0.otherAutoregressions)
          }, combination: combination.series[number], pathCount: intervals.paths[number].count)
      }, places: places, penalties: linear?.readouts.map(\.penalty),
      network: network.map {
        GlobalContent.Network(
          inputScales: $0.inputScales, outputScales: $0.outputScales, hiddenSize: recipe.hiddenSize,
          count: $0.networks.count)
      }, gain: combination.gain, dropFactor: combination.dropFactor, errors: combination.errors,
      usesSpread: intervals.usesSpread)
  }

  // MARK: Reading

  /// Reads a forecaster.
  /// - Throws: `CheckpointError`, naming what is missing, damaged or does not fit.
  public init(contentsOf path: String) throws(CheckpointError) { try self.init(SafetensorsFile(path: path)) }

  /// The same of a file that is open.
  package init(_ file: SafetensorsFile) throws(CheckpointError) {
    let reader = try ForecasterReader(file, format: Self.format, name: "a global forecaster")
    let content = try reader.content(GlobalContent.self)
    guard let members = try Self.members(content, file) else { throw reader.fault("its series do not go together") }
    guard content.isSound else { throw reader.fault("its numbers do not go together") }
    let (horizon, scheme) = (content.horizon, content.scheme)
    let readouts = try reader.readouts(content.penalties ?? [], shape: [horizon, scheme.featureCount])
    let pathCount = content.series.reduce(0) { $0 + $1.pathCount }
    let flat = try file.doubles("intervals.paths", shape: [pathCount, horizon])
    var next = 0
    let paths = content.series.map { own in
      (0..<own.pathCount).map { _ in
        defer { next += horizon }
        return Array(flat[next..<next + horizon])
      }
    }
    let intervals = GlobalIntervals(
      growth: try file.doubles("intervals.growth", shape: [horizon]),
      reaches: try file.doubles("intervals.reaches", shape: [content.series.count]),
      sizes: try file.doubles("intervals.sizes"), paths: paths, usesSpread: content.usesSpread)
    guard !intervals.sizes.isEmpty, (intervals.growth + intervals.reaches).allSatisfy({ $0 >= 0 }) else {
      throw reader.fault("its intervals do not go together")
    }
    self.init(
      horizon: horizon, recipe: content.recipe, columns: content.columns, scheme: scheme, members: members,
      places: content.places,
      linear: content.penalties.map { _ in GlobalLinearPath(scheme: scheme, readouts: readouts) },
      network: try content.network.map { own throws(CheckpointError) in try Self.network(own, scheme, reader) },
      combination: GlobalCombination(
        series: content.series.map(\.combination), gain: content.gain, dropFactor: content.dropFactor,
        errors: content.errors), intervals: intervals)
    notes = reader.notes
  }

  /// nil where sizes do not go together.
  private static func members(_ content: GlobalContent, _ file: SafetensorsFile) throws(CheckpointError) -> [Member]? {
    let columns = content.columns
    guard !content.series.isEmpty,
      content.series.allSatisfy({ own in
        ([own.count] + own.knownCounts + own.pastCounts).allSatisfy { (0...1_000_000_000).contains($0) }
          && own.count > 0 && (0...1_000_000_000).contains(own.start)
          && own.knownCounts.count == columns.knownAhead.count
          && own.pastCounts.count == columns.past.count && own.pathCount >= 0 && own.pathCount <= 1000
      })
    else { return nil }
    var values = ArraySlice(try file.doubles("values"))
    var known = ArraySlice(try file.doubles("known_ahead"))
    var past = ArraySlice(try file.doubles("past"))
    func take(_ count: Int, from slice: inout ArraySlice<Double>) -> [Double]? {
      guard slice.count >= count else { return nil }
      defer { slice = slice.dropFirst(count) }
      return Array(slice.prefix(count))
    }
    var members: [Member] = []
    for own in content.series {
      guard let ownValues = take(own.count, from: &values), ownValues.contains(where: \.isFinite) else { return nil }
      var series = PanelSeries(own.name, values: ownValues, start: own.start, statics: own.statics)
      for (column, count) in zip(columns.knownAhead, own.knownCounts) {
        guard let numbers = take(count, from: &known) else { return nil }
        series.knownAhead[column.name] = numbers
      }
      for (column, count) in zip(columns.past, own.pastCounts) {
        guard let numbers = take(count, from: &past) else { return nil }
        series.past[column.name] = numbers
      }
      members.append(
        Member(
          series: series, season: own.season, parameters: own.parameters,
          methods: own.methods.map {
            MemberSet(
              season: own.season, horizon: content.horizon, smoothing: $0.smoothing, theta: $0.theta,
              autoregression: $0.autoregression, otherAutoregressions: $0.otherAutoregressions, linear: nil)
          }))
    }
    return values.isEmpty && known.isEmpty && past.isEmpty ? members : nil
  }

  private static func network(
    _ own: GlobalContent.Network, _ scheme: PanelScheme, _ reader: ForecasterReader
  ) throws(CheckpointError) -> GlobalNetwork {
    GlobalNetwork(
      scheme: scheme, inputScales: own.inputScales, outputScales: own.outputScales,
      networks: try reader.networks(own.count, GlobalNetwork.configuration(scheme, hiddenSize: own.hiddenSize)))
  }
}
