internal import Kernels

/// An optimizer step with its numbers worked out; plain values for the workers.
struct UpdateRule {
  enum Kind {
    case sgd(momentum: Double, weightDecay: Double, nesterov: Bool)
    case rmsprop(decay: Double, epsilon: Double, weightDecay: Double)
    case adam(
      beta1: Double, beta2: Double, epsilon: Double, coupledDecay: Double, decoupledDecay: Double,
      correction1: Double, correction2: Double)
  }

  var kind: Kind
  var rate: Double
  /// nil: no clipping.
  var clipNorm: Double?
  var clipValue: Double?
  /// The norm to clip by where the gradient is a part of a longer one; nil: the gradient's own.
  var norm: Double?
}

/// Clipping and the optimizer, on the flat blocks.
extension Engine {
  func update(_ job: EngineJob, _ worker: Int) {
    guard let rule = job.update else { preconditionFailure("an update needs a rule") }
    if rule.norm == nil { sumSquares(worker) }
    // Every worker comes to the same verdict: a step that is not finite changes nothing.
    let norm = rule.norm ?? gradientNorm()
    guard norm.isFinite, plan.loss == nil || meanLoss().isFinite else { return }

    // PyTorch's clip_grad_norm_: the same small number keeps a gradient of zeros from dividing by zero.
    let scale = rule.clipNorm.map { min(1, $0 / (norm + 1e-6)) } ?? 1
    let limit = S(rule.clipValue ?? 0)
    let lines = pool.share(of: plan.table.blockCount / 16, worker: worker)
    let start = lines.lowerBound * 16
    let count = lines.count * 16
    let gradients = plan.gradientShift + start
    let first = gradients + plan.gradientShift
    let second = first + plan.gradientShift
    switch rule.kind {
    case .sgd(let momentum, let weightDecay, let nesterov):
      block.sgd(
        count: count, parameters: start, gradients: gradients, buffer: first, scale: S(scale), limit: limit,
        rate: S(rule.rate), momentum: S(momentum), weightDecay: S(weightDecay), nesterov: nesterov)
    case .rmsprop(let decay, let epsilon, let weightDecay):
      block.rmsprop(
        count: count, parameters: start, gradients: gradients, square: first, scale: S(scale), limit: limit,
        rate: S(rule.rate), decay: S(decay), oneMinusDecay: S(1 - decay), epsilon: S(epsilon),
        weightDecay: S(weightDecay))
    case .adam(let beta1, let beta2, let epsilon, let coupled, let decoupled, let correction1, let correction2):
      block.adam(
        count: count, parameters: start, gradients: gradients, first: first, second: second, scale: S(scale),
        limit: limit, step: S(rule.rate / correction1), beta1: S(beta1), oneMinusBeta1: S(1 - beta1),
        beta2: S(beta2), oneMinusBeta2: S(1 - beta2), inverseRoot: S(1 / correction2.squareRoot()),
        epsilon: S(epsilon), coupledDecay: S(coupled), decoupledDecay: S(rule.rate * decoupled))
    }
  }

  /// Partial sums for `gradientNorm`.
  func sumSquares(_ worker: Int) {
    for piece in stride(from: worker, to: plan.normPieces, by: pool.count) {
      let start = piece * Plan.normPieceSize
      sums[plan.outputRowCount + piece] = block.sumOfSquares(
        plan.gradientShift + start, count: min(Plan.normPieceSize, plan.table.blockCount - start))
    }
    pool.barrier()
  }

  /// The Euclidean norm of the whole gradient before clipping, as `sumSquares` summed it last.
  func gradientNorm() -> Double {
    var sum = 0.0
    for piece in 0..<plan.normPieces { sum += sums[plan.outputRowCount + piece] }
    return sum.squareRoot()
  }
}

extension Plan {
  /// Scalars of a piece of the sum of squares: fixed, so that the sum does not depend on the workers.
  static var normPieceSize: Int { 16_384 }

  var normPieces: Int { isTraining ? (table.blockCount + Self.normPieceSize - 1) / Self.normPieceSize : 0 }
}
