import ArgumentParser
import Recurrent
import Storage

/// A training about to go: from its beginning, from another model's weights, or from a checkpoint.
struct TextTraining: ~Copyable {
  var trainer: Trainer<Float>
  let text: TrainingText
  let data: TextData
  var progress: TextProgress
  /// Where the training stands that it goes on from.
  var loop: TrainingProgress?
  /// Of the checkpoint that it goes on from.
  var resumedFile: String?
  /// The best model so far, where it is not beside the checkpoint that is to be kept.
  var best: Model<Float>?
  /// The best loss so far, where its model is gone.
  var lostBest: TrainingProgress.Best?
}

// MARK: From the beginning

extension TextTraining {
  init(_ options: Train) throws {
    let settings = options.settings
    let source = try settings.initFrom.map { file in try Self.source(file, options) }
    let unit = options.division.bytes ? .byte : source?.vocabulary?.unit ?? .unicodeScalar
    let normalization =
      options.division.normalize ?? (unit == .byte ? .none : source?.vocabulary?.normalization ?? .none)
    if unit == .byte, normalization != .none, let file = settings.initFrom {
      throw Failure(message: "--normalize is for characters, and \(file) is a model of bytes", status: .usage)
    }
    let text = try options.text.trainingText(
      options.division, unit: unit, normalization: normalization, adding: source?.vocabulary)
    let count = text.training.count
    let shards = try settings.sharding.count()
    let shape = BatchShape(
      batchSize: settings.batchSize, sequenceLength: settings.sequenceLength, count: count,
      epochs: settings.passes(count: count), shards: shards)
    guard shape.batchSize.isMultiple(of: shards) else {
      throw Failure(message: "--batch-size \(shape.batchSize) is no multiple of the \(shards) shards", status: .usage)
    }
    let data = try TextData(text, shape)
    let steps = settings.totalSteps(windowCount: data.training.windowCount, count: count)
    let optimizer = options.optimizer.makeOptimizer(for: .text, batchSize: shape.batchSize)
    let schedule = try options.optimizer.makeSchedule(steps: steps, batchSize: shape.batchSize)
    let configuration =
      try source?.configuration(vocabularySize: text.vocabulary.count)
      ?? options.model.configuration(vocabularySize: text.vocabulary.count)
    // Asked for before the parameters are drawn: a plan that is too large should be refused at once.
    _ = try Plan(
      configuration, steps: shape.sequenceLength, batchSize: shape.batchSize / shards,
      purpose: .training(loss: .crossEntropy, momentCount: optimizer.momentCount),
      segmentSteps: settings.recomputeSteps, products: settings.shared.multiplying.choice,
      precision: settings.multiplying.weights, scalar: Float.self)
    let start: Model<Float>
    if let source, let file = settings.initFrom {
      let adapted = try source.adapted(
        to: text.vocabulary, initialization: options.model.initialization, seed: settings.shared.seed)
      start = adapted.model
      Self.describe(file, added: adapted.newTokens, text.vocabulary)
    } else {
      let drawn = try Model<Float>(
        configuration, initialization: options.model.initialization, seed: settings.shared.seed,
        vocabulary: text.vocabulary)
      start =
        try options.model.inputDeviation.map {
          let tokens = try text.training.tokens(in: 0..<min(count, Self.scaledSteps))
          return try drawn.scalingInputs(toDeviation: $0, on: .tokens(tokens))
        } ?? drawn
    }
    trainer = try Trainer(
      start, batchSize: shape.batchSize, sequenceLength: shape.sequenceLength,
      optimizer: optimizer, schedule: schedule,
      clipping: options.optimizer.clipping(for: .text), carriesState: true,
      recomputing: settings.recomputeSteps.map { .segments(ofSteps: $0) } ?? .none,
      shards: shards, exchange: settings.sharding.exchange,
      averageDecay: settings.averageDecay > 0 ? settings.averageDecay : nil,
      over: Team.ranks, products: settings.shared.multiplying.choice,
      precision: settings.multiplying.weights, threads: settings.shared.threadCount, seed: settings.shared.seed)
    progress = TextProgress(
      text: options.text.text, fileExtension: options.text.fileExtension, unit: text.vocabulary.unit,
      validationFraction: options.division.validationFraction, digest: text.digest, totalSteps: steps,
      patience: settings.patience)
    self.text = text
    self.data = data
  }

  /// Steps that the input weights of a start are scaled by.
  private static let scaledSteps = 1000

  /// The model whose weights are the start, with the dropout and the like that the options say.
  private static func source(_ file: String, _ options: Train) throws -> Model<Float> {
    let (model, _) = try Model.forText(at: file)
    var configuration = model.configuration
    configuration.dropout = options.model.dropout
    configuration.headDropout = options.model.headDropout
    try options.model.structure.applyRegularisation(to: &configuration)
    try refuseIdle(
      dropout: options.model.dropout, layers: configuration.layerCount, hasBlocks: configuration.blocks != nil)
    try options.model.structure.validate(
      configuration.cell, hiddenSize: configuration.hiddenSize, dropout: options.model.dropout,
      headDropout: options.model.headDropout)
    return model.with(configuration)
  }

  private static func describe(_ file: String, added: Int, _ vocabulary: Vocabulary) {
    let unit = vocabulary.tokenName + "s"
    let known = vocabulary.count - added
    let fresh = added == 0 ? "" : "; \(grouped(added)) that it does not know start afresh"
    Note.note(
      "start from the weights of \(file), which knows \(grouped(known)) of \(grouped(vocabulary.count)) \(unit)\(fresh)"
    )
  }
}

