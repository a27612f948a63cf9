import Foundation
import Recurrent
import Testing

/// One model as PyTorch computes it; `Fixtures/README.md` describes the tensors.
struct Fixture: Sendable, CustomTestStringConvertible {
  let name: String
  private let file: SafetensorsFile

  static let directory = Bundle.module.bundleURL.appending(path: "Fixtures")

  /// Every file of the directory, without its extension.
  static let names = names(in: directory)

  /// Those of the directory of structures.
  static let structureNames = names(in: directory.appending(path: "Structures"))

  /// Those of the directory of residual blocks.
  static let blockNames = names(in: directory.appending(path: "Blocks"))

  private static func names(in directory: URL) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: directory.path))?
      .filter { $0.hasSuffix(".safetensors") }.map { String($0.dropLast(".safetensors".count)) }.sorted() ?? []
  }

  init(_ name: String) throws {
    self.name = name
    file = try SafetensorsFile(path: Self.directory.appending(path: "\(name).safetensors").path)
  }

  var testDescription: String { name }

  func doubles(_ name: String) throws -> [Double] { try file.doubles(name) }

  /// Lengths of packed sequences.
  private var lengths: [Int]? {
    get throws { file.metadata("packed") == "true" ? try file.integers("lengths").map { Int($0) } : nil }
  }

  /// A tensor, of packed sequences sequence after sequence where it has values for every step.
  func steps(_ name: String) throws -> [Double] { try packed(doubles(name), name) }

  private func packed<Element>(_ values: [Element], _ name: String) throws -> [Element] {
    // These alone are [T, N, ·].
    let byStep = ["input", "grad.input", "tokens", "output"]
    let heads = ["prediction", "logits", "target", "classes"]
    let isEveryStep = (file.metadata("head") ?? "every_step") == "every_step"
    guard let lengths = try lengths, byStep.contains(name) || (isEveryStep && heads.contains(name)) else {
      return values
    }
    let shape = try file.tensor(name).shape
    let width = shape.dropFirst(2).reduce(1, *)
    return lengths.enumerated().flatMap { sequence, length in
      (0..<length).flatMap { step in
        let row = step * shape[1] + sequence
        return values[row * width..<(row + 1) * width]
      }
    }
  }

  func contains(_ name: String) -> Bool { file.contains(name) }

  /// The curve of an optimizer: the loss before each of fifty steps and after the last.
  func curve(_ optimizer: String) throws -> [Double] { try file.doubles("curve.\(optimizer)") }

  /// h, then an LSTM's c, or both further parts of an sLSTM's state: [part, L, N, H].
  func state(_ prefix: String) throws -> [Double] {
    try ["h", "c", "weight"].map { prefix + $0 }.filter { contains($0) }.flatMap { try doubles($0) }
  }

  /// Model and data.
  /// - Parameter isRounded: whether the numbers are for a computation in single precision.
  func problem(isRounded: Bool) throws -> Problem {
    let cellName = file.metadata("cell")!.replacing("_", with: "-")
    let cell = try #require(OracleCell(rawValue: cellName == "rnn-tanh" ? "rnn" : cellName))
    let layerCount = Int(file.metadata("layers")!)!
    let inputWeights = try file.tensor("rnn.weight_ih_l0").shape
    let hiddenSize = try file.metadata("hidden_size").map { Int($0)! } ?? file.tensor("linear.weight").shape[1]
    let input: ModelConfiguration.Input =
      switch file.metadata("input") {
      case "tokens": .oneHot(vocabularySize: inputWeights[1])
      case "embedding":
        .embedding(vocabularySize: try file.tensor("embedding.weight").shape[0], size: inputWeights[1])
      default: .vectors(size: inputWeights[1])
      }
    let head: ModelConfiguration.Head =
      switch file.metadata("head") {
      case "last_step": .lastStep
      case "mean_over_steps": .meanOverSteps
      case "max_over_steps": .maxOverSteps
      default: .everyStep
      }
    var configuration = ModelConfiguration(
      cell: cell.cell, input: input, hiddenSize: hiddenSize, layerCount: layerCount,
      directions: file.metadata("bidirectional") == "true" ? .both(merge: .concatenate) : .forward,
      outputSize: try file.tensor("linear.bias").shape[0], head: head)
    if let size = file.metadata("projection"), size != "0" { configuration.projectionSize = Int(size)! }
    if let size = file.metadata("feed_forward_size") {
      configuration.blocks = ResidualBlocks(feedForwardSize: Int(size)!)
    }
    let names = try ParameterTable(configuration).entries.map(\.name)
    let isDense = input.vocabularySize == nil
    let data = try file.tensor(isDense ? "input" : "tokens").shape
    let stateCount = RecurrentState<Double>(zerosFor: configuration, batchSize: data[1]).values.count
    var problem = Problem(
      cell: cell, configuration: configuration, steps: data[0], batchSize: data[1],
      lengths: try lengths, loss: file.metadata("loss") == "cross_entropy" ? .crossEntropy : .meanSquaredError,
      parameters: Dictionary(uniqueKeysWithValues: try names.map { ($0, try doubles($0)) }),
      initialState: contains("initial_h")
        ? try state("initial_") : [Double](repeating: 0, count: stateCount))
    if isDense {
      problem.vectors = try steps("input")
    } else {
      problem.tokens = try packed(file.integers("tokens"), "tokens")
    }
    if problem.loss.targets == .classes {
      problem.classes = try packed(file.integers("classes"), "classes")
    } else {
      problem.values = try steps("target")
    }
    problem.isRounded = isRounded
    return problem
  }
}
