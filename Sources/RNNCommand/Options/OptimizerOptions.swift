import ArgumentParser
import Recurrent

/// How the parameters follow their gradients.
struct OptimizerOptions: ParsableArguments {
  enum Method: String, NamedChoice {
    case sgd, momentum, rmsprop, adam, adamw

    func learningRate(for task: Task) -> Double {
      switch self {
      case .sgd: 5
      case .momentum: 0.5
      case .rmsprop: 5e-3
      case .adam, .adamw:
        switch task {
        case .text: 1e-2
        case .tables: 5e-3
        case .pairs: 2e-3
        }
      }
    }
  }

  /// What the defaults are for. Those for text are measured: Benchmarks/Results/defaults.md.
  enum Task {
    case text, tables, pairs

    var clipNorm: Double { self == .text ? 1 : 5 }
  }

  enum Schedule: String, NamedChoice {
    case constant, step, cosine
  }

  @Option(help: ArgumentHelp("The optimizer.", valueName: "name"))
  var optimizer = Method.adam

  @Option(
    .positive,
    help:
      "Learning rate. (default: 0.01 on text, 0.005 on tables and 0.002 on pairs for adam and adamw, 0.005 for rmsprop, 0.5 for momentum, 5 for sgd)"
  )
  var learningRate: Double?

  @OptionGroup var batchScaling: BatchScalingOptions

  @Option(.fraction, help: "Momentum, for --optimizer momentum. (default: 0.9)")
  var momentum: Double?

  @Option(.nonNegative, help: "Weight decay. (default: 0.01 for adamw, else 0)")
  var weightDecay: Double?

  @Option(help: ArgumentHelp("What the learning rate does over the steps.", valueName: "name"))
  var schedule = Schedule.cosine

  @Option(
    in: 0...largestSize,
    help:
      "For --schedule cosine: steps in which the rate rises from 0, at most all. (default: a twentieth of all, at most 100; with --batch-rule as many as the base batch has)"
  )
  var warmUp: Int?

  @Option(.fraction, help: "For --schedule cosine: what is left of the rate at the end, as a share. (default: 0)")
  var finalFactor: Double?

  @Option(in: 1...largestSize, help: "For --schedule step: steps between two decays. (default: a tenth of all)")
  var decayEvery: Int?

  @Option(.share, help: "For --schedule step: what the rate is multiplied by. (default: 0.5)")
  var decayFactor: Double?

  @Option(.nonNegative, help: "Largest norm of the gradient; 0 for no bound. (default: 1 on text, else 5)")
  var clipNorm: Double?

  @Option(.positive, help: "Largest magnitude of an element of the gradient. (default: no bound)")
  var clipValue: Double?

  func validate() throws {
    if momentum != nil { try require("--momentum", needs: "--optimizer momentum", optimizer == .momentum) }
    if warmUp != nil { try require("--warm-up", needs: "--schedule cosine", schedule == .cosine) }
    if finalFactor != nil { try require("--final-factor", needs: "--schedule cosine", schedule == .cosine) }
    if decayEvery != nil { try require("--decay-every", needs: "--schedule step", schedule == .step) }
    if decayFactor != nil { try require("--decay-factor", needs: "--schedule step", schedule == .step) }
  }

  private func require(_ option: String, needs: String, _ isMet: Bool) throws {
    if !isMet { throw ValidationError("'\(option)' needs '\(needs)'") }
  }

  /// Of the base batch, where there is one.
  private func rate(for task: Task) -> Double { learningRate ?? optimizer.learningRate(for: task) }

  /// - Parameter batchSize: sequences of an update.
  func makeOptimizer(for task: Task, batchSize: Int) -> Optimizer {
    let decay = weightDecay ?? 0
    let rate = rate(for: task) * batchScaling.factor(batchSize: batchSize)
    return switch optimizer {
    case .sgd: .sgd(learningRate: rate, weightDecay: decay)
    case .momentum: .sgd(learningRate: rate, momentum: momentum ?? 0.9, weightDecay: decay)
    case .rmsprop: .rmsprop(learningRate: rate, weightDecay: decay)
    case .adam: .adam(learningRate: rate, weightDecay: decay)
    case .adamw: .adamW(learningRate: rate, weightDecay: weightDecay ?? 0.01)
    }
  }

  /// - Parameters:
  ///   - steps: of the whole training.
  ///   - batchSize: sequences of a step.
  /// - Throws: `Failure` where the warm-up is longer.
  func makeSchedule(steps: Int, batchSize: Int) throws(Failure) -> LearningRateSchedule {
    if let warmUp, warmUp > steps {
      throw Failure(
        message:
          "--warm-up \(warmUp) is longer than the training of \(steps) step\(steps == 1 ? "" : "s"): expected at most \(steps)",
        status: .usage)
    }
    return switch schedule {
    case .constant: .constant
    case .step: .stepDecay(every: decayEvery ?? max(1, steps / 10), factor: decayFactor ?? 0.5)
    case .cosine:
      .cosine(
        warmUp: warmUp ?? batchScaling.warmUp(steps: steps, batchSize: batchSize), total: steps,
        minimum: finalFactor ?? 0)
    }
  }

  func clipping(for task: Task) -> GradientClipping {
    let norm = clipNorm ?? task.clipNorm
    return GradientClipping(norm: norm > 0 ? norm : nil, value: clipValue)
  }

  /// For the note at the start.
  func summary(for task: Task, steps: Int, batchSize: Int) -> String {
    let schedule = try? makeSchedule(steps: steps, batchSize: batchSize)
    let words = "\(self.schedule.rawValue) schedule"
    guard let scaled = batchScaling.summary(rate: rate(for: task), batchSize: batchSize) else {
      return "\(optimizer.rawValue) \(short(rate(for: task))), \(words)"
    }
    guard case .cosine(let warmUp, _, _) = schedule else { return "\(optimizer.rawValue), \(scaled), \(words)" }
    return "\(optimizer.rawValue), \(scaled), \(words) with \(counted(warmUp, "step")) of warm-up"
  }
}
