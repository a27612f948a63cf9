import Foundation
import Recurrent
import Testing

/// One model as PyTorch computes it; `Fixtures/README.md` describes the tensors.
struct Fixture: Sendable, CustomTestStringConvertible {
  let name: String
  private let file: SafetensorsFile

  static let directory = Bundle.module.bundleURL.appending(path: "Fixtures")

  /// Every file of the directory, without its extension.
  static let names: [String] =
    (try? FileManager.default.contentsOfDirectory(atPath: directory.path))?
    .filter { $0.hasSuffix(".safetensors") }.map { String($0.dropLast(".safetensors".count)) }.sorted() ?? []

  init(_ name: String) throws {
    self.name = name
    file = try SafetensorsFile(path: Self.directory.appending(path: "\(name).safetensors").path)
  }

  var testDescription: String { name }

  func doubles(_ name: String) throws -> [Double] { try file.doubles(name) }

  func contains(_ name: String) -> Bool { file.contains(name) }

  /// The curve of an optimizer: the loss before each of fifty steps and after the last.
  func curve(_ optimizer: String) throws -> [Double] { try file.doubles("curve.\(optimizer)") }

  /// h, then an LSTM's c: [part, L, N, H].
  func state(_ prefix: String) throws -> [Double] {
    let c = prefix + "c"
    return try doubles(prefix + "h") + (contains(c) ? doubles(c) : [])
  }

  /// Model and data.
  /// - Parameter isRounded: whether the numbers are for a computation in single precision.
  func problem(isRounded: Bool) throws -> Problem {
    let cellName = file.metadata("cell")!.replacing("_", with: "-")
    let cell = try #require(OracleCell(rawValue: cellName == "rnn-tanh" ? "rnn" : cellName))
    let layerCount = Int(file.metadata("layers")!)!
    let inputWeights = try file.tensor("rnn.weight_ih_l0").shape
    let hiddenSize = try file.tensor("linear.weight").shape[1]
    let input: ModelConfiguration.Input =
      switch file.metadata("input") {
      case "tokens": .oneHot(vocabularySize: inputWeights[1])
      case "embedding":
        .embedding(vocabularySize: try file.tensor("embedding.weight").shape[0], size: inputWeights[1])
      default: .vectors(size: inputWeights[1])
      }
    let configuration = ModelConfiguration(
      cell: cell.cell, input: input, hiddenSize: hiddenSize, layerCount: layerCount,
      outputSize: try file.tensor("linear.bias").shape[0],
      head: file.metadata("head") == "last_step" ? .lastStep : .everyStep)
    let names = try ParameterTable(configuration).entries.map(\.name)
    let isDense = input.vocabularySize == nil
    let data = try file.tensor(isDense ? "input" : "tokens").shape
    let stateCount = configuration.cell.structure.stateCount * layerCount * data[1] * hiddenSize
    var problem = Problem(
      cell: cell, configuration: configuration, steps: data[0], batchSize: data[1],
      loss: file.metadata("loss") == "cross_entropy" ? .crossEntropy : .meanSquaredError,
      parameters: Dictionary(uniqueKeysWithValues: try names.map { ($0, try doubles($0)) }),
      initialState: contains("initial_h")
        ? try state("initial_") : [Double](repeating: 0, count: stateCount))
    if isDense { problem.vectors = try doubles("input") } else { problem.tokens = try file.integers("tokens") }
    if problem.loss.targets == .classes {
      problem.classes = try file.integers("classes")
    } else {
      problem.values = try doubles("target")
    }
    problem.isRounded = isRounded
    return problem
  }
}
