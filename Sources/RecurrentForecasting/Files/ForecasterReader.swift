internal import Foundation
internal import Recurrent
internal import Storage

/// Reads what `ForecasterWriter` wrote.
struct ForecasterReader {
  let file: SafetensorsFile
  /// "a forecaster", for messages.
  private let name: String
  private let decoder = JSONDecoder()

  /// - Throws: `CheckpointError` where the file is of another format or version, or damaged.
  init(_ file: SafetensorsFile, format: String, name: String) throws(CheckpointError) {
    guard file.metadata("format") == format else {
      throw .foreignModel(file.file, reason: "its metadata do not name \(name) as its format")
    }
    let version = file.metadata("format_version") ?? "none"
    guard version == ForecasterFile.version else {
      throw .unsupportedVersion(file: file.file, found: version, supported: ForecasterFile.version)
    }
    try file.verifyChecksum()
    (self.file, self.name) = (file, name)
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: ForecasterFile.infinity, negativeInfinity: ForecasterFile.minusInfinity, nan: ForecasterFile.nan
    )
  }

  func fault(_ reason: String) -> CheckpointError {
    .invalidMetadata(file: file.file, key: ForecasterFile.key, reason: reason)
  }

  func content<Content: Decodable>(_ type: Content.Type) throws(CheckpointError) -> Content {
    guard let text = file.metadata(ForecasterFile.key),
      let content = try? decoder.decode(type, from: Data(text.utf8))
    else { throw fault("it is not what \(name) writes") }
    return content
  }

  var notes: [String: String] {
    let text = file.metadata(ForecasterFile.noteKey)
    return text.flatMap { try? decoder.decode([String: String].self, from: Data($0.utf8)) } ?? [:]
  }

  /// - Parameter shape: of the weights, [horizon, features].
  func readouts(_ penalties: [Double], shape: [Int]) throws(CheckpointError) -> [LinearPath.Readout] {
    var readouts: [LinearPath.Readout] = []
    for (number, penalty) in penalties.enumerated() {
      readouts.append(
        LinearPath.Readout(
          weights: try file.doubles(ForecasterFile.readout(number, "weights"), shape: shape),
          intercepts: try file.doubles(ForecasterFile.readout(number, "intercepts"), shape: [shape[0]]),
          penalty: penalty))
    }
    return readouts
  }

  func networks(_ count: Int, _ configuration: ModelConfiguration) throws(CheckpointError) -> [Model<Float>] {
    var networks: [Model<Float>] = []
    for number in 0..<count {
      var model: Model<Float>
      do throws(PlanError) { model = try Model(configuration, seed: 0) } catch {
        throw .io(file: file.file, reason: error.description)
      }
      for entry in model.table.entries {
        model[parameter: entry.name] = try file.floats(
          ForecasterFile.network(number, entry.name), shape: entry.shape)
      }
      networks.append(model)
    }
    return networks
  }
}

// MARK: What of a file can be worked with

extension ExponentialSmoothing {
  var isSound: Bool { period >= 1 && season.count == period }
}

extension Theta {
  var isSound: Bool { !season.isEmpty && alpha > 0 }
}

extension Autoregression {
  var isSound: Bool { lags.allSatisfy { (1...1_000_000).contains($0) } }
}

extension ValueTransform {
  /// Whether numbers of a file can be divided by.
  var isSound: Bool { unit.isNormal && unit > 0 && scale.isNormal && scale > 0 && center.isFinite }
}

extension WindowLayout {
  /// Whether a layout from a file makes sense.
  var isSound: Bool {
    (2...100_000).contains(window) && (1...1_000_000).contains(horizon) && (1...10_000_000).contains(period)
      && !anchors.isEmpty && year.map { $0 > 2 && $0 < 1e9 } ?? true
  }
}
