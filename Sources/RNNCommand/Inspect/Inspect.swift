import ArgumentParser
import Storage
import Recurrent
import RecurrentExchange
import RecurrentONNX

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a model file holds, a file of arrays, or a token file.",
    discussion: """
      Model files of rnn train, rnn forecast train and rnn import; safetensors, .npz, .npy and .onnx files of other programs, and what \
      rnn import would make of them. Weights that are NaN or infinite are named. Token files of rnn tokenize.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The file.") var model: String

  @Flag(help: "Write a JSON object.")
  var json = false

  func run() throws {
    try FileUse(reading: [(model, "<file>")]).check()
    if TokenFile.isTokenFile(at: model) {
      let description = TokenFileDescription(file: try TokenFile(path: model))
      return json ? try output(description.json.serialized() + [0x0A]) : try output(description.text)
    }
    switch try ExchangeFile(path: model) {
    case .graph(let graph):
      let description = ONNXDescription(graph)
      try output(json ? description.json.serialized() + [0x0A] : Array((description.text + "\n").utf8))
    case .arrays(let file): try inspect(file)
    }
  }

  private func inspect(_ file: ArrayFile) throws {
    if let tensors = file.safetensors, ModelUse(tensors) == .forecaster {
      let description: any InspectedForecaster =
        ModelUse.isGlobalForecaster(tensors)
        ? GlobalForecasterDescription(saved: try SavedGlobalForecaster(tensors))
        : ForecasterDescription(saved: try SavedForecaster(tensors))
      return json ? try output(description.json.serialized() + [0x0A]) : try output(description.text)
    }
    if let tensors = file.safetensors, ModelUse(tensors) == .pairs {
      let description = try TranslationInspection(file, tensors)
      return json ? try output(description.json.serialized() + [0x0A]) : try output(description.text)
    }
    guard file.metadata("format") == "recurrent", let tensors = file.safetensors else {
      let description = ArrayDescription(file: file, unsound: try file.nonFiniteValues)
      return json ? try output(description.json.serialized() + [0x0A]) : try output(description.text)
    }
    let loaded = try Model<Float>(tensors)
    let training = TrainingDescription(file)
    let unsound = try file.nonFiniteValues
    if json {
      try output(object(loaded, training, unsound).serialized() + [0x0A])
    } else {
      try output(try description(loaded, training, unsound))
    }
  }

  private func description(
    _ model: Model<Float>, _ training: TrainingDescription?, _ unsound: [NonFiniteValues]
  ) throws -> String {
    let configuration = model.configuration
    var facts: [[String]] = [["cell", configuration.cell.name]]
    switch configuration.input {
    case .oneHot(let count): facts.append(["input", "one-hot, \(counted(count, "token"))"])
    case .embedding(let count, let size):
      facts.append(["input", "embedding, \(counted(count, "token")) in \(counted(size, "dimension"))"])
    case .features(let tables, let letters):
      let words = tables.map { "\(counted($0.vocabularySize, "token")) in \($0.size)" }
      facts.append(["input", "embeddings side by side, of " + words.joined(separator: ", ")])
      if let letters {
        facts.append([
          "letters",
          "the first and last of a word, \(letters.count) at most: \(letters.vocabularySize) in \(letters.size), read both ways by \(letters.hiddenSize) units",
        ])
      }
    case .vectors(let size): facts.append(["input", "vectors of \(size)"])
    }
    facts += [
      ["hidden size", String(configuration.hiddenSize)], ["layers", String(configuration.layerCount)],
      ["outputs", outputs(configuration)],
      ["dropout", short(configuration.dropout)], ["head dropout", short(configuration.headDropout)],
    ]
    facts += configuration.options.map { [$0.name, $0.value] }
    if model.storedPrecision != .full { facts.append(["weights", "in \(model.storedPrecision)"]) }
    if let vocabulary = model.vocabulary {
      let form = vocabulary.normalization == .none ? "" : ", normalized to \(vocabulary.normalization.rawValue)"
      let pieces = vocabulary.pieces.map { ", \(counted($0.count, $0.kind.rawValue))" } ?? ""
      facts.append(["vocabulary", "\(counted(vocabulary.symbols.count, vocabulary.symbolName))\(pieces)\(form)"])
    }
    facts += try annotations(model)
    facts += training?.facts ?? []
    facts += NonFinite.facts(unsound)
    var rows = [["parameter", "shape", "count"]]
    for entry in model.table.entries {
      rows.append([entry.name, entry.shape.map(String.init).joined(separator: " × "), grouped(entry.count)])
    }
    rows.append(["all", "", grouped(model.parameterCount)])
    return table(facts) + "\n\n" + table(rows, right: [2])
      + "\n\n\(ByteCount(bytes(model))) of parameters (\(grouped(bytes(model))) bytes)"
  }

  /// What the commands keep with their models, and the names of what others keep.
  private func annotations(_ model: Model<Float>) throws -> [[String]] {
    var facts: [[String]] = []
    for (name, text) in model.annotations.sorted(by: { $0.key < $1.key }) {
      switch name {
      case SeriesDescription.annotation:
        let series = try SeriesDescription(text, file: self.model)
        facts += [
          ["forecasts", printable(series.columns.joined(separator: ", "), limit: 1000)],
          ["window", counted(series.window, "step")],
        ]
        if let timing = series.timing.summary { facts.append(["rows", timing]) }
        if let likelihood = series.likelihood { facts.append(["likelihood", likelihood.rawValue]) }
        if series.difference > 0 { facts.append(["difference", "to \(counted(series.difference, "step")) before"]) }
        facts += scaling(series.scaling, names: series.columns)
      case ClassDescription.annotation:
        let classes = try ClassDescription(text, file: self.model)
        facts.append([
          "classes",
          printable(classes.classes.joined(separator: ", "), limit: 1000)
            + (classes.isPerStep ? ", at each step" : ", of a sequence"),
        ])
        facts += scaling(classes.scaling, names: classes.features)
      case TextClassDescription.annotation, TextTokenizer.annotation, NGramClassifier.annotation,
        TagDescription.annotation, WordFeatures.annotation:
        facts += try InspectedTexts.facts(name, text, file: self.model)
      default: facts.append(["annotation", "\(printable(name)), \(grouped(text.utf8.count)) bytes"])
      }
    }
    return facts
  }

  private func scaling(_ scaling: Standardization, names: [String]) -> [[String]] {
    names.indices.map { index in
      [
        "scaling",
        "\(printable(names[index])): mean \(significant(scaling.means[index])), deviation \(significant(scaling.deviations[index]))",
      ]
    }
  }

  private func outputs(_ configuration: ModelConfiguration) -> String {
    switch configuration.head {
    case .everyStep: "\(configuration.outputSize), at every step"
    case .lastStep: "\(configuration.outputSize), at the last step"
    case .meanOverSteps: "\(configuration.outputSize), from the mean over the steps"
    case .maxOverSteps: "\(configuration.outputSize), from the greatest values over the steps"
    case .none: "the top layer's, at every step; no head"
    }
  }

  private func object(
    _ model: Model<Float>, _ training: TrainingDescription?, _ unsound: [NonFiniteValues]
  ) -> JSON {
    let parameters = model.table.entries.map { entry in
      JSON.object([
        (key: "name", value: .string(entry.name)), (key: "shape", value: .array(entry.shape.map { .integer($0) })),
        (key: "count", value: .integer(entry.count)),
      ])
    }
    let vocabulary = model.vocabulary.map { vocabulary in
      JSON.object([
        (key: "unit", value: .string(vocabulary.unit == .byte ? "byte" : "unicode-scalar")),
        (key: "count", value: .integer(vocabulary.count)),
        (key: "normalization", value: .string(vocabulary.normalization.rawValue)),
        (key: "pieces", value: vocabulary.pieces.map { .string($0.kind.rawValue) } ?? .null),
      ])
    }
    return .object([
      (key: "configuration", value: model.configuration.json),
      (key: "vocabulary", value: vocabulary ?? .null),
      (
        key: "annotations",
        value: .object(
          model.annotations.sorted { $0.key < $1.key }.map {
            (key: $0.key, value: .string(InspectedTexts.summary($0.key, $0.value) ?? $0.value))
          })
      ),
      (key: "training", value: training?.json ?? .null),
      (key: "parameters", value: .array(parameters)),
      (key: "parameter_count", value: .integer(model.parameterCount)),
      (key: "bytes", value: .integer(bytes(model))),
      (key: "weights", value: .string(model.storedPrecision == .full ? "float" : model.storedPrecision.rawValue)),
      (key: "not_finite", value: NonFinite.json(unsound)),
    ])
  }

  private func bytes(_ model: Model<Float>) -> Int { model.parameterCount * MemoryLayout<Float>.stride }
}
