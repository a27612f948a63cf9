import Recurrent
import RecurrentExchange
import RecurrentForecasting
import Storage
import Tables

/// What stands in a file where an output is to go, as far as commands tell their outputs apart.
enum FileContent {
  /// A model, for some use or none; with all that its training needs to go on, or without.
  case model(ModelUse?, isCheckpoint: Bool)
  /// Of a reservoir's fit.
  case sums
  /// A text as `rnn tokenize` writes it.
  case tokens
  /// A `tokenizer.json`.
  case tokenizer
  /// Weights of another framework, or arrays in the order that Keras has them.
  case weights(ArrayFile.Kind)
  /// Outputs of `rnn run`, or whatever they cannot be told from.
  case results(ArrayFile.Kind)
  case graph
  /// SVG.
  case drawing
  /// HTML.
  case page
  /// Of a training.
  case log
  /// An array of objects.
  case records
  /// Fields with separators, some of them numbers.
  case table
  /// What else it is.
  case other(String)

  /// All but models and arrays are told by their beginning.
  private static let lookedAt = 1 << 16

  init(of path: String) {
    do {
      let source = try ByteSource(path: path)
      var start = [UInt8](repeating: 0, count: min(source.count, Self.lookedAt))
      var span = start.mutableSpan
      _ = try source.read(at: 0, into: &span)
      if TokenFile.isTokenFile(at: path) {
        self = .tokens
        return
      }
      self = Self.arrays(source, path) ?? Self.text(start, isWhole: start.count == source.count)
    } catch { self = .other("a file that cannot be read") }
  }

  // MARK: Models and arrays

  /// nil where it is none of this program's.
  init?(own file: SafetensorsFile) {
    guard let format = file.metadata("format"), format.hasPrefix("recurrent") else { return nil }
    switch format {
    case RidgeGram.format: self = .sums
    case "recurrent", EncoderDecoder<Float>.format, Forecaster.format, GlobalForecaster.format:
      self = .model(ModelUse(file), isCheckpoint: file.metadata(TrainingMetadata.key) != nil)
    default: self = .other("a file of \(printable(format, limit: 40))")
    }
  }

  private static func arrays(_ source: ByteSource, _ path: String) -> FileContent? {
    if case .onnx? = try? ForeignFormat(source) { return .graph }
    guard let file = try? ArrayFile(source, file: path) else { return nil }
    if let tensors = file.safetensors, let own = FileContent(own: tensors) { return own }
    let names = file.entries.map(\.name)
    let areWeights =
      StateDictionary.hasNames(file) || KerasWeights.hasNames(file) || names.allSatisfy { $0.hasPrefix("arr_") }
    if areWeights { return .weights(file.kind) }
    return names.contains("input") ? .other("a file of inputs") : .results(file.kind)
  }

  // MARK: Texts

  private static func text(_ bytes: [UInt8], isWhole: Bool) -> FileContent {
    // The last line may be cut.
    let lines = Array(isWhole ? bytes[...] : bytes[..<(bytes.lastIndex(of: 0x0A) ?? bytes.endIndex)])
    guard !lines.contains(0), let text = String(validating: lines, as: UTF8.self) else {
      return .other("a file of another kind")
    }
    let body = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    if body.first == "<" { return markup(body) }
    if body.first == "[" { return body.dropFirst().first { !$0.isWhitespace } == "{" ? .records : .other("JSON") }
    if body.first == "{" {
      if body.contains("\"pre_tokenizer\"") { return .tokenizer }
      let line = body.prefix { !$0.isNewline }
      let object = try? JSON(parsing: String(line))
      return object?["step"]?.integer != nil && object?["training_loss"] != nil ? .log : .other("JSON")
    }
    let table = try? CSVTable(lines, file: "", TableReading())
    let isTable = table.map { table in
      table.header.count > 1 && table.header.indices.contains(where: table.isNumeric)
    }
    return isTable == true ? .table : .other("a text")
  }

  /// What comes after declarations and comments says it.
  private static func markup(_ text: Substring) -> FileContent {
    var rest = text.lowercased()[...]
    while let end = ["<?": "?>", "<!--": "-->"].first(where: { rest.hasPrefix($0.key) })?.value {
      guard let range = rest.firstRange(of: end) else { break }
      rest = rest[range.upperBound...].drop(while: \.isWhitespace)
    }
    if rest.hasPrefix("<svg") || rest.hasPrefix("<!doctype svg") { return .drawing }
    return rest.hasPrefix("<!doctype html") || rest.hasPrefix("<html") ? .page : .other("a text")
  }

  /// For messages.
  var name: String {
    switch self {
    case .model(let use, let isCheckpoint): use?.name ?? (isCheckpoint ? "a checkpoint" : "a model")
    case .sums: "a file of the sums of a fit"
    case .tokens: "a token file"
    case .tokenizer: "a tokenizer"
    case .weights: "a file of weights"
    case .results: "a file of arrays"
    case .graph: "an ONNX model"
    case .drawing: "an SVG drawing"
    case .page: "an HTML page"
    case .log: "the log of a training"
    case .records: "a list of JSON objects"
    case .table: "a table"
    case .other(let name): name
    }
  }
}
