internal import Foundation
internal import Kernels

/// Compares back-propagated gradients with central differences: in Double, signed, every element of every parameter,
/// input vector and initial state.
///
/// An element passes where |analytic − numeric| ≤ 10⁻⁸ + 10⁻⁵·|numeric|, the tolerance at which PyTorch's own recurrent
/// layers pass.
///
/// The step. A central difference of the loss f with step s has the truncation error s²·|f‴|/6 and, where f is computed
/// to one unit roundoff u = 2⁻⁵³, the rounding error u·|f|/s. Their sum is least at s = (3u·|f/f‴|)^⅓: 7·10⁻⁶ where f and
/// f‴ are alike, and somewhat more because f has more than one roundoff. So s = 10⁻⁵·max(1, |x|), with errors of about
/// 10⁻¹¹ each, a thousandth of the tolerance. The usual (2u)^⅓ = 6·10⁻⁶ would be no better: about its least the sum is
/// flat.
///
/// Kinks. max(·, 0) has no derivative at 0; where a unit passes 0 between x − s and x + s, the difference is wrong though
/// the gradient is right. An element that does not pass is therefore tried again with s/16 and with s/256. A wrong
/// gradient stays wrong, and the tolerance keeps its meaning: the rounding error grows to 256·10⁻¹¹·|f| ≈ 3·10⁻⁹·|f|, less
/// than the 10⁻⁸ that are allowed, up to a loss of 3. Only a unit within the smallest step of 0, 4·10⁻⁸, still fails.
///
/// - Parameters:
///   - cell: built in or your own.
///   - input: kind and size of the input; data are drawn from `seed`.
///   - outputSize: O; where it is nil 4, or H without a head.
///   - steps: T.
///   - batchSize: N.
///   - dropout: between layers, with one fixed mask.
///   - headDropout: between the top layer and the head, likewise.
/// - Throws: `PlanError` where the memory does not suffice.
public func checkGradients(
  of cell: some RecurrentCell, input: ModelConfiguration.Input = .vectors(size: 3), hiddenSize: Int = 5,
  layerCount: Int = 1, outputSize: Int? = nil, head: ModelConfiguration.Head = .everyStep,
  loss: Loss = .crossEntropy, steps: Int = 7, batchSize: Int = 2, dropout: Double = 0,
  headDropout: Double = 0, seed: UInt64 = 1, threads: Int = 1
) throws(PlanError) -> GradientReport {
  let configuration = ModelConfiguration(
    cell: cell, input: input, hiddenSize: hiddenSize, layerCount: layerCount,
    outputSize: outputSize ?? (head == .none ? hiddenSize : 4), head: head, dropout: dropout,
    headDropout: headDropout)
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
    // Nor may a cell's own vectors stay where they start: at 0 they hide what they multiply.
    for entry in model.table.entries where entry.name.hasPrefix("rnn.vectors") {
      for index in entry.offset..<entry.offset + entry.count { model.block[index] += generator.uniform(-0.5, 0.5) }
    }
    let pass = try RecurrentPass(
      model, steps: steps, batchSize: batchSize,
      inputGradient: configuration.input.vocabularySize == nil, threads: threads)
    self.init(
      model, pass, loss: loss, inputRows: steps * batchSize,
      outputRows: configuration.head.isPooled ? batchSize : steps * batchSize, &generator)
  }

  /// Draws the data.
  private init(
    _ model: Model<Double>, _ pass: consuming RecurrentPass<Double>, loss: Loss, inputRows: Int, outputRows: Int,
    _ generator: inout SeededGenerator
  ) {
    let configuration = model.configuration
    self.model = model
    self.loss = loss
    dropoutSeed = configuration.isRandom ? generator.next() : nil
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
    self.pass.initialState = state
  }

  private mutating func run() -> [Double] {
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
    for (entry, gradient) in gradients {
      tensors.append(compare(entry.name, entry.shape, gradient) { .parameter(entry.offset + $0) })
    }
    if !vectors.isEmpty {
      let features = model.configuration.input.size
      let shape = [vectors.count / (state.batchSize * features), state.batchSize, features]
      tensors.append(compare("input", shape, inputGradient) { .input($0) })
    }
    for part in 0..<state.partCount {
      let name = part < 2 ? "initial state \(part == 0 ? "h" : "c")" : "initial state \(part)"
      let isUniform = Set(state.widths[part]).count == 1
      let count = stateGradient[part: part].count
      let shape = isUniform ? [state.recurrenceCount, state.batchSize, state.widths[part][0]] : [count]
      let first = state.widths[..<part].joined().reduce(0, +) * state.batchSize
      tensors.append(compare(name, shape, stateGradient[part: part]) { .state(first + $0) })
    }
    return GradientReport(tensors: tensors)
  }

  private mutating func compare(
    _ name: String, _ shape: [Int], _ analytic: [Double], _ place: (Int) -> Place
  ) -> GradientReport.Tensor {
    var numeric: [Double] = []
    for index in analytic.indices { numeric.append(slope(at: place(index), expected: analytic[index])) }
    return .init(name, shape: shape, analytic, numeric)
  }

  /// dL/dx by central differences: with the largest step at which it agrees with what is expected, or the largest.
  private mutating func slope(at place: Place, expected: Double) -> Double {
    let old = self[place]
    let step = 1e-5 * max(1, abs(old))
    let first = difference(at: place, old, step: step)
    func agrees(_ slope: Double) -> Bool { GradientReport.Tensor.excess(expected, slope) <= 1 }
    if agrees(first) { return first }
    for smaller in [step / 16, step / 256] {
      let slope = difference(at: place, old, step: smaller)
      if agrees(slope) { return slope }
    }
    return first
  }

  private mutating func difference(at place: Place, _ old: Double, step: Double) -> Double {
    self[place] = old + step
    let above = currentLoss()
    self[place] = old - step
    let below = currentLoss()
    self[place] = old
    return (above - below) / ((old + step) - (old - step))
  }

  /// A number that the loss depends on.
  private enum Place {
    case parameter(Int), input(Int), state(Int)
  }

  private subscript(place: Place) -> Double {
    get {
      switch place {
      case .parameter(let index): model.block[index]
      case .input(let index): vectors[index]
      case .state(let index): state.values[index]
      }
    }
    set {
      switch place {
      case .parameter(let index):
        model.block[index] = newValue
        pass.load(model)
      case .input(let index): vectors[index] = newValue
      case .state(let index):
        state.values[index] = newValue
        pass.initialState = state
      }
    }
  }
}
