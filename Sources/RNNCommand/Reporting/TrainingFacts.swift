import Recurrent
import Storage

/// A training's settings in the words of its report, a row each.
enum TrainingFacts {
  /// - Parameter data: names of what it is trained on, each with what it is.
  static func rows(_ trainer: borrowing Trainer<Float>, data: [[String]]) -> [[String]] {
    let (plan, settings) = (trainer.plan, trainer.settings)
    let configuration = plan.configuration
    return data + [
      ["cell", configuration.cell.name],
      ["layers", "\(configuration.layerCount) of \(counted(configuration.hiddenSize, "unit"))"],
      ["input", "\(configuration.input)"],
      ["head", "\(configuration.head), \(counted(configuration.outputSize, "output"))"],
      ["dropout", "\(short(configuration.dropout)); before the head \(short(configuration.headDropout))"],
      ["parameters", grouped(plan.parameterCount)], ["memory", "\(ByteCount(plan.totalBytes))"],
      ["batch", "\(counted(settings.batchSize, "sequence")) of \(counted(settings.sequenceLength, "step"))"],
      ["loss", "\(settings.loss)"],
    ] + rows(settings.optimizer, settings.schedule, settings.clipping, settings.products, settings.precision)
  }

  /// How a training of whatever model goes.
  static func rows(
    _ optimizer: Optimizer, _ schedule: LearningRateSchedule, _ clipping: GradientClipping, _ products: Products,
    _ precision: WeightPrecision
  ) -> [[String]] {
    [
      ["optimizer", text(optimizer)], ["schedule", "\(schedule)"], ["clipping", text(clipping)],
      ["products", products.rawValue + (precision == .full ? "" : ", of \(precision.rawValue)")],
      ["command", (["rnn"] + ProcessArguments.all).map(quoted).joined(separator: " ")],
    ]
  }

  private static func text(_ optimizer: Optimizer) -> String {
    let (name, decay) =
      switch optimizer.method {
      case .sgd(let momentum, let decay, let nesterov):
        ("SGD, \(nesterov ? "Nesterov " : "")momentum \(short(momentum))", decay)
      case .rmsprop(_, _, let decay): ("RMSprop", decay)
      case .adam(_, _, _, let decay, let isDecoupled): (isDecoupled ? "AdamW" : "Adam", decay)
      }
    return "\(name), learning rate \(short(optimizer.learningRate))"
      + (decay > 0 ? ", weight decay \(short(decay))" : "")
  }

  private static func text(_ clipping: GradientClipping) -> String {
    let parts = [clipping.norm.map { "norm to \(short($0))" }, clipping.value.map { "values to \(short($0))" }]
    return parts.compactMap { $0 }.isEmpty ? "none" : parts.compactMap { $0 }.joined(separator: ", ")
  }

  /// As a shell takes it.
  private static func quoted(_ argument: String) -> String {
    let plain = argument.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_./=:,+%@".unicodeScalars.contains($0)
    }
    return plain && !argument.isEmpty ? argument : "'" + argument.replacing("'", with: "'\\''") + "'"
  }
}
