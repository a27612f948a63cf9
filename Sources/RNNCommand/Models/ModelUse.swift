import Recurrent
import RecurrentForecasting

/// What a model is for: which commands use it.
enum ModelUse: String {
  case text, series, classes
  /// One series or many, by the combined method.
  case forecaster
  /// From texts to texts, by an encoder and a decoder.
  case pairs
  /// Of the words or letters of sentences.
  case tags
  /// Of columns of a table from others, by a reservoir.
  case readout

  /// What the commands that train them keep with models, under these names.
  static let seriesAnnotation = "forecast"
  static let classesAnnotation = "classify"
  static let textClassesAnnotation = "classify_text"
  static let pairsAnnotation = "translate"
  static let tagsAnnotation = "tag"
  static let readoutAnnotation = "reservoir_targets"

  /// nil for models that are for none of them.
  init?(_ file: SafetensorsFile) {
    func has(_ annotation: String) -> Bool { file.metadata("annotation." + annotation) != nil }
    if file.metadata("format") == Forecaster.format || Self.isGlobalForecaster(file) {
      self = .forecaster
    } else if file.metadata("format") == EncoderDecoder<Float>.format {
      self = .pairs
    } else if has(Self.seriesAnnotation) {
      self = .series
    } else if has(Self.classesAnnotation) || has(Self.textClassesAnnotation) {
      self = .classes
    } else if has(Self.tagsAnnotation) {
      self = .tags
    } else if has(Self.readoutAnnotation) {
      self = .readout
    } else if file.metadata("vocabulary") != nil {
      self = .text
    } else {
      return nil
    }
  }

  /// Whether it holds a forecaster of many series.
  static func isGlobalForecaster(_ file: SafetensorsFile) -> Bool {
    file.metadata("format") == GlobalForecaster.format
  }

  /// For messages.
  var name: String {
    switch self {
    case .forecaster: "a combined forecaster"
    case .readout: "a reservoir of targets"
    case .text, .series, .classes, .pairs, .tags: "a model of \(rawValue)"
    }
  }

  /// Refuses a combined forecaster, and a model of two networks, where a network is wanted.
  static func requireNetwork(_ file: SafetensorsFile) throws(Failure) {
    if ModelUse(file) == .pairs {
      throw Failure(
        message:
          "\(file.file) is a model of pairs, of an encoder and a decoder: rnn translate evaluate and predict use it, rnn "
          + "inspect shows it")
    }
    guard ModelUse(file) == .forecaster else { return }
    throw Failure(
      message:
        "\(file.file) is a combined forecaster, no network: rnn forecast predict and update use it, rnn inspect shows "
        + "it; rnn forecast train --method network makes a network")
  }

  /// The command whose trainings make such models; nil where no training goes on.
  private var trainer: String? {
    switch self {
    case .text: "rnn train"
    case .series: "rnn forecast train"
    case .classes: "rnn classify train"
    case .pairs: "rnn translate train"
    case .tags: "rnn tag train"
    case .forecaster, .readout: nil
    }
  }

  /// Refuses to go on with a training of pairs where one of another kind is wanted, and the other way round: says what goes on with it.
  /// What cannot be read at all says so when it is loaded.
  static func requireResumable(_ path: String, asPairs: Bool) throws(Failure) {
    guard let file = try? SafetensorsFile(path: path), let use = ModelUse(file), (use == .pairs) != asPairs else {
      return
    }
    throw Failure(
      message: "\(path) is \(use.name)\(asPairs ? ", not of pairs" : ""): "
        + (use.trainer.map { "\($0) --resume goes on with its training" } ?? "no training goes on with it"))
  }

  /// Whether a model for one use replaces one for another: the same, and forecasts are forecasts.
  static func replaces(_ new: ModelUse?, _ old: ModelUse?) -> Bool {
    func common(_ use: ModelUse?) -> ModelUse? { use == .forecaster ? .series : use }
    return common(new) == common(old)
  }
}
