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
/// The loss itself is checked too: the gradient that is propagated back is that of its kernels, the loss that is
/// differenced is written apart from them.
///
/// Kinks. max(·, 0) has no derivative at 0; where a unit passes 0 between x − s and x + s, the difference is wrong though
/// the gradient is right. So it is for the absolute error of an output that passes its target, and, a little, where the
/// Huber loss becomes linear. An element that does not pass is therefore tried again with s/16 and with s/256. A wrong
/// gradient stays wrong, and the tolerance keeps its meaning: the rounding error grows to 256·10⁻¹¹·|f| ≈ 3·10⁻⁹·|f|, less
/// than the 10⁻⁸ that are allowed, up to a loss of 3. Only a unit within the smallest step of 0, 4·10⁻⁸, still fails.
///
/// - Parameters:
///   - cell: built in or your own.
///   - input: kind and size of the input; data are drawn from `seed`.
///   - hiddenSize: H.
///   - layerCount: L.
///   - outputSize: O; where it is nil 4, or H without a head.
///   - head: where the linear layer reads.
///   - loss: what the outputs are compared with; targets are drawn from `seed`.
///   - steps: T.
///   - batchSize: N.
///   - dropout: between layers, with one fixed mask.
///   - headDropout: between the top layer and the head, likewise.
///   - products: who multiplies.
///   - seed: of the parameters and the data.
///   - threads: workers; 0: one for each processor.
/// - Returns: a line for each tensor.
/// - Precondition: a loss on labels has outputs at every step.
/// - Throws: `PlanError` where the memory does not suffice.
public func checkGradients(
  of cell: some RecurrentCell, input: ModelConfiguration.Input = .vectors(size: 3), hiddenSize: Int = 5,
  layerCount: Int = 1, outputSize: Int? = nil, head: ModelConfiguration.Head = .everyStep,
  loss: Loss = .crossEntropy, steps: Int = 7, batchSize: Int = 2, dropout: Double = 0,
  headDropout: Double = 0, products: Products = .automatic, seed: UInt64 = 1, threads: Int = 1
) throws(PlanError) -> GradientReport {
  var configuration = ModelConfiguration(
    cell: cell, input: input, hiddenSize: hiddenSize, layerCount: layerCount,
    outputSize: outputSize ?? (head == .none ? hiddenSize : 4), head: head, dropout: dropout,
    headDropout: headDropout)
  if loss == .crf { configuration.crf = CRFConstraints.none }
  return try checkGradients(
    of: configuration, loss: loss, steps: steps, batchSize: batchSize, products: products, seed: seed, threads: threads)
}

/// The same for any configuration, and for sequences of different lengths.
///
/// - Parameters:
///   - configuration: of a small model: every number in it is changed in turn.
///   - loss: what the outputs are compared with; targets are drawn from `seed`.
///   - steps: T.
///   - batchSize: N.
///   - lengths: of up to N sequences, at most T each; nil: N sequences of T steps.
///   - products: who multiplies.
///   - seed: of the parameters and the data.
///   - threads: workers; 0: one for each processor.
/// - Returns: a line for each tensor.
/// - Precondition: a loss on labels has outputs at every step, and sequences of one length.
/// - Throws: `PlanError` where the memory does not suffice.
public func checkGradients(
  of configuration: ModelConfiguration, loss: Loss = .crossEntropy, steps: Int = 7, batchSize: Int = 2,
  lengths: [Int]? = nil, products: Products = .automatic, seed: UInt64 = 1, threads: Int = 1
) throws(PlanError) -> GradientReport {
  require(
    loss.targets != .labels || (!configuration.head.isPooled && lengths == nil),
    "the connectionist loss needs outputs at every step of sequences of one length")
  var check = try GradientCheck(
    configuration, loss: loss, steps: steps, batchSize: batchSize, lengths: lengths, products: products, seed: seed,
    threads: threads)
  return check.report()
}

/// One problem with random data, whose loss can be evaluated again and again with one number changed.
struct GradientCheck: ~Copyable {
  private var model: Model<Double>
  private var pass: RecurrentPass<Double>
  private var state: RecurrentState<Double>
  /// In the order of time, [T, N, I]; where lengths differ, one sequence after the other.
  private var vectors: [Double]
  private let tokens: [Int32]
  private let lengths: [Int]?
  private let targets: GradientCheckTargets
  /// Whether the loss is a CRF's.
  private let isOnChains: Bool
  private let dropoutSeed: UInt64?

  init(
    _ configuration: ModelConfiguration, loss: Loss, steps: Int, batchSize: Int, lengths: [Int]?, products: Products,
    seed: UInt64, threads: Int
  ) throws(PlanError) {
    var generator = SeededGenerator(seed: seed)
    var model = try Model<Double>(configuration, seed: generator.next())
    // Larger than the start values, so that gates leave the region where every function is nearly linear; and what
    // starts from 0 or from 1, with norms and peepholes, leaves that too.
    for index in model.block.indices { model.block[index] *= 1.5 }
    for entry in model.table.entries {
      let values = model[parameter: entry.name]
      guard
        entry.name.hasPrefix("rnn.vectors") || ParameterTable.isGain(entry.name) || values.allSatisfy({ $0 == 0 })
      else { continue }
      model[parameter: entry.name] = values.map { $0 + generator.uniform(-0.5, 0.5) }
    }
    let pass = try RecurrentPass(
      model, steps: steps, batchSize: batchSize, inputGradient: configuration.input.vocabularySize == nil,
      isRagged: lengths != nil, products: products, threads: threads)
    let rows = lengths?.reduce(0, +) ?? steps * batchSize
    self.init(
      model, pass, loss: loss, inputRows: rows,
      outputRows: configuration.head.isPooled ? lengths?.count ?? batchSize : rows, lengths, &generator)
  }

