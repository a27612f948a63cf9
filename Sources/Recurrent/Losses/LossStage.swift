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
    /// - quantiles: how many outputs there are for each value.
    case pinball(quantiles: Int)
    case gaussian
    case studentT
    case negativeBinomial
    case ctc
    case crf
    case custom
  }

  let rule: Rule
  /// [rows at once, O] the outputs, then dL/d(outputs).
  let outputs: Region
  /// [rows] where in the indices the classes start.
  let classes: Int
  /// [rows] where in the sums the loss of each row stands, or of each sequence.
  let losses: Int
  /// [rows] where in the sums the weight of each row stands, or of each sequence; nil: the loss is not weighted.
  let rowWeights: Int?
  /// For a loss on labels.
  let ctc: CTCStage?
  /// For a loss on chains of classes.
  let crf: CRFStage?
  /// For a loss of one's own.
  let custom: CustomLossRegions?
  /// [rows, values of a row] the targets of losses on values; empty for others.
  let values: Region
  /// [1, O] each class's share of a smoothed target, or the weight of each output's positive part; nil where there is none.
  private let weights: Region?
  /// Whether gradients are those of the sum over rows, not of their mean: where the batch is a shard of a larger one.
  private let isSummed: Bool
  /// Where in the sums the quantiles start; nil: there are none.
  private let quantiles: Int?
  /// Where in the sums the scales of counts start, [values]; nil: there are none.
  private let scales: Int?
  /// Where in the sums the weights of the classes start, [O]; nil: all are 1.
  private let classWeights: Int?

  /// - Parameters:
  ///   - outputs: [rows at once, O], one after the other.
  ///   - rows: those that the batch has.
  ///   - steps: T of the longest sequence.
  ///   - isRagged: whether rows may stand in another order than that of the sequences.
  ///   - isSummed: whether gradients are those of the sum over rows, not of their mean.
  ///   - crf: where the parameters of a CRF stand; nil: the model has none.
  /// - Throws: `PlanError` where the alignments of a loss on labels are too many to count.
  init(
    _ loss: Loss, outputs: Region, rows: Int, steps: Int, batchSize: Int, isRagged: Bool, isSummed: Bool = false,
    crf places: ParameterTable.CRFOffsets?, _ arenas: inout ArenaLayout
  ) throws(PlanError) {
    (self.outputs, self.isSummed) = (outputs, isSummed)
    let columns = outputs.columns
    losses = arenas.sums("losses", .workspace, [max(rows, batchSize)])
    classes = arenas.integers("classes", .workspace, [loss.targets == .classes ? rows : 0])
    let width = loss.valueCount(outputs: columns)
    values = arenas.matrix("targets", .workspace, loss.targets == .values ? rows : 0, width, padded: false)
    rowWeights = loss.isWeighted ? arenas.sums("weights of samples", .workspace, [max(rows, batchSize)]) : nil
    custom =
      loss.targets == .custom
      ? CustomLossRegions(rows: rows, columns: columns, copiesOutputs: isRagged, &arenas) : nil
    var (ctc, weights, classWeights, quantiles, scales): (CTCStage?, Region?, Int?, Int?, Int?)
    var crf: CRFStage?
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
    case .pinball(let own):
      rule = .pinball(quantiles: own.count)
      quantiles = arenas.sums("quantiles", .packed, [own.count])
    case .gaussian: rule = .gaussian
    case .studentT: rule = .studentT
    case .negativeBinomial:
      rule = .negativeBinomial
      scales = arenas.sums("scales of counts", .packed, [width])
    case .custom: rule = .custom
    case .ctc(let blank, let maximumLabels, let zeroInfinity):
      require(blank < columns, "blank \(blank) of \(columns) outputs")
      rule = .ctc
      ctc = try CTCStage(
        blank: blank, zeroInfinity: zeroInfinity, steps: steps, batchSize: batchSize, classCount: columns,
        maximumLabels: min(maximumLabels ?? steps, steps), &arenas)
    case .crf:
      guard let places else { stop("the loss of a CRF needs a model with a CRF: set ModelConfiguration.crf") }
      rule = .crf
      crf = try CRFStage(places, steps: steps, batchSize: batchSize, &arenas)
    }
    (self.ctc, self.weights, self.classWeights, self.quantiles) = (ctc, weights, classWeights, quantiles)
    self.crf = crf
    self.scales = scales
  }

  /// Whether there is one loss for each sequence, and not for each row.
  var isForSequences: Bool { ctc != nil || crf != nil }

  /// Writes the weights of `loss`, which do not change. To be called once.
  func writeWeights<S: Scalar>(of loss: Loss, in memory: LossMemory<S>) {
    if case .pinball(let own) = loss.kind, let quantiles {
      for (index, quantile) in own.enumerated() { memory.sums[quantiles + index] = quantile }
    }
    if case .negativeBinomial(let own) = loss.kind, let scales {
      for column in 0..<values.columns {
        memory.sums[scales + column] = own.isEmpty ? 1 : own[own.count == 1 ? 0 : column]
      }
    }
    for column in 0..<outputs.columns {
      switch loss.kind {
      case .crossEntropy(let own, let smoothing, _):
        let weight = own.isEmpty ? 1 : own[column]
        if let classWeights { memory.sums[classWeights + column] = weight }
        if let weights { memory.scalars[weights.offset + column] = S(smoothing / Double(outputs.columns) * weight) }
      case .binaryCrossEntropy(let positive):
        let weight = positive.isEmpty ? 1 : positive[positive.count == 1 ? 0 : column]
        if let weights { memory.scalars[weights.offset + column] = S(weight) }
      case .meanSquaredError, .meanAbsoluteError, .huber, .pinball, .gaussian, .studentT, .negativeBinomial, .ctc,
        .crf, .custom:
        return
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
    let total = divisor(rows: rows, in: memory)
    if case .crossEntropy(let smoothing, let shared, let ignored) = rule {
      for row in range {
        memory.sums[losses + first + row] = crossEntropy(
          outputs.row(row), memory.indices[classes + first + row], rowWeight(first + row, in: memory), total, smoothing,
          shared, ignored, in: memory)
      }
      return
    }
    let count = Double(lossColumns)
    for row in range {
      let weight = rowWeight(first + row, in: memory)
      guard weight > 0 else {
        memory.scalars.fill(outputs.row(row), with: 0)
        memory.sums[losses + first + row] = 0
        continue
      }
      let sum = valueLoss(
        outputs.row(row), values.row(first + row), scale: weight / (total * count), in: memory)
      memory.sums[losses + first + row] = sum / count * weight
    }
  }

  /// Columns over which the mean is taken.
  private var lossColumns: Int {
    switch rule {
    case .gaussian, .studentT, .negativeBinomial: values.columns
    default: outputs.columns
    }
  }

  /// The summed loss of one row on values; its gradient times `scale` takes the place of the outputs.
  private func valueLoss<S: Scalar>(
    _ output: Region, _ target: Region, scale: Double, in memory: LossMemory<S>
  ) -> Double {
    let scalars = memory.scalars
    return switch rule {
    case .binaryCrossEntropy:
      scalars.binaryCrossEntropy(output, target: target, positive: weights ?? .empty, scale: scale)
    case .meanAbsoluteError: scalars.absoluteError(output, target: target, scale: scale)
    case .huber(let delta): scalars.huberError(output, target: target, delta: delta, scale: scale)
    case .meanSquaredError: scalars.squaredError(output, target: target, scale: scale)
    case .pinball(let count):
      pinball(output, target, quantiles: quantiles ?? 0, count: count, scale: scale, in: memory)
    case .gaussian: gaussian(output, target, scale: scale, in: memory)
    case .studentT: studentT(output, target, scale: scale, in: memory)
    case .negativeBinomial: negativeBinomial(output, target, scales: scales ?? 0, scale: scale, in: memory)
    case .crossEntropy, .ctc, .crf, .custom: stop("a loss on classes or labels has no values")
    }
  }

  /// - Parameters:
  ///   - weight: of the row.
  ///   - total: the weight of all rows.
  private func crossEntropy<S: Scalar>(
    _ place: Region, _ target: Int32, _ weight: Double, _ total: Double, _ smoothing: Double, _ shared: Double,
    _ ignored: Int32?, in memory: LossMemory<S>
  ) -> Double {
    if target == ignored || total == 0 || weight == 0 {
      memory.scalars.fill(place, with: 0)
      return 0
    }
    let own = classWeight(target, in: memory)
    if let weights {
      return weight
        * memory.scalars.spreadCrossEntropy(
          place, target: Int(target), own: (1 - smoothing) * own, others: weights,
          weight: (1 - smoothing) * own + shared, scale: weight / total)
    }
    return weight * own * memory.scalars.softmaxCrossEntropy(place, target: Int(target), scale: weight * own / total)
  }

  private func classWeight<S>(_ target: Int32, in memory: LossMemory<S>) -> Double {
    guard let classWeights else { return 1 }
    return memory.sums[classWeights + Int(target)]
  }

  func rowWeight<S>(_ row: Int, in memory: LossMemory<S>) -> Double {
    guard let rowWeights else { return 1 }
    return memory.sums[rowWeights + row]
  }

  /// What gradients of `rows` rows are divided by.
  func divisor<S>(rows: Int, in memory: LossMemory<S>) -> Double { isSummed ? 1 : weight(rows: rows, in: memory) }

  /// What the sum over `rows` rows is divided by. Every worker sums it up for itself, in the order of the rows.
  func weight<S>(rows: Int, in memory: LossMemory<S>) -> Double {
    if let crf {
      var sum = 0.0
      for sequence in 0..<rows {
        sum += rowWeight(sequence, in: memory) * Double(crf.stepCount(of: sequence, in: memory.indices))
      }
      return sum
    }
    var ignored: Int32?
    if case .crossEntropy(_, _, let other) = rule { ignored = other }
    if ignored == nil, classWeights == nil, rowWeights == nil { return Double(rows) }
    let isOnClasses = if case .crossEntropy = rule { true } else { false }
    var sum = 0.0
    for row in 0..<rows {
      let weight = rowWeight(row, in: memory)
      if isOnClasses {
        let target = memory.indices[classes + row]
        if target != ignored { sum += weight * classWeight(target, in: memory) }
      } else {
        sum += weight
      }
    }
    return sum
  }

  /// The mean of the first `rows` losses, summed in their order.
  func mean<S>(rows: Int, in memory: LossMemory<S>) -> Double {
    if custom != nil { return memory.sums[losses] }
    let weight = weight(rows: rows, in: memory)
    return weight == 0 ? 0 : sum(rows: rows, in: memory) / weight
  }

  /// The first `rows` losses, summed in their order.
  func sum<S>(rows: Int, in memory: LossMemory<S>) -> Double {
    var sum = 0.0
    for row in 0..<rows { sum += memory.sums[losses + row] }
    return sum
  }
}
