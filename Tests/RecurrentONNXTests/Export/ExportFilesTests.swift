import Foundation
import Storage
import Recurrent
import RecurrentONNX
import Testing

/// For `scripts/compare-onnx-export`, which sets the variables: writes random exported models with inputs and what this
/// package computes from them.
@Suite struct ExportFilesTests {
  /// Cases with every cell, merge and option that are kept as fixtures.
  static let fixtures = [0, 11, 22, 28, 41, 43, 44, 47, 51, 57]
  private static let fixtureDirectory = ProcessInfo.processInfo.environment["RECURRENT_ONNX_FIXTURES"]
  private static let directory = ProcessInfo.processInfo.environment["RECURRENT_ONNX_CASES"]
  private static let count = ProcessInfo.processInfo.environment["RECURRENT_ONNX_COUNT"].flatMap { Int($0) } ?? 100

  @Test(.enabled(if: directory != nil)) func write() throws {
    for index in 0..<Self.count {
      let exported = ExportCase(index)
      // ONNX Runtime's recurrent operators are of Float alone; the reference evaluator runs Double.
      let directory = try #require(Self.directory)
      if index % 10 == 9 {
        try write(exported, Double.self, to: directory)
      } else {
        try write(exported, Float.self, to: directory)
      }
    }
  }

  @Test(.enabled(if: fixtureDirectory != nil)) func writeFixtures() throws {
    let directory = try #require(Self.fixtureDirectory)
    for index in Self.fixtures { try write(ExportCase(index), Float.self, to: directory) }
  }

  private func write<S: Scalar>(_ exported: ExportCase, _ scalar: S.Type, to directory: String) throws {
    let model = try exported.model(S.self)
    let path = "\(directory)/\(exported.index)"
    try model.saveONNX(to: path + ".onnx", options: exported.options)
    try ExportBatch(exported, model).write(
      to: path + ".safetensors",
      metadata: [
        (key: "cell", value: exported.configuration.cell.name), (key: "description", value: exported.description),
      ])
  }
}

extension ExportBatch {
  /// As a safetensors file: inputs as `in.…`, outputs as `out.…`.
  func write(to path: String, metadata: [(key: String, value: String)]) throws {
    let type: Safetensors.DType = S.self == Float.self ? .F32 : .F64
    var bytes: [String: [UInt8]] = [:]
    var list: [(name: String, dtype: Safetensors.DType, shape: [Int])] = []
    for (prefix, tensors) in [("in.", numbers), ("out.", outputs)] {
      for tensor in tensors {
        list.append((name: prefix + tensor.name, dtype: type, shape: tensor.shape))
        bytes[prefix + tensor.name] = tensor.values.flatMap { value in
          S.self == Float.self ? Self.bytes(Float(value).bitPattern) : Self.bytes(Double(value).bitPattern)
        }
      }
    }
    for tensor in tokens {
      list.append((name: "in." + tensor.name, dtype: .I64, shape: tensor.shape))
      bytes["in." + tensor.name] = tensor.values.flatMap { Self.bytes(Int64($0)) }
    }
    for tensor in lengths {
      list.append((name: "in." + tensor.name, dtype: .I32, shape: tensor.shape))
      bytes["in." + tensor.name] = tensor.values.flatMap { Self.bytes(Int32($0)) }
    }
    let contents = bytes
    try Safetensors.write(to: path, tensors: list, metadata: metadata) { (tensor, file) throws(FileError) in
      let bytes = contents[tensor.name]!
      try file.write(bytes.span)
    }
  }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
