internal import Kernels

/// What a loss works on: the scalars, the targets that are integers, and the sums, all in double precision.
struct LossMemory<S: Scalar>: BitwiseCopyable {
  let scalars: Memory<S>
  let indices: Memory<Int32>
  /// Losses of rows, and whatever else the loss needs.
  let sums: Memory<Double>
}

/// Where a loss has its targets and weights, and what it makes of rows of outputs. Plain numbers: the workers copy it
/// without counting references.
struct LossStage: Sendable, BitwiseCopyable {
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
  let outputs: Region
  /// [rows] where in the indices the classes start.
  let classes: Int
  /// [rows] where in the sums the loss of each row stands, or of each sequence.
  let losses: Int
  /// For a loss on labels.
  let ctc: CTCStage?
  /// [rows, O] the targets of losses on values; empty for others.
  private let values: Region
  /// [1, O] each class's share of a smoothed target, or the weight of each output's positive part; nil where there is none.
  private let weights: Region?
  /// Where in the sums the weights of the classes start, [O]; nil: all are 1.
  private let classWeights: Int?

  /// - Parameters:
  ///   - outputs: [rows at once, O], one after the other.
  ///   - rows: those that the batch has.
  ///   - steps: T of the longest sequence.
  /// - Throws: `PlanError` where the alignments of a loss on labels are too many to count.
  init(
    _ loss: Loss, outputs: Region, rows: Int, steps: Int, batchSize: Int, _ arenas: inout ArenaLayout
  ) throws(PlanError) {
    self.outputs = outputs
    let columns = outputs.columns
    losses = arenas.sums("losses", .workspace, [max(rows, batchSize)])
    classes = arenas.integers("classes", .workspace, [loss.targets == .classes ? rows : 0])
    values = arenas.matrix("targets", .workspace, loss.targets == .values ? rows : 0, columns, padded: false)
    var (ctc, weights, classWeights): (CTCStage?, Region?, Int?)
    switch loss.kind {
    case .crossEntropy(let own, let smoothing, let ignored):
      require(own.isEmpty || own.count == columns, "expected \(columns) class weights, got \(own.count)")
      let mean = own.isEmpty ? 1 : own.reduce(0, +) / Double(columns)
      rule = .crossEntropy(smoothing: smoothing, shared: smoothing * mean, ignored: ignored)
      if !own.isEmpty { classWeights = arenas.sums("class weights", .packed, [columns]) }
      if smoothing > 0 { weights = arenas.matrix("shares of classes", .packed, 1, columns, padded: false) }
    case .binaryCrossEntropy(let positive):
      require(
        positive.count <= 1 || positive.count == columns,
        "expected \(columns) positive weights, got \(positive.count)")
      rule = .binaryCrossEntropy
      weights = arenas.matrix("positive weights", .packed, 1, columns, padded: false)
    case .meanSquaredError: rule = .meanSquaredError
    case .meanAbsoluteError: rule = .meanAbsoluteError
    case .huber(let delta): rule = .huber(delta: delta)
    case .ctc(let blank, let maximumLabels, let zeroInfinity):
      require(blank < columns, "blank \(blank) of \(columns) outputs")
      rule = .ctc
      ctc = try CTCStage(
        blank: blank, zeroInfinity: zeroInfinity, steps: steps, batchSize: batchSize, classCount: columns,
        maximumLabels: min(maximumLabels ?? steps, steps), &arenas)
    }
    (self.ctc, self.weights, self.classWeights) = (ctc, weights, classWeights)
  }

  /// Writes the weights of `loss`, which do not change. To be called once.
  func writeWeights<S: Scalar>(of loss: Loss, in memory: LossMemory<S>) {
    for column in 0..<outputs.columns {
      switch loss.kind {
      case .crossEntropy(let own, let smoothing, _):
        let weight = own.isEmpty ? 1 : own[column]
        if let classWeights { memory.sums[classWeights + column] = weight }
        if let weights { memory.scalars[weights.offset + column] = S(smoothing / Double(outputs.columns) * weight) }
      case .binaryCrossEntropy(let positive):
        let weight = positive.isEmpty ? 1 : positive[positive.count == 1 ? 0 : column]
        if let weights { memory.scalars[weights.offset + column] = S(weight) }
      case .meanSquaredError, .meanAbsoluteError, .huber, .ctc: return
      }
    }
  }
}

