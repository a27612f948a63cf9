internal import Kernels

/// What a loss works on: the scalars, the targets that are integers, and the sums, all in double precision.
struct LossMemory<S: Scalar>: BitwiseCopyable {
  let block: Block<S>
  let indices: Block<Int32>
  /// The loss of each row from 0 on, then whatever else the loss needs.
  let sums: Block<Double>
}

/// Where a loss has its targets and weights, and what it makes of rows of outputs. Plain numbers: the workers copy it
/// without counting references.
struct LossPlan: Sendable, BitwiseCopyable {
  /// A loss whose arrays are in memory.
  enum Rule: Sendable, BitwiseCopyable {
    /// - shared: the sum of what a smoothed target gives to all classes.
    case crossEntropy(smoothing: Double, shared: Double, ignored: Int32?)
    case binaryCrossEntropy
    case meanSquaredError
    case meanAbsoluteError
    case huber(delta: Double)
    case ctc
  }

  let rule: Rule
  /// [rows at once, O] the outputs, then dL/d(outputs).
  let outputs: Matrix
  /// Where in the indices the classes or labels start.
  let firstIndex: Int
  /// For a loss on labels.
  let ctc: CTCPlan?
  /// [rows, O] the targets of losses on values.
  private var values: Matrix?
  /// [1, O] each class's share of a smoothed target, or the weight of each output's positive part.
  private var weights: Matrix?
  /// Where in the sums the weights of the classes start, [O]; nil: all are 1.
  private let classWeights: Int?

  /// - Parameters:
  ///   - outputs: [rows at once, O], one after the other.
  ///   - rows: those that the batch has.
  ///   - steps: T of the longest sequence.
  ///   - firstSum: where in the sums the loss may have `sumCount` numbers.
  ///   - reserve: gives a place of this name and shape, its rows one after the other.
  init(
    _ loss: Loss, outputs: Matrix, rows: Int, steps: Int, batchSize: Int, firstIndex: Int, firstSum: Int,
    reserve: (_ name: String, _ lifetime: Plan.Lifetime, _ shape: [Int]) -> Matrix
  ) {
    (self.outputs, self.firstIndex) = (outputs, firstIndex)
    let columns = outputs.columns
    if loss.targets == .values { values = reserve("targets", .workspace, [rows, columns]) }
    var (ctc, classWeights): (CTCPlan?, Int?)
    switch loss.kind {
    case .crossEntropy(let weights, let smoothing, let ignored):
      precondition(
        weights.isEmpty || weights.count == columns, "expected \(columns) class weights, got \(weights.count)")
      let mean = weights.isEmpty ? 1 : weights.reduce(0, +) / Double(columns)
      rule = .crossEntropy(smoothing: smoothing, shared: smoothing * mean, ignored: ignored)
      if !weights.isEmpty { classWeights = firstSum }
      if smoothing > 0 { self.weights = reserve("class weights", .packed, [1, columns]) }
    case .binaryCrossEntropy(let weights):
      precondition(
        weights.count <= 1 || weights.count == columns, "expected \(columns) positive weights, got \(weights.count)")
      rule = .binaryCrossEntropy
      self.weights = reserve("positive weights", .packed, [1, columns])
    case .meanSquaredError: rule = .meanSquaredError
    case .meanAbsoluteError: rule = .meanAbsoluteError
    case .huber(let delta): rule = .huber(delta: delta)
    case .ctc(let blank, let maximumLabels, let zeroInfinity):
      precondition(blank < columns, "blank \(blank) of \(columns) outputs")
      rule = .ctc
      ctc = CTCPlan(
        blank: blank, zeroInfinity: zeroInfinity, steps: steps, batchSize: batchSize, classCount: columns,
        maximumLabels: min(maximumLabels ?? steps, steps), firstIndex: firstIndex, firstScratch: firstSum)
    }
    (self.ctc, self.classWeights) = (ctc, classWeights)
  }

  /// Numbers in double precision beside the losses of the rows.
  var sumCount: Int { ctc?.scratchCount ?? (classWeights == nil ? 0 : outputs.columns) }

  /// Writes the weights of `loss`, which do not change. To be called once.
  func writeWeights<S: Scalar>(of loss: Loss, in memory: LossMemory<S>) {
    for column in 0..<outputs.columns {
      switch loss.kind {
      case .crossEntropy(let own, let smoothing, _):
        let weight = own.isEmpty ? 1 : own[column]
        if let classWeights { memory.sums[classWeights + column] = weight }
        if let weights { memory.block[weights.offset + column] = S(smoothing / Double(outputs.columns) * weight) }
      case .binaryCrossEntropy(let positive):
        let weight = positive.isEmpty ? 1 : positive[positive.count == 1 ? 0 : column]
        memory.block[weights!.offset + column] = S(weight)
      case .meanSquaredError, .meanAbsoluteError, .huber, .ctc: return
      }
    }
  }
}

// MARK: Losses of rows

