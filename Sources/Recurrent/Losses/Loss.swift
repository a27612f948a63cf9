internal import Storage

/// What the head's outputs are compared with, and how the comparisons become one number. Reductions are PyTorch's
/// means. A loss is fused with its gradient by the outputs.
///
/// Rows are those of the head: steps × sequences, or sequences for a head at the last step.
public struct Loss: Sendable, Hashable {
  /// What a loss takes.
  public enum Targets: String, Sendable, Hashable {
    /// A class for each row.
    case classes
    /// A number for each output.
    case values
    /// A list of labels for each sequence.
    case labels
    /// None: a closure compares the outputs itself.
    case custom
  }

  /// Arrays that are empty stand for weights of 1.
  enum Kind: Sendable, Hashable {
    case crossEntropy(classWeights: [Double], labelSmoothing: Double, ignored: Int32?)
    case binaryCrossEntropy(positiveWeights: [Double])
    case meanSquaredError
    case meanAbsoluteError
    case huber(delta: Double)
    case pinball(quantiles: [Double])
    case gaussian
    case studentT
    case negativeBinomial(scales: [Double])
    case custom
    case ctc(blank: Int32, maximumLabels: Int?, zeroInfinity: Bool)
    case crf
  }

  let kind: Kind
  /// Whether each sample brings a weight.
  public internal(set) var isWeighted = false

  init(kind: Kind) { self.kind = kind }

  /// The same loss for targets that bring a weight for each sequence, or for each row of outputs: the sum of weighted
  /// losses is divided by the sum of the weights. All weights 0: the loss is 0, without a gradient.
  public var weighted: Loss {
    require(kind != .custom, "a loss of one's own has its weights in its closure")
    var loss = self
    loss.isWeighted = true
    return loss
  }

  /// What it takes.
  public var targets: Targets {
    switch kind {
    case .crossEntropy, .crf: .classes
    case .binaryCrossEntropy, .meanSquaredError, .meanAbsoluteError, .huber, .pinball, .gaussian, .studentT,
      .negativeBinomial:
      .values
    case .ctc: .labels
    case .custom: .custom
    }
  }

  /// Values of a target for a row of `count` outputs; traps where there is no such number.
  func valueCount(outputs count: Int) -> Int {
    if let fault = outputSizeFault(count) { stop("\(fault)") }
    return switch kind {
    case .pinball(let quantiles): count / quantiles.count
    case .gaussian, .negativeBinomial: count / 2
    case .studentT: count / 3
    default: count
    }
  }

  /// What is wrong with so many outputs; nil: nothing.
  func outputSizeFault(_ count: Int) -> String? {
    switch kind {
    case .pinball(let quantiles) where !count.isMultiple(of: quantiles.count):
      "a pinball loss of \(quantiles.count) quantiles needs a multiple of as many outputs, got \(count)"
    case .gaussian where !count.isMultiple(of: 2):
      "a Gaussian loss needs two outputs for each value, mean and logarithm of the variance, got \(count)"
    case .studentT where !count.isMultiple(of: 3):
      "a Student's t loss needs three outputs for each value, location, logarithm of the scale and degrees of freedom, "
        + "got \(count)"
    case .negativeBinomial where !count.isMultiple(of: 2):
      "a negative binomial loss needs two outputs for each value, mean and dispersion, got \(count)"
    case .negativeBinomial(let scales) where scales.count > 1 && scales.count != count / 2:
      "a negative binomial loss of \(count / 2) values needs as many scales, got \(scales.count)"
    default: nil
    }
  }

  /// The class that stands for "no target"; nil: none.
  var ignoredClass: Int32? {
    guard case .crossEntropy(_, _, let ignored) = kind else { return nil }
    return ignored
  }

  /// Traps where the loss takes other targets than these.
  func requireTargets(_ wanted: Targets) {
    let losses =
      switch wanted {
      case .classes: "the cross-entropy and a CRF"
      case .values: "losses on values"
      case .labels: "the connectionist loss"
      case .custom: "losses of one's own"
      }
    require(targets != .custom, "the loss is custom: give the step a closure, and no target")
    require(targets == wanted, "\(wanted) are for \(losses); the loss is \(self)")
  }
}

extension Loss: CustomStringConvertible {
  public var description: String {
    let name =
      switch kind {
      case .crossEntropy: "crossEntropy"
      case .binaryCrossEntropy: "binaryCrossEntropy"
      case .meanSquaredError: "meanSquaredError"
      case .meanAbsoluteError: "meanAbsoluteError"
      case .huber(let delta): "huber(delta: \(delta))"
      case .pinball(let quantiles): "pinball(quantiles: \(quantiles))"
      case .gaussian: "gaussian"
      case .studentT: "studentT"
      case .negativeBinomial(let scales): "negativeBinomial(scales: \(scales))"
      case .custom: "custom"
      case .ctc(let blank, _, _): "ctc(blank: \(blank))"
      case .crf: "crf"
      }
    return isWeighted ? name + ".weighted" : name
  }
}