// MARK: Losses of rows

extension LossStage {
  /// The losses of some rows of the outputs into the sums; their gradients take the place of the outputs.
  /// - Parameters:
  ///   - range: rows of `outputs`.
  ///   - first: the row of the batch that the first row of `outputs` is.
  ///   - rows: those of the batch, over which the mean is taken.
  func perform<S: Scalar>(_ range: Range<Int>, from first: Int, of rows: Int, in memory: LossMemory<S>) {
    if case .crossEntropy(let smoothing, let shared, let ignored) = rule {
      let weight = weight(rows: rows, in: memory)
      for row in range {
        memory.sums[losses + first + row] = crossEntropy(
          outputs.row(row), memory.indices[classes + first + row], weight, smoothing, shared, ignored, in: memory)
      }
      return
    }
    let scalars = memory.scalars
    let scale = 1 / Double(rows * outputs.columns)
    for row in range {
      let (output, target) = (outputs.row(row), values.row(first + row))
      let sum: Double =
        switch rule {
        case .binaryCrossEntropy:
          scalars.binaryCrossEntropy(output, target: target, positive: weights ?? .empty, scale: scale)
        case .meanAbsoluteError: scalars.absoluteError(output, target: target, scale: scale)
        case .huber(let delta): scalars.huberError(output, target: target, delta: delta, scale: scale)
        case .meanSquaredError: scalars.squaredError(output, target: target, scale: scale)
        case .crossEntropy, .ctc: stop("a loss on classes or labels has no values")
        }
      memory.sums[losses + first + row] = sum / Double(outputs.columns)
    }
  }

  /// - Parameter weight: that of all rows.
  private func crossEntropy<S: Scalar>(
    _ place: Region, _ target: Int32, _ weight: Double, _ smoothing: Double, _ shared: Double, _ ignored: Int32?,
    in memory: LossMemory<S>
  ) -> Double {
    if target == ignored || weight == 0 {
      memory.scalars.fill(place, with: 0)
      return 0
    }
    let own = classWeight(target, in: memory)
    if let weights {
      return memory.scalars.spreadCrossEntropy(
        place, target: Int(target), own: (1 - smoothing) * own, others: weights,
        weight: (1 - smoothing) * own + shared, scale: 1 / weight)
    }
    return own * memory.scalars.softmaxCrossEntropy(place, target: Int(target), scale: own / weight)
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
      let target = memory.indices[classes + row]
      if target != ignored { sum += classWeight(target, in: memory) }
    }
    return sum
  }

  /// The mean of the first `rows` losses, summed in their order.
  func mean<S>(rows: Int, in memory: LossMemory<S>) -> Double {
    let weight = weight(rows: rows, in: memory)
    var sum = 0.0
    for row in 0..<rows { sum += memory.sums[losses + row] }
    return weight == 0 ? 0 : sum / weight
  }
}

// MARK: Targets

extension LossStage {
  /// A class for each row.
  func setClasses<S>(_ classes: Span<Int32>, rows: Int, in memory: LossMemory<S>) {
    check(classes)
    require(classes.count == rows, "expected \(rows) classes, got \(classes.count)")
    memory.indices.write(classes, at: self.classes)
  }

  /// A value for each output.
  func setValues<S: Scalar>(_ targets: Span<S>, rows: Int, in memory: LossMemory<S>) {
    let place = place(for: targets)
    let count = rows * place.columns
    require(targets.count == count, "expected \(count) target values, got \(targets.count)")
    memory.scalars.write(targets, at: place.offset)
  }

  /// Traps where one is neither a class nor ignored.
  func check(_ classes: Span<Int32>) {
    let limit = outputs.columns
    var ignored: Int32?
    if case .crossEntropy(_, _, let other) = rule { ignored = other }
    for index in classes.indices {
      let target = classes[index]
      require(target >= 0 && target < limit || target == ignored, "class \(target) of \(limit)")
    }
  }

  /// Where the targets `values` belong; traps where they cannot be such.
  func place<S: Scalar>(for targets: Span<S>) -> Region {
    require(values.rows > 0, "the loss has no values")
    if case .binaryCrossEntropy = rule {
      for index in targets.indices {
        require(
          targets[index] >= 0 && targets[index] <= 1,
          "targets of the binary cross-entropy must be in 0...1, got \(targets[index])")
      }
    }
    return values
  }
}
