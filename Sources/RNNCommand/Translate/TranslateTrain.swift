import ArgumentParser
import Recurrent
import Storage

struct TranslateTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model that makes texts of texts.",
    discussion: """
      The validation part, sources with all their targets, decides when to stop and which epoch's model is kept, by how good \
      the likeliest answers are. What is measured and kept is the moving average of the weights. Symbols, units and the form \
      of the texts are kept in the model's file.

      The file of --checkpoint holds the best model, and all that its training needs to go on: --resume FILE does so as if \
      it had never stopped, on the same pairs; more --epochs or --patience may be asked of it. It is saved after epochs, \
      every 5 seconds at most, and when Ctrl-C, SIGTERM or the end of the terminal (SIGHUP) stops the training.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The pairs, lines \"source TAB target\"; or a file of sources, before one of targets.")
  var pairs: String
  @Argument(help: "A file of targets.", transform: FilePath.reading) var targets: String?
  @OptionGroup var input: PairOptions

  @Option(
    oneOf: TextTokenizer.Unit.self,
    help: ArgumentHelp(
      "What a symbol of a source is: character, byte, word, spaced (what stands between spaces), or subword (byte-pair "
        + "encoding). (default: character or spaced, as they look)", valueName: "unit"))
  var sourceUnit: TextTokenizer.Unit?

  @Option(
    oneOf: TextTokenizer.Unit.self,
    help: ArgumentHelp(
      "What a symbol of a target is: one of these, but word. (default: character or spaced, as they look)",
      valueName: "unit"))
  var targetUnit: TextTokenizer.Unit?

  @Option(
    in: 1...largestSize,
    help:
      "The most words or subwords of a side that are learnt, the most frequent; other words are unknown. (default: 20000 words, 8000 subwords)"
  )
  var vocabularySize: Int?

  @Flag(help: "Make all letters lower-case, here and wherever the model is used.")
  var lowercase = false

  @Option(
    oneOf: Vocabulary.Normalization.self,
    help: ArgumentHelp(
      "Bring texts into a form of Unicode (nfc, nfd, nfkc, nfkd), here and wherever the model is used. (default: none)",
      valueName: "form"))
  var normalize: Vocabulary.Normalization?

  @Option(
    in: 1...TranslationDescription.longestText,
    help: "Leave out pairs with more symbols on a side; of subwords more than so many words.")
  var longest = 500

  @Option(
    help: ArgumentHelp(
      "What decides when to stop: so many sources, a share of them, or another file of pairs, or of sources. (default: a "
        + "tenth of the sources, 2,000 at most)",
      valueName: "n|x|file"), transform: ValidationPart.parsed)
  var validation: ValidationPart?

  @Option(reading: "The targets of --validation <file> where they are in a file of their own.")
  var validationTargets: String?

  @Option(
    help: ArgumentHelp(
      "What is measured on the validation part. (default: word-error, for long targets symbol-error)", valueName: "name"
    ))
  var metric: TranslationMetric?

  @OptionGroup(title: "Model") var model: TranslationModelOptions

  @Option(.fraction, help: "Share of the probability that targets give to all symbols alike.")
  var labelSmoothing = 0.1

  @Option(
    .fraction,
    help:
      "Probability, reached linearly over 5 epochs, that the decoder is fed its own symbol instead of the target's."
  )
  var scheduledSampling = 0.0

  @Option(.fraction, help: "How much of the moving average of the weights stays at a step; 0: no average.")
  var averageDecay = 0.999

  @OptionGroup(title: "Optimizer") var optimizer: OptimizerOptions
  @OptionGroup(title: "Run") var options: PairRunOptions

  private var form: TextForm { TextForm(isLowercased: lowercase, normalization: normalize ?? .none) }
  /// For messages.
  private var files: String { ([pairs] + (targets.map { [$0] } ?? [])).joined(separator: " ") }

  func validate() throws {
    // Files may be in other places by now.
    try options.refuseDecided(allowing: validation?.part == nil ? ["--validation", "--validation-targets"] : [])
    if validationTargets != nil, validation?.file == nil {
      throw ValidationError("'--validation-targets' needs '--validation <file>'")
    }
    if targetUnit == .word {
      throw ValidationError(
        "The value 'word' is invalid for '--target-unit <unit>': what stands between words would be lost; expected subword, "
          + "or spaced, which takes what stands between spaces for words")
    }
    if let vocabularySize, vocabularySize < 256, sourceUnit == .subword || targetUnit == .subword {
      throw ValidationError(
        "The value '\(vocabularySize)' is invalid for '--vocabulary-size <n>': subwords are made of 256 bytes, which are known"
      )
    }
  }

  func run() throws {
    if Team.isLeader {
      try options.files(reading: [
        (pairs, "<pairs>"), (targets, "<targets>"), (validation?.file, "--validation"),
        (validationTargets, "--validation-targets"),
      ]).check()
      try TrainingPage.check(options.shared.report)
    }
    // Taken first: another process may be about to replace the file.
    var store = try options.makeStoreOfLeader()
    guard let file = options.shared.resume else {
      let replaced = try ReplacedModel.found(by: .pairs, store, keepsBest: false)
      return try train(store, resumed: nil, asked: options, replaced)
    }
    let resumed = try ResumedPairs(from: file)
    store?.resume(from: resumed.file, step: resumed.checkpoint.stepCount)
    let replaced = try ReplacedModel.found(by: .pairs, store, keepsBest: false, resumed: file)
    var command = try resumed.command()
    (command.pairs, command.targets) = (pairs, targets)
    // What is in the files is compared.
    if validation != nil { command.validation = validation }
    if validationTargets != nil { command.validationTargets = validationTargets }
    try ResumedTable.requireThere(validation: command.validation?.file, of: file)
    command.options = options.resuming(command.options)
    try command.train(store, resumed: resumed, asked: options, replaced)
  }

  /// - Parameter asked: the options of this process.
  private func train(
    _ store: consuming CheckpointStore?, resumed: ResumedPairs?, asked: PairRunOptions, _ replaced: ReplacedModel?
  ) throws {
    let data = try TranslationData(self.reading)
    let log = try options.shared.writtenLog.map { path throws(Failure) in
      try TrainingLog(path: path, resumingAt: resumed?.checkpoint.stepCount ?? 0)
    }
    let batchSize = options.batchSize(pairs: data.sources.count)
    let training = TrainingData<Float>(
      inputs: .tokens(data.sources), targets: .classes(data.targets), batchSize: batchSize, seed: options.shared.seed)
    let metric = metric ?? data.metric
    let hasValidation = !data.held.items.isEmpty
    if !hasValidation {
      let idle = ["--metric", "--patience", "--halve-after"].filter(GivenOptions.names.contains)
      if !idle.isEmpty { Note.note("\(idle.joined(separator: ", ")) without effect: there is no validation part") }
    }

    var trainer: EncoderDecoderTrainer<Float>
    var note = TableNote(
      command: "translate", epochs: options.epochs(pairs: data.sources.count), patience: options.patience)
    if var going = resumed {
      let goesOn = try going.trainer(
        asked, digest: data.digest, pairs: files, stepsPerEpoch: training.batchCount, hasValidation: hasValidation)
      guard let goesOn else { return }
      trainer = goesOn
      note = going.note
    } else {
      note.digest = data.digest
      trainer = try newTrainer(
        data.description, batchSize, stepsPerEpoch: training.batchCount, epochs: note.epochs)
      describe(data, trainer, metric, epochs: note.epochs, stepsPerEpoch: training.batchCount)
    }
    Note.shards(trainer.settings.shards, trainer.settings.exchange)
    Note.products(of: trainer.decoderPlan)
    replaced?.announce()
    Note.threads(options.shared.threads)

    let held = data.held
    let box = try TranslatorBox(
      Translator(
        trainer.averagedModel(), data.description, search: .greedy,
        longest: held.items.map { data.description.source.encode($0.source).count }.max() ?? 1,
        batchSize: 64, settings: trainer.settings.passSettings(threads: options.shared.threadCount)))
    let page = self.page(trainer, data)
    let validation = PairValidationData<Float> { trainer in
      box.translator.load(trainer.averagedModel())
      return try box.translator.report(held).value(of: metric)
    }
    var run = try PairTraining(
      trainer, training, held: hasValidation ? validation : nil, halveAfter: options.halveAfter, note: note,
      pairs: files, measure: metric.name, resumed: resumed, path: options.checkpointPath, store: store, log: log,
      page: page)
    let best = try run.run()
    guard hasValidation else { return }
    box.translator.load(best)
    let report = try box.translator.report(held)
    page?.write()
    guard Team.isLeader else { return }
    try RNNCommand.report(
      "\nvalidation part, the likeliest symbol at every step\n" + report.description, besides: options.shared.log)
  }

  private var reading: TranslationData.Reading {
    TranslationData.Reading(
      pairs: pairs, targets: targets, reading: .init(form: form, hasHeader: input.header), part: validation?.part,
      validation: validation?.file, validationTargets: validationTargets, units: (sourceUnit, targetUnit),
      vocabularySize: vocabularySize, longest: longest, seed: options.shared.seed)
  }

  /// In which scheduled sampling reaches its probability: whatever the number of epochs, so that more of them go on exactly.
  private static let samplingEpochs = 5

  private func newTrainer(
    _ description: TranslationDescription, _ batchSize: Int, stepsPerEpoch: Int, epochs: Int
  ) throws -> EncoderDecoderTrainer<Float> {
    var network = try EncoderDecoder<Float>(
      encoder: model.encoder(symbols: description.source.count),
      decoder: model.decoder(symbols: description.target.count + 1), marks: description.marks,
      seed: options.shared.seed)
    network.decoder.annotations = [TranslationDescription.annotation: description.text]
    return try EncoderDecoderTrainer(
      network, batchSize: options.sharding.rounded(batchSize), sourceLength: description.longest.source,
      targetLength: description.longest.target, loss: .crossEntropy(labelSmoothing: labelSmoothing),
      optimizer: optimizer.makeOptimizer(for: .pairs, batchSize: batchSize),
      schedule: try optimizer.makeSchedule(steps: stepsPerEpoch * epochs, batchSize: batchSize),
      clipping: optimizer.clipping(for: .pairs),
      scheduledSampling: scheduledSampling > 0
        ? ScheduledSampling(.linear(to: scheduledSampling, steps: Self.samplingEpochs * stepsPerEpoch)) : nil,
      averageDecay: averageDecay > 0 ? averageDecay : nil, shards: options.sharding.count(),
      exchange: options.sharding.exchange, over: Team.ranks,
      products: options.shared.multiplying.choice, precision: options.multiplying.weights,
      threads: options.shared.threadCount, seed: options.shared.seed)
  }
}