// MARK: On classes

extension Loss {
  /// −log softmax(outputs)[class], in nats, a mean over rows.
  public static let crossEntropy = Loss(
    kind: .crossEntropy(classWeights: [], labelSmoothing: 0, ignored: nil))

  /// Cross-entropy with weights, smoothed targets and positions left out (PyTorch's `CrossEntropyLoss`): with
  /// ℓ = −log softmax(outputs), w the weights and ε the smoothing, a row of class y costs
  /// (1 − ε)·w_y·ℓ_y + ε/V·Σ w_c·ℓ_c (Szegedy et al. 2016, §7), and the sum over rows is divided by Σ w_y. A row that is
  /// ignored is in neither sum and has no gradient. Where Σ w_y is 0, all rows ignored or without weight, the loss is
  /// defined as 0, without a gradient; PyTorch says NaN.
  ///
  /// - Parameters:
  ///   - classWeights: [V], finite and not negative; empty: all 1.
  ///   - labelSmoothing: ε, in 0...1.
  ///   - ignored: the class that stands for "no target"; it need not be one of the V (PyTorch's default is −100). nil: none.
  public static func crossEntropy(
    classWeights: [Double] = [], labelSmoothing: Double = 0, ignoring ignored: Int32? = nil
  ) -> Loss {
    require(
      classWeights.allSatisfy { $0 >= 0 && $0.isFinite },
      "class weights must be finite and not negative: \(classWeights)")
    require(
      labelSmoothing >= 0 && labelSmoothing <= 1, "label smoothing must be in 0...1, got \(labelSmoothing)")
    return Loss(
      kind: .crossEntropy(classWeights: classWeights, labelSmoothing: labelSmoothing, ignored: ignored))
  }
}

// MARK: On values

extension Loss {
  /// −t·log σ(output) − (1 − t)·log(1 − σ(output)) for targets t in [0, 1], in nats, a mean over rows and outputs
  /// (PyTorch's `BCEWithLogitsLoss`).
  public static let binaryCrossEntropy = Loss(kind: .binaryCrossEntropy(positiveWeights: []))

  /// Binary cross-entropy whose first term, that of the positive part, is multiplied by a weight (`pos_weight`).
  public static func binaryCrossEntropy(positiveWeight: Double) -> Loss {
    binaryCrossEntropy(positiveWeights: [positiveWeight])
  }

  /// The same with a weight for each output, [O].
  public static func binaryCrossEntropy(positiveWeights: [Double]) -> Loss {
    require(
      positiveWeights.allSatisfy { $0 >= 0 && $0.isFinite },
      "positive weights must be finite and not negative: \(positiveWeights)")
    return Loss(kind: .binaryCrossEntropy(positiveWeights: positiveWeights))
  }

  /// (outputs − values)², a mean over rows and outputs (PyTorch's `MSELoss`).
  public static let meanSquaredError = Loss(kind: .meanSquaredError)

  /// |outputs − values|, a mean over rows and outputs (`L1Loss`); the gradient is 0 where they are equal.
  public static let meanAbsoluteError = Loss(kind: .meanAbsoluteError)

  /// With d = outputs − values: d²/2 up to |d| = δ, δ·(|d| − δ/2) beyond; a mean over rows and outputs (Huber 1964;
  /// `HuberLoss`).
  /// - Precondition: δ is finite and above 0.
  public static func huber(delta: Double = 1) -> Loss {
    require(delta > 0 && delta.isFinite, "Huber's delta must be finite and above 0, got \(delta)")
    return Loss(kind: .huber(delta: delta))
  }

  /// Quantiles of each value: with e = value − output, q·e where the value lies above the output and (q − 1)·e below it,
  /// a mean over rows and outputs (Koenker & Bassett 1978). Its least is where a share q of the values lies below.
  ///
  /// Outputs are [rows, values, quantiles], values [rows, values]: O is a multiple of the number of quantiles.
  /// - Precondition: at least one quantile, all between 0 and 1.
  public static func pinball(quantiles: [Double]) -> Loss {
    require(
      !quantiles.isEmpty && quantiles.allSatisfy { $0 > 0 && $0 < 1 },
      "quantiles must be between 0 and 1, got \(quantiles)")
    return Loss(kind: .pinball(quantiles: quantiles))
  }

