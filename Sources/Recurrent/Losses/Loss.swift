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
  }

  /// Arrays that are empty stand for weights of 1.
  enum Kind: Sendable, Hashable {
    case crossEntropy(classWeights: [Double], labelSmoothing: Double, ignored: Int32?)
    case binaryCrossEntropy(positiveWeights: [Double])
    case meanSquaredError
    case meanAbsoluteError
    case huber(delta: Double)
    case ctc(blank: Int32, maximumLabels: Int?, zeroInfinity: Bool)
  }

  let kind: Kind

  public var targets: Targets {
    switch kind {
    case .crossEntropy: .classes
    case .binaryCrossEntropy, .meanSquaredError, .meanAbsoluteError, .huber: .values
    case .ctc: .labels
    }
  }

  /// Traps where the loss takes other targets than these.
  func requireTargets(_ wanted: Targets) {
    let losses =
      switch wanted {
      case .classes: "the cross-entropy"
      case .values: "losses on values"
      case .labels: "the connectionist loss"
      }
    require(targets == wanted, "\(wanted) are for \(losses); the loss is \(self)")
  }
}

extension Loss: CustomStringConvertible {
  public var description: String {
    switch kind {
    case .crossEntropy: "crossEntropy"
    case .binaryCrossEntropy: "binaryCrossEntropy"
    case .meanSquaredError: "meanSquaredError"
    case .meanAbsoluteError: "meanAbsoluteError"
    case .huber(let delta): "huber(delta: \(delta))"
    case .ctc(let blank, _, _): "ctc(blank: \(blank))"
    }
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
