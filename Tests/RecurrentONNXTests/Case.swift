import Foundation
import SwiftProtobuf
import Testing

import RecurrentONNX

/// A model, inputs for it and the outputs that somebody else computed: `NAME.onnx` and `NAME.pb`, a graph
/// whose initializers are `input.…` and `output.…`.
struct Case: Sendable, CustomTestStringConvertible {
  static let directory = Bundle.module.bundleURL.appending(path: "Fixtures")

  let path: String
  let testDescription: String

  /// - Parameter name: with the directory, as `Node/test_lstm_defaults`.
  init(_ name: String, in directory: URL = Case.directory) {
    path = directory.appending(path: name).path
    testDescription = name
  }

  /// All of a directory.
  static func all(in group: String, of directory: URL = Case.directory) -> [Case] {
    let files = try? FileManager.default.contentsOfDirectory(atPath: directory.appending(path: group).path)
    return (files ?? []).filter { $0.hasSuffix(".onnx") }.sorted()
      .map { Case("\(group)/\($0.dropLast(5))", in: directory) }
  }

  var model: ONNXModel {
    get throws { try ONNXModel(contentsOf: path + ".onnx") }
  }

  /// The model's.
  var bytes: [UInt8] {
    get throws { [UInt8](try Data(contentsOf: URL(filePath: path + ".onnx"))) }
  }

  var inputs: [String: ONNXTensor] {
    get throws { try tensors("input.") }
  }

  var outputs: [String: ONNXTensor] {
    get throws { try tensors("output.") }
  }

  private func tensors(_ prefix: String) throws -> [String: ONNXTensor] {
    let data = try ONNXGraphProto(serializedBytes: [UInt8](Data(contentsOf: URL(filePath: path + ".pb"))))
    var tensors: [String: ONNXTensor] = [:]
    for tensor in data.initializer where tensor.name.hasPrefix(prefix) {
      let name = String(tensor.name.dropFirst(prefix.count))
      tensors[name] = try ONNXTensor(tensor, name: tensor.name, file: path + ".pb")
    }
    return tensors
  }

  /// The largest |ours − theirs| over |theirs| + `floor`, over all outputs.
  func largestDifference(floor: Double) throws -> Double {
    let results = try model.run(inputs)
    var largest = 0.0
    for (name, expected) in try outputs {
      let actual = try #require(results[name], "no output \(name)")
      #expect(actual.shape == expected.shape, "\(name)")
      guard actual.count == expected.count else { return .infinity }
      for (ours, theirs) in zip(actual.doubles, expected.doubles) {
        let difference = abs(ours - theirs) / (abs(theirs) + floor)
        largest = difference.isNaN ? .infinity : max(largest, difference)
      }
    }
    return largest
  }
}
