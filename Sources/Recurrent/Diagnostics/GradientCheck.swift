internal import Foundation
internal import Kernels

/// What a gradient check found, tensor by tensor.
public struct GradientReport: Sendable, CustomStringConvertible {
  public struct Tensor: Sendable, Hashable {
    /// A parameter's name, or `input`, `initial state h`, `initial state c`.
    public let name: String
    public let count: Int
    /// Where analytic and numeric gradient differ most, relative to what was allowed there.
    public let worstIndex: Int
    public let analytic: Double
    public let numeric: Double
    /// |analytic − numeric| at the worst place, over the tensor's largest numeric entry.
    public let relativeError: Double
    /// Whether every element lies within the tolerance.
    public let passes: Bool
  }

  public let tensors: [Tensor]
  public var passes: Bool { tensors.allSatisfy(\.passes) }
  public var worst: Tensor { tensors.max { $0.relativeError < $1.relativeError }! }

  public var description: String {
    let width = tensors.map(\.name.count).max() ?? 0
    return tensors.map { tensor in
      let name = tensor.name.padding(toLength: width, withPad: " ", startingAt: 0)
      let error = String(format: "%.2e", tensor.relativeError)
      let values = String(format: "%+.9e against %+.9e", tensor.analytic, tensor.numeric)
      return
        "\(tensor.passes ? "ok  " : "FAIL")  \(name)  \(error)  of \(tensor.count), worst at \(tensor.worstIndex): \(values)"
    }.joined(separator: "\n")
  }
}

/// Compares back-propagated gradients with central differences: in Double, signed, every element of every parameter,
/// input vector and initial state.
///
/// An element passes where |analytic − numeric| ≤ 10⁻⁸ + 10⁻⁵·|numeric|, the tolerance at which PyTorch's own recurrent
/// layers pass. The step 10⁻⁵·max(1, |x|) balances the truncation error, about step²·|f‴|/6 ≈ 10⁻¹¹, against the rounding
/// error, about 2⁻⁵³·|f|/step ≈ 10⁻¹¹.
///
/// - Parameters:
///   - cell: built in or your own.
///   - input: kind and size of the input; data are drawn from `seed`.
///   - steps: T.
///   - batchSize: N.
///   - dropout: between layers, with one fixed mask.
///   - headDropout: between the top layer and the head, likewise.
/// - Throws: `PlanError` where the memory does not suffice.
public func checkGradients(
  of cell: some RecurrentCell, input: ModelConfiguration.Input = .vectors(size: 3), hiddenSize: Int = 5,
  layerCount: Int = 1, outputSize: Int = 4, head: ModelConfiguration.Head = .everyStep,
  loss: Loss = .crossEntropy, steps: Int = 7, batchSize: Int = 2, dropout: Double = 0,
  headDropout: Double = 0, seed: UInt64 = 1, threads: Int = 1
) throws(PlanError) -> GradientReport {
  let configuration = ModelConfiguration(
    cell: cell, input: input, hiddenSize: hiddenSize, layerCount: layerCount, outputSize: outputSize,
    head: head, dropout: dropout, headDropout: headDropout)
  var check = try GradientCheck(
    configuration, loss: loss, steps: steps, batchSize: batchSize, seed: seed, threads: threads)
  return check.report()
}

/// One problem with random data, whose loss can be evaluated again and again with one number changed.
private struct GradientCheck: ~Copyable {
  private var model: Model<Double>
  private var pass: RecurrentPass<Double>
  private var state: RecurrentState<Double>
  private var vectors: [Double]
  private let tokens: [Int32]
  private let classes: [Int32]
  private let targets: [Double]
  private let loss: Loss
  private let dropoutSeed: UInt64?

  init(
    _ configuration: ModelConfiguration, loss: Loss, steps: Int, batchSize: Int, seed: UInt64, threads: Int
  ) throws(PlanError) {
    var generator = SeededGenerator(seed: seed)
    var model = try Model<Double>(configuration, seed: generator.next())
    // Larger than the start values, so that gates leave the region where every function is nearly linear.
    for index in model.block.indices { model.block[index] *= 1.5 }
    let pass = try RecurrentPass(
      model, steps: steps, batchSize: batchSize,
      inputGradient: configuration.input.vocabularySize == nil, threads: threads)
    self.init(
      model, pass, loss: loss, inputRows: steps * batchSize,
      outputRows: configuration.head == .lastStep ? batchSize : steps * batchSize, &generator)
  }

  /// Draws the data.
  private init(
    _ model: Model<Double>, _ pass: consuming RecurrentPass<Double>, loss: Loss, inputRows: Int, outputRows: Int,
    _ generator: inout SeededGenerator
  ) {
    let configuration = model.configuration
    self.model = model
    self.loss = loss
    dropoutSeed = configuration.hasDropout ? generator.next() : nil
    state = RecurrentState(zerosFor: configuration, batchSize: pass.plan.batchSize)
    self.pass = pass
    for index in state.values.indices { state.values[index] = generator.uniform(-1, 1) }
    if let vocabulary = configuration.input.vocabularySize {
      tokens = (0..<inputRows).map { _ in Int32(generator.uniform() * Double(vocabulary)) }
      vectors = []
    } else {
      tokens = []
      vectors = (0..<inputRows * configuration.input.size).map { _ in generator.uniform(-1, 1) }
    }
    classes = (0..<outputRows).map { _ in Int32(generator.uniform() * Double(configuration.outputSize)) }
    targets = (0..<outputRows * configuration.outputSize).map { _ in generator.uniform(-1, 1) }
  }

