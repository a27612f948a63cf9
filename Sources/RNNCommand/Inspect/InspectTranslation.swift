import Recurrent
import RecurrentExchange
import Storage

/// What `rnn inspect` tells about a model of an encoder and a decoder.
struct TranslationInspection: InspectedForecaster {
  let model: EncoderDecoder<Float>
  let description: TranslationDescription?
  let training: TrainingDescription?
  let unsound: [NonFiniteValues]

  /// - Throws: `CheckpointError`, `ExchangeError`, `Failure`.
  init(_ file: ArrayFile, _ tensors: SafetensorsFile) throws {
    model = try EncoderDecoder<Float>(tensors)
    description = try model.translationDescription(tensors.file)
    training = TrainingDescription(file)
    unsound = try file.nonFiniteValues
  }

  private var parts: [(name: String, model: Model<Float>)] { [("encoder", model.encoder), ("decoder", model.decoder)] }

  var text: String {
    var facts = [["a model of pairs", "for rnn translate evaluate and rnn translate predict"]]
    for (name, model) in parts { facts.append([name, model.configuration.summary]) }
    let decoder = model.decoder.configuration
    facts.append([
      "attention",
      (decoder.attention?.rawValue ?? "none") + (decoder.hasInputFeeding ? ", with input feeding" : ""),
    ])
    if let description {
      for (name, side, longest) in [
        ("sources", description.source, description.longest.source),
        ("targets", description.target, description.longest.target),
      ] {
        facts.append([name, "\(UnitChoice.description(side)), at most \(grouped(longest))"])
      }
      let form =
        (description.form.isLowercased ? ["lower-case"] : [])
        + (description.form.normalization == .none ? [] : ["normalized to \(description.form.normalization.rawValue)"])
      if !form.isEmpty { facts.append(["texts", form.joined(separator: ", ")]) }
    }
    facts += training?.facts ?? []
    facts += NonFinite.facts(unsound)
    var rows = [["parameter", "shape", "count"]]
    for (name, model) in parts {
      for entry in model.table.entries {
        rows.append([
          "\(name).\(entry.name)", entry.shape.map(String.init).joined(separator: " × "), grouped(entry.count),
        ])
      }
    }
    rows.append(["all", "", grouped(model.parameterCount)])
    return table(facts) + "\n\n" + table(rows, right: [2])
      + "\n\n\(ByteCount(bytes)) of parameters (\(grouped(bytes)) bytes)"
  }

  private var bytes: Int { model.parameterCount * MemoryLayout<Float>.stride }

  var json: JSON {
    func side(_ tokenizer: TextTokenizer) -> JSON {
      .object([
        (key: "unit", value: .string(tokenizer.unit.rawValue)), (key: "tokens", value: .integer(tokenizer.count)),
        (key: "symbols", value: .array(tokenizer.units.map { .string($0) })),
      ])
    }
    return .object([
      (key: "format", value: .string(EncoderDecoder<Float>.format)),
      (key: "encoder", value: model.encoder.configuration.json),
      (key: "decoder", value: model.decoder.configuration.json),
      (key: "source", value: description.map { side($0.source) } ?? .null),
      (key: "target", value: description.map { side($0.target) } ?? .null),
      (key: "training", value: training?.json ?? .null),
      (key: "parameter_count", value: .integer(model.parameterCount)), (key: "bytes", value: .integer(bytes)),
      (key: "not_finite", value: NonFinite.json(unsound)),
    ])
  }
}