  /// −log of the normal density of the values, less its constant: ½·(s + (value − μ)²·e^(−s)), a mean over rows and values
  /// (Nix & Weigend 1994; PyTorch's `GaussianNLLLoss` with the variance e^s).
  ///
  /// Outputs are [rows, 2·values]: the means μ, then the logarithms of the variances, s; values [rows, values].
  public static let gaussian = Loss(kind: .gaussian)

  /// −log of the density of Student's t, for values with outliers: with z = (value − μ)·e^(−s) and ν = 2 + log(1 + e^d), that is
  /// s + ½·log(νπ) + log Γ(ν/2) − log Γ((ν + 1)/2) + ½·(ν + 1)·log(1 + z²/ν), a mean over rows and values (Lange, Little & Taylor
  /// 1989; PyTorch's `StudentT(ν, μ, e^s)`).
  ///
  /// Outputs are [rows, 3·values]: the locations μ, then the logarithms of the scales s, then d, which makes the degrees of freedom
  /// and keeps them above 2, where the variance is finite; values [rows, values].
  public static let studentT = Loss(kind: .studentT)

  /// −log of the negative binomial probability of counts, as DeepAR has it (Salinas et al. 2020, eq. 2 and 3): with the mean
  /// μ = ν·log(1 + e^m) and the dispersion α = log(1 + e^a)/√ν, whose variance is μ + αμ², that is
  /// −log Γ(z + 1/α) + log Γ(z + 1) + log Γ(1/α) + 1/α·log(1 + αμ) − z·log(αμ/(1 + αμ)), a mean over rows and values (PyTorch's
  /// `NegativeBinomial(1/α, logits: log αμ)`). Where α vanishes that is Poisson's.
  ///
  /// Outputs are [rows, 2·values]: m, then a; values, [rows, values], are counts: whole numbers of 0 or more. Others are refused.
  public static let negativeBinomial = Loss(kind: .negativeBinomial(scales: []))

  /// The same with the scale ν of each value, [values], or one for all: about the size of the counts, so that outputs need not be
  /// large. DeepAR takes 1 + their mean.
  /// - Precondition: scales are finite and above 0.
  public static func negativeBinomial(scales: [Double]) -> Loss {
    require(
      scales.allSatisfy { $0 > 0 && $0.isFinite }, "scales of counts must be finite and above 0, got \(scales)")
    return Loss(kind: .negativeBinomial(scales: scales))
  }

  /// A loss of one's own: steps take a closure instead of a target, see `CustomLoss`.
  public static let custom = Loss(kind: .custom)
}

// MARK: On labels

extension Loss {
  /// Connectionist temporal classification (Graves et al. 2006): −log of the probability that the outputs, softmax taken,
  /// spell the labels, summed over all alignments; an alignment names a label or the blank at every step, and spells what
  /// is left when runs are merged and blanks then dropped. Each sequence's loss is divided by the number of its labels (at
  /// least 1); the loss is their mean (`CTCLoss` with reduction "mean"). For a head at every step.
  ///
  /// Labels that do not fit their steps (each takes one, and a repeated one a blank before it) have the loss +∞ and no
  /// gradient, NaN; the trainer then updates nothing.
  ///
  /// - Parameters:
  ///   - blank: the output that spells nothing.
  ///   - maximumLabels: the most labels of a sequence, for which memory is planned, about 32 bytes a label, step and
  ///     sequence. nil: as many as there are steps.
  ///   - zeroInfinity: whether an infinite loss counts as 0, with a gradient of 0 (PyTorch's `zero_infinity`).
  public static func ctc(blank: Int = 0, maximumLabels: Int? = nil, zeroInfinity: Bool = false) -> Loss {
    require(blank >= 0 && blank <= Int32.max, "the blank must be an output, got \(blank)")
    require(maximumLabels ?? 0 >= 0, "the most labels must be 0 or more, got \(maximumLabels ?? 0)")
    return Loss(kind: .ctc(blank: Int32(blank), maximumLabels: maximumLabels, zeroInfinity: zeroInfinity))
  }
}

// MARK: On chains of classes

extension Loss {
  /// −log of the probability that a linear-chain conditional random field gives to the classes of a sequence, all together (Lafferty,
  /// McCallum & Pereira 2001; on a recurrent network Huang, Xu & Yu 2015): see `CRF`. In nats for each step: the sum over the sequences is divided by
  /// that of their steps, so that it can be compared with the cross-entropy, whose value it has where transitions, starts and ends
  /// are 0. A sequence of no steps costs nothing.
  ///
  /// For a head at every step of a model with a `ModelConfiguration.crf`, and targets as of the cross-entropy. Weights are for whole sequences.
  public static let crf = Loss(kind: .crf)
}
