import Recurrent

extension TranslateTrain {
  /// Says on standard error what is about to happen.
  func describe(
    _ data: TranslationData, _ trainer: borrowing EncoderDecoderTrainer<Float>, _ metric: TranslationMetric,
    epochs: Int,
    stepsPerEpoch: Int
  ) {
    Note.line("data      \(amount(data.training)) to train on, \(amount(data.held)) for validation")
    Note.line(
      "sources   \(UnitChoice.description(data.description.source)), at most \(data.description.longest.source)")
    Note.line(
      "targets   \(UnitChoice.description(data.description.target)), at most \(data.description.longest.target)")
    let (encoder, decoder) = (trainer.encoderPlan, trainer.decoderPlan)
    Note.line(
      "model     encoder: \(encoder.configuration.summary); decoder: \(decoder.configuration.summary), "
        + "\(model.attentionDescription); \(counted(encoder.parameterCount + decoder.parameterCount, "parameter")); "
        + "\(ByteCount(encoder.totalBytes + decoder.totalBytes)) of memory")
    Note.line(
      "training  at most \(counted(epochs, "epoch")) of \(counted(stepsPerEpoch, "step")) of "
        + "\(counted(trainer.settings.batchSize, "pair")); "
        + optimizer.summary(
          for: .pairs, steps: epochs * stepsPerEpoch, batchSize: options.batchSize(pairs: data.sources.count))
        + (data.held.items.isEmpty
          ? "" : "; until the \(metric.name) does not fall for \(counted(options.patience, "epoch"))"))
  }

  private func amount(_ pairs: Pairs) -> String {
    if pairs.items.isEmpty { return "none" }
    return counted(pairs.items.count, "source")
      + (pairs.count > pairs.items.count ? " with \(counted(pairs.count, "right answer"))" : "")
  }

  func page(_ trainer: borrowing EncoderDecoderTrainer<Float>, _ data: TranslationData) -> TrainingPage? {
    guard let path = options.shared.writtenReport else { return nil }
    let (encoder, decoder) = (trainer.encoderPlan, trainer.decoderPlan)
    let settings = trainer.settings
    let facts = [
      ["pairs", pairs], ["to train on", amount(data.training)], ["to validate on", amount(data.held)],
      ["sources", UnitChoice.description(data.description.source)],
      ["targets", UnitChoice.description(data.description.target)],
      ["encoder", encoder.configuration.summary],
      ["decoder", "\(decoder.configuration.summary), \(model.attentionDescription)"],
      ["parameters", grouped(encoder.parameterCount + decoder.parameterCount)],
      ["batch", counted(settings.batchSize, "pair")], ["loss", "\(settings.loss)"],
    ]
    return TrainingPage(
      path: path, title: "Translation of \(pairs)", unit: "symbols",
      facts: facts
        + TrainingFacts.rows(
          settings.optimizer, settings.schedule, settings.clipping, settings.products, settings.precision),
      resumingAt: trainer.stepCount)
  }
}