  /// Draws the data.
  private init(
    _ model: Model<Double>, _ pass: consuming RecurrentPass<Double>, loss: Loss, inputRows: Int, outputRows: Int,
    _ lengths: [Int]?, _ generator: inout SeededGenerator
  ) {
    let configuration = model.configuration
    self.model = model
    self.lengths = lengths
    dropoutSeed = configuration.isRandom ? generator.next() : nil
    state = RecurrentState(zerosFor: configuration, batchSize: pass.plan.batchSize)
    let batchSize = state.batchSize
    self.pass = pass
    for index in state.values.indices { state.values[index] = generator.uniform(-1, 1) }
    if case .features = configuration.input {
      let sizes = configuration.input.vocabularySizes
      tokens = (0..<inputRows * sizes.count).map { Int32(generator.uniform() * Double(sizes[$0 % sizes.count])) }
      vectors = []
    } else if let vocabulary = configuration.input.vocabularySize {
      tokens = (0..<inputRows).map { _ in Int32(generator.uniform() * Double(vocabulary)) }
      vectors = []
    } else {
      tokens = []
      vectors = (0..<inputRows * configuration.input.size).map { _ in generator.uniform(-1, 1) }
    }
    isOnChains = loss == .crf
    targets = GradientCheckTargets(
      loss, rows: outputRows, outputSize: configuration.outputSize, batchSize: batchSize, &generator)
    if !configuration.trainsInitialState { self.pass.initialState = state }
  }

  private mutating func run() -> [Double] {
    let (vectors, tokens, dropoutSeed) = (vectors, tokens, dropoutSeed)
    if let lengths {
      if tokens.isEmpty {
        let width = model.configuration.input.size
        pass.forward(
          .vectors(Sequences(values: vectors, lengths: lengths, width: width)), dropoutSeed: dropoutSeed)
      } else {
        let width = model.configuration.input.tokensPerStep
        pass.forward(.tokens(Sequences(values: tokens, lengths: lengths, width: width)), dropoutSeed: dropoutSeed)
      }
      return model.configuration.head.isPooled ? pass.outputs : pass.outputSequences.values
    }
    if tokens.isEmpty {
      pass.forward(vectors: vectors.span, dropoutSeed: dropoutSeed)
    } else {
      pass.forward(tokens: tokens.span, dropoutSeed: dropoutSeed)
    }
    return pass.outputs
  }

  /// - Returns: the gradients by the parameters of a CRF, by name.
  private mutating func runBackward() -> [String: [Double]] {
    let outputs = run()
    var own: [String: [Double]] = [:]
    var gradient: [Double]
    if let crf = model.crf, isOnChains {
      let gradients = targets.gradients(outputs, lengths, crf)
      own = [
        "crf.transitions": gradients.transitions, "crf.start_transitions": gradients.starts,
        "crf.end_transitions": gradients.ends,
      ]
      gradient = gradients.outputs
      if lengths == nil { gradient = Self.timeMajor(gradient, state.batchSize, model.configuration.outputSize) }
    } else {
      gradient = targets.gradient(outputs)
    }
    if let lengths, !model.configuration.head.isPooled {
      pass.backward(
        outputGradient: Sequences(values: gradient, lengths: lengths, width: model.configuration.outputSize))
    } else {
      pass.backward(outputGradient: gradient.span)
    }
    return own
  }

  /// Rows sequence by sequence, [N, T, width], as [T, N, width].
  private static func timeMajor(_ rows: [Double], _ batchSize: Int, _ width: Int) -> [Double] {
    let steps = rows.count / (batchSize * width)
    return (0..<steps * batchSize).flatMap { place in
      let start = (place % batchSize * steps + place / batchSize) * width
      return rows[start..<start + width]
    }
  }

  private mutating func currentLoss() -> Double {
    let outputs = run()
    if isOnChains, let crf = model.crf { return targets.naiveLoss(outputs, lengths, crf) }
    return targets.naiveLoss(outputs)
  }

  mutating func report() -> GradientReport {
    let own = runBackward()
    let stateGradient = pass.initialStateGradient
    let inputGradient =
      vectors.isEmpty ? [] : lengths == nil ? pass.inputGradient : pass.inputGradientSequences.values
    let gradients = model.table.entries.map { ($0, own[$0.name] ?? pass.gradient(of: $0.name)) }

    var tensors: [GradientReport.Tensor] = []
    for (entry, gradient) in gradients {
      tensors.append(compare(entry.name, entry.shape, gradient) { .parameter(entry.offset + $0) })
    }
    if !vectors.isEmpty {
      let features = model.configuration.input.size
      let rows = vectors.count / features
      let shape = lengths == nil ? [rows / state.batchSize, state.batchSize, features] : [rows, features]
      tensors.append(compare("input", shape, inputGradient) { .input($0) })
    }
    // A trained one is among the parameters.
    for part in 0..<(model.configuration.trainsInitialState ? 0 : state.partCount) {
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
