internal import Foundation
internal import Recurrent
internal import Storage

/// What the files of forecasters have in common: safetensors whose metadata name a format and hold, as JSON, everything but long
/// arrays, which are tensors.
enum ForecasterFile {
  static let version = "1"
  static let key = "forecaster"
  static let noteKey = "notes"

  /// NaN and infinities are no numbers of JSON.
  static let (infinity, minusInfinity, nan) = ("inf", "-inf", "nan")

  static func readout(_ number: Int, _ part: String) -> String { "linear.\(number).\(part)" }
  static func network(_ number: Int, _ parameter: String) -> String { "network.\(number).\(parameter)" }
}

/// Collects the tensors of a forecaster, and writes its file.
struct ForecasterWriter {
  private var doubles: [String: (values: [Double], shape: [Int])] = [:]
  private var floats: [String: (values: [Float], shape: [Int])] = [:]

  /// - Parameter shape: nil: that of a vector.
  mutating func add(_ name: String, _ values: [Double], shape: [Int]? = nil) {
    doubles[name] = (values, shape ?? [values.count])
  }

  /// Of a linear path.
  mutating func add(_ readouts: [LinearPath.Readout]) {
    for (number, readout) in readouts.enumerated() {
      let count = readout.intercepts.count
      add(
        ForecasterFile.readout(number, "weights"), readout.weights, shape: [count, readout.weights.count / count])
      add(ForecasterFile.readout(number, "intercepts"), readout.intercepts)
    }
  }

  mutating func add(_ networks: [Model<Float>]) {
    for (number, model) in networks.enumerated() {
      for entry in model.table.entries {
        floats[ForecasterFile.network(number, entry.name)] = (model[parameter: entry.name], entry.shape)
      }
    }
  }

  /// Writes everything to `path`, whole or not at all, with a checksum.
  /// - Throws: `CheckpointError.io`; what was at `path` before is then still there.
  func write(
    to path: String, format: String, content: some Encodable, notes: [String: String]
  ) throws(CheckpointError) {
    let tensors =
      doubles.map { (name: $0.key, dtype: Safetensors.DType.F64, shape: $0.value.shape) }
      + floats.map { (name: $0.key, dtype: Safetensors.DType.F32, shape: $0.value.shape) }
    let metadata = [
      (key: "format", value: format), (key: "format_version", value: ForecasterFile.version),
      (key: ForecasterFile.key, value: Self.text(content)), (key: ForecasterFile.noteKey, value: Self.text(notes)),
    ]
    try Safetensors.write(to: path, tensors: tensors, metadata: metadata, checksum: true) {
      (tensor, file) throws(FileError) in
      if let own = doubles[tensor.name] { try file.write(own.values.span) }
      if let own = floats[tensor.name] { try file.write(own.values.span) }
    }
  }

  private static func text(_ content: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: ForecasterFile.infinity, negativeInfinity: ForecasterFile.minusInfinity, nan: ForecasterFile.nan
    )
    guard let data = try? encoder.encode(content) else { stop("a forecaster that is no JSON") }
    return String(decoding: data, as: UTF8.self)
  }
}