extension Model<Float> {
  fileprivate func configuration(vocabularySize: Int) -> ModelConfiguration {
    var result = configuration
    result.outputSize = vocabularySize
    switch result.input {
    case .oneHot: result.input = .oneHot(vocabularySize: vocabularySize)
    case .embedding(_, let size): result.input = .embedding(vocabularySize: vocabularySize, size: size)
    case .features, .vectors: break
    }
    return result
  }
}

// MARK: From a checkpoint

extension TextTraining {
  /// The training of the newest checkpoint at `file` that can be loaded. nil where it is complete.
  static func resumed(from file: String, _ options: Train) throws -> TextTraining? {
    var (checkpoint, file) = try TrainingCheckpoint<Float>.newest(at: file)
    var progress = try TextProgress(checkpoint, file: file)
    if !options.text.text.isEmpty {
      (progress.text, progress.fileExtension) = (options.text.text, options.text.fileExtension)
    }
    if options.text.text.isEmpty { try progress.checkText(file: file) }
    let text = try Self.text(checkpoint, progress, file: file)
    let shape = BatchShape(
      batchSize: checkpoint.settings.batchSize, sequenceLength: checkpoint.settings.sequenceLength,
      count: text.training.count, epochs: nil)
    let data = try TextData(text, shape)
    var loop = try progress.loop(checkpoint, data, file: file)
    let end = try options.settings.extend(
      &progress, &loop, windowCount: data.training.windowCount, count: text.training.count)
    let isOver = progress.patience.map { loop.evaluationsWithoutProgress >= $0 } ?? false
    guard checkpoint.stepCount < progress.totalSteps, !isOver else {
      let reason = isOver ? "--patience" : "--steps or --epochs"
      Note.note("the training of \(file) is complete after step \(checkpoint.stepCount); more \(reason) goes on")
      return nil
    }
    try checkpoint.settings.choose(options.settings.shared.multiplying.products)
    if let end { try checkpoint.settings.moveEnd(from: end.old, to: end.new) }
    return TextTraining(
      trainer: try checkpoint.trainer(threads: options.settings.shared.threadCount), text: text, data: data,
      progress: progress, loop: loop, resumedFile: file)
  }

  /// Looks for the best model so far beside the checkpoint that the training goes on from, if it is to be kept elsewhere,
  /// and says where it is not there.
  mutating func findBest(at path: String) {
    guard let known = loop?.best, let file = resumedFile else { return }
    let source = CheckpointStore.bestPath(of: CheckpointStore.lastPath(of: file))
    do throws(CheckpointError) {
      if (try? FileStatus(of: path).identity) == (try? FileStatus(of: source).identity),
        (try? FileStatus(of: path)) != nil
      {
        return
      }
      best = try Model<Float>(contentsOf: source)
    } catch {
      lostBest = known
      Note.warning(
        "\(error): the best model so far (validation loss \(lossText(known.loss)), step \(known.step)) is not kept; the next "
          + "with a lower loss is")
    }
  }

  /// The text that the checkpoint was trained on.
  private static func text(
    _ checkpoint: TrainingCheckpoint<Float>, _ progress: TextProgress, file: String
  ) throws -> TrainingText {
    guard let vocabulary = checkpoint.model.vocabulary else {
      throw Failure(message: "\(file) is no model of text: it has no vocabulary")
    }
    let paths = progress.text.joined(separator: " ")
    let other =
      "is not the text that \(file) was trained on; --text names the place of that, and with --init-from a new training "
      + "starts from its weights"
    func read(keepsMarks: Bool) throws(TextError) -> Corpus {
      try Corpus(
        paths: progress.text, fileExtension: progress.fileExtension, unit: progress.unit, vocabulary: vocabulary,
        validationFraction: progress.validationFraction, keepsMarks: keepsMarks)
    }
    let text: TrainingText
    do {
      if let tokens = try TextOptions.tokenFile(in: progress.text) {
        // By its header alone: to read it all would take as long as it is large.
        guard tokens.digest == progress.digest else { throw Failure(message: "\(paths) \(other)") }
        text = try TrainingText(tokens, vocabulary: vocabulary, validationFraction: progress.validationFraction)
      } else {
        var corpus = try read(keepsMarks: false)
        // Earlier versions took byte order marks for characters.
        if corpus.hadMark, corpus.digest != progress.digest { corpus = try read(keepsMarks: true) }
        text = TrainingText(corpus)
      }
    } catch let error as TextError {
      guard case .unknownSymbol = error else { throw error }
      throw Failure(message: "\(paths) \(other) (\(error))")
    }
    guard text.digest == progress.digest else { throw Failure(message: "\(paths) \(other)") }
    return text
  }
}

extension RunOptions {
  /// Applies what may change when a training goes on: its length and its patience.
  /// - Returns: the steps of the whole training, where they are others than they were.
  fileprivate func extend(
    _ progress: inout TextProgress, _ loop: inout TrainingProgress, windowCount: Int, count: Int
  ) throws(Failure) -> (old: Int, new: Int)? {
    if let patience {
      guard progress.validationFraction > 0 else {
        throw Failure(message: "there is no validation part for --patience")
      }
      if progress.patience == nil { loop.forgetWaiting() }
      progress.patience = patience
    }
    guard steps != nil || epochs != nil else { return nil }
    let old = progress.totalSteps
    progress.totalSteps = totalSteps(windowCount: windowCount, count: count)
    return (old, progress.totalSteps)
  }
}