extension LossPlan {
  /// The losses of some rows of the outputs into the sums; their gradients take the place of the outputs.
  /// - Parameters:
  ///   - range: rows of `outputs`.
  ///   - first: the row of the batch that the first row of `outputs` is.
  ///   - rows: those of the batch, over which the mean is taken.
  func perform<S: Scalar>(_ range: Range<Int>, from first: Int, of rows: Int, in memory: LossMemory<S>) {
    if case .crossEntropy(let smoothing, let shared, let ignored) = rule {
      let weight = weight(rows: rows, in: memory)
      for row in range {
        memory.sums[first + row] = crossEntropy(
          outputs.row(row), memory.indices[firstIndex + first + row], weight, smoothing, shared, ignored, in: memory)
      }
      return
    }
    let block = memory.block
    guard let values else { preconditionFailure("a loss on labels takes sequences, not rows") }
    let scale = S(1 / Double(rows * outputs.columns))
    for row in range {
      let (output, target) = (outputs.row(row), values.row(first + row))
      let sum: Double =
        switch rule {
        case .binaryCrossEntropy:
          block.binaryCrossEntropy(output, target: target, positive: weights!, scale: scale)
        case .meanAbsoluteError: block.absoluteError(output, target: target, scale: scale)
        case .huber(let delta): block.huberError(output, target: target, delta: S(delta), scale: scale)
        case .meanSquaredError, .crossEntropy, .ctc: block.squaredError(output, target: target, scale: scale)
        }
      memory.sums[first + row] = sum / Double(outputs.columns)
    }
  }

  /// - Parameter weight: that of all rows.
  private func crossEntropy<S: Scalar>(
    _ place: Matrix, _ target: Int32, _ weight: Double, _ smoothing: Double, _ shared: Double, _ ignored: Int32?,
    in memory: LossMemory<S>
  ) -> Double {
    if target == ignored || weight == 0 {
      memory.block.fill(place, with: 0)
      return 0
    }
    let own = classWeight(target, in: memory)
    if let weights {
      return memory.block.spreadCrossEntropy(
        place, target: Int(target), own: (1 - smoothing) * own, others: weights,
        weight: (1 - smoothing) * own + shared, scale: S(1 / weight))
    }
    return own * memory.block.softmaxCrossEntropy(place, target: Int(target), scale: S(own / weight))
  }

  private func classWeight<S>(_ target: Int32, in memory: LossMemory<S>) -> Double {
    guard let classWeights else { return 1 }
    return memory.sums[classWeights + Int(target)]
  }

  /// What the sum over `rows` rows is divided by. Every worker sums it up for itself, in the order of the rows.
  private func weight<S>(rows: Int, in memory: LossMemory<S>) -> Double {
    guard case .crossEntropy(_, _, let ignored) = rule, ignored != nil || classWeights != nil else {
      return Double(rows)
    }
    var sum = 0.0
    for row in 0..<rows {
      let target = memory.indices[firstIndex + row]
      if target != ignored { sum += classWeight(target, in: memory) }
    }
    return sum
  }

  /// The mean of the first `rows` losses, summed in their order.
  func mean<S>(rows: Int, in memory: LossMemory<S>) -> Double {
    let weight = weight(rows: rows, in: memory)
    var sum = 0.0
    for row in 0..<rows { sum += memory.sums[row] }
    return weight == 0 ? 0 : sum / weight
  }
}

// MARK: Targets

extension LossPlan {
  /// A class for each row.
  func setClasses<S>(_ classes: Span<Int32>, rows: Int, in memory: LossMemory<S>) {
    check(classes)
    precondition(classes.count == rows, "expected \(rows) classes, got \(classes.count)")
    memory.indices.write(classes, at: firstIndex)
  }

  /// A value for each output.
  func setValues<S: Scalar>(_ targets: Span<S>, rows: Int, in memory: LossMemory<S>) {
    let place = place(for: targets)
    let count = rows * place.columns
    precondition(targets.count == count, "expected \(count) target values, got \(targets.count)")
    memory.block.write(targets, at: place.offset)
  }

  /// Traps where one is neither a class nor ignored.
  func check(_ classes: Span<Int32>) {
    let limit = outputs.columns
    var ignored: Int32?
    if case .crossEntropy(_, _, let other) = rule { ignored = other }
    for index in classes.indices {
      let target = classes[index]
      precondition(target >= 0 && target < limit || target == ignored, "class \(target) of \(limit)")
    }
  }

  /// Where the targets `values` belong; traps where they cannot be such.
  func place<S: Scalar>(for targets: Span<S>) -> Matrix {
    guard let values else { preconditionFailure("the loss has no values") }
    if case .binaryCrossEntropy = rule {
      for index in targets.indices {
        precondition(
          targets[index] >= 0 && targets[index] <= 1,
          "targets of the binary cross-entropy must be in 0...1, got \(targets[index])")
      }
    }
    return values
  }
}