  private mutating func run() -> [Double] {
    pass.load(model)
    pass.initialState = state
    let (vectors, tokens, dropoutSeed) = (vectors, tokens, dropoutSeed)
    if tokens.isEmpty {
      pass.forward(vectors: vectors.span, dropoutSeed: dropoutSeed)
    } else {
      pass.forward(tokens: tokens.span, dropoutSeed: dropoutSeed)
    }
    return pass.outputs
  }

  /// The loss and its gradient, written apart from the engine's fused kernels.
  private func value(_ outputs: [Double]) -> (loss: Double, gradient: [Double]) {
    let columns = model.configuration.outputSize
    let rows = outputs.count / columns
    var gradient = [Double](repeating: 0, count: outputs.count)
    var sum = 0.0
    for row in 0..<rows {
      switch loss {
      case .crossEntropy:
        let logits = outputs[row * columns..<(row + 1) * columns]
        let maximum = logits.max()!
        let normalizer = logits.reduce(0) { $0 + exp($1 - maximum) }
        sum += maximum + log(normalizer) - outputs[row * columns + Int(classes[row])]
        for column in 0..<columns {
          let probability = exp(outputs[row * columns + column] - maximum) / normalizer
          gradient[row * columns + column] = (probability - (column == Int(classes[row]) ? 1 : 0)) / Double(rows)
        }
      case .meanSquaredError:
        for index in row * columns..<(row + 1) * columns {
          let difference = outputs[index] - targets[index]
          sum += difference * difference / Double(columns)
          gradient[index] = 2 * difference / Double(outputs.count)
        }
      }
    }
    return (sum / Double(rows), gradient)
  }

  private mutating func currentLoss() -> Double {
    let outputs = run()
    return value(outputs).loss
  }

  mutating func report() -> GradientReport {
    let outputs = run()
    let outputGradient = value(outputs).gradient
    pass.backward(outputGradient: outputGradient.span)
    let stateGradient = pass.initialStateGradient
    let inputGradient = vectors.isEmpty ? [] : pass.inputGradient
    let gradients = model.table.entries.map { ($0, pass.gradient(of: $0.name)) }

    var tensors: [GradientReport.Tensor] = []
    for (entry, analytic) in gradients {
      var numeric: [Double] = []
      for index in entry.offset..<entry.offset + entry.count {
        let old = model.block[index]
        numeric.append(slope(at: old) { check, value in check.model.block[index] = value })
      }
      tensors.append(.init(entry.name, analytic, numeric))
    }
    if !vectors.isEmpty {
      var numeric: [Double] = []
      for index in vectors.indices {
        let old = vectors[index]
        numeric.append(slope(at: old) { check, value in check.vectors[index] = value })
      }
      tensors.append(.init("input", inputGradient, numeric))
    }
    for part in 0..<state.partCount {
      let count = state.values.count / state.partCount
      var numeric: [Double] = []
      for index in part * count..<(part + 1) * count {
        let old = state.values[index]
        numeric.append(slope(at: old) { check, value in check.state.values[index] = value })
      }
      let name = part < 2 ? "initial state \(part == 0 ? "h" : "c")" : "initial state \(part)"
      tensors.append(.init(name, stateGradient[part: part], numeric))
    }
    return GradientReport(tensors: tensors)
  }

  /// dL/dx by a central difference, where `set` puts a value in the place of x.
  private mutating func slope(
    at old: Double, _ set: (inout GradientCheck, Double) -> Void
  ) -> Double {
    let step = 1e-5 * max(1, abs(old))
    set(&self, old + step)
    let above = currentLoss()
    set(&self, old - step)
    let below = currentLoss()
    set(&self, old)
    return (above - below) / ((old + step) - (old - step))
  }
}

extension GradientReport.Tensor {
  fileprivate init(_ name: String, _ analytic: [Double], _ numeric: [Double]) {
    precondition(analytic.count == numeric.count, "\(name): \(analytic.count) gradients of \(numeric.count)")
    let excess = zip(analytic, numeric).map { abs($0 - $1) / (1e-8 + 1e-5 * abs($1)) }
    // NaN compares as neither: it must not look like the smallest excess.
    let worst = excess.indices.max { excess[$0] < excess[$1] || excess[$1].isNaN } ?? 0
    let largest = numeric.map { abs($0) }.max() ?? 0
    self.init(
      name: name, count: numeric.count, worstIndex: worst, analytic: analytic[worst], numeric: numeric[worst],
      relativeError: abs(analytic[worst] - numeric[worst]) / max(largest, .leastNormalMagnitude),
      passes: excess.allSatisfy { $0 <= 1 })
  }
}
