import ArgumentParser
import Recurrent

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show what a model file holds.")

  @Argument(help: "The model file.") var model: String

  @Flag(help: "Write a JSON object.")
  var json = false

  func run() throws {
    let loaded = try Model<Float>(contentsOf: model)
    if json {
      try output(object(loaded).serialized() + [0x0A])
    } else {
      try output(description(loaded))
    }
  }

  private func description(_ model: Model<Float>) -> String {
    let configuration = model.configuration
    var facts: [[String]] = [["cell", configuration.cell.name]]
    switch configuration.input {
    case .oneHot(let count): facts.append(["input", "one-hot, \(count) tokens"])
    case .embedding(let count, let size): facts.append(["input", "embedding, \(count) tokens in \(size) dimensions"])
    case .vectors(let size): facts.append(["input", "vectors of \(size)"])
    }
    facts += [
      ["hidden size", String(configuration.hiddenSize)], ["layers", String(configuration.layerCount)],
      ["outputs", outputs(configuration)],
      ["dropout", short(configuration.dropout)], ["head dropout", short(configuration.headDropout)],
    ]
    facts += configuration.options.map { [$0.name, $0.value] }
    if let vocabulary = model.vocabulary {
      facts.append(["vocabulary", "\(vocabulary.count) \(vocabulary.unit == .byte ? "bytes" : "characters")"])
    }
    var rows = [["parameter", "shape", "count"]]
    for entry in model.table.entries {
      rows.append([entry.name, entry.shape.map(String.init).joined(separator: " × "), grouped(entry.count)])
    }
    rows.append(["all", "", grouped(model.parameterCount)])
    return table(facts) + "\n\n" + table(rows, right: [2])
      + "\n\n\(ByteCount(bytes(model))) of parameters (\(grouped(bytes(model))) bytes)"
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

  private func object(_ model: Model<Float>) -> JSON {
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
      ])
    }
    return .object([
      (key: "configuration", value: model.configuration.json),
      (key: "vocabulary", value: vocabulary ?? .null),
      (key: "parameters", value: .array(parameters)),
      (key: "parameter_count", value: .integer(model.parameterCount)),
      (key: "bytes", value: .integer(bytes(model))),
    ])
  }

  private func bytes(_ model: Model<Float>) -> Int { model.parameterCount * MemoryLayout<Float>.stride }
}
