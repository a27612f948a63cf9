import Storage
import Recurrent
import RecurrentExchange

/// What `rnn inspect` tells about a file that is no model of ours: its arrays, and what `rnn import` would make of them.
struct ArrayDescription {
  let file: ArrayFile
  let unsound: [NonFiniteValues]

  var text: String {
    var facts = [["file", kindText]]
    for (key, value) in file.metadata { facts.append([printable(key, limit: 40), printable(value, limit: 80)]) }
    facts.append(["as a model", reading])
    facts += NonFinite.facts(unsound)
    var rows = [["array", "type", "shape", "count"]]
    for entry in file.entries {
      rows.append([
        entry.name.isEmpty ? "(without name)" : printable(entry.name, limit: 80), entry.type, shapeText(entry.shape),
        grouped(count(entry)),
      ])
    }
    rows.append(["all", "", "", grouped(file.entries.reduce(0) { $0 + count($1) })])
    return table(facts) + "\n\n" + table(rows, right: [3])
  }

  var json: JSON {
    .object([
      (key: "format", value: .string(file.kind.rawValue)),
      (
        key: "metadata",
        value: .object(file.metadata.map { (key: $0.key, value: .string($0.value)) })
      ),
      (
        key: "arrays",
        value: .array(
          file.entries.map { entry in
            .object([
              (key: "name", value: .string(entry.name)), (key: "type", value: .string(entry.type)),
              (key: "shape", value: .array(entry.shape.map { .integer($0) })),
            ])
          })
      ),
      (key: "configuration", value: (try? configuration)?.json ?? .null),
      (key: "not_finite", value: NonFinite.json(unsound)),
    ])
  }

  private var kindText: String {
    switch file.kind {
    case .safetensors: "safetensors"
    case .npz: "arrays of NumPy (.npz)"
    case .npy: "an array of NumPy (.npy)"
    }
  }

  private func count(_ entry: ArrayFile.Entry) -> Int { entry.shape.reduce(1, *) }

  private var configuration: ModelConfiguration {
    get throws {
      switch ExchangeFormat(file) {
      case .safetensors: try StateDictionary(file, options: StateDictionaryOptions()).configuration
      case .keras, .onnx: try KerasWeights(file, options: KerasOptions()).configuration
      }
    }
  }

  /// What it is as another framework's weights, or why it is none.
  private var reading: String {
    if file.kind == .npy { return "none" }
    do { return "\(ExchangeFormat(file).name): \(summary(try configuration))" } catch let error as ExchangeError {
      if case .noRecurrentLayer = error { return "none" }
      if case .unexpectedTensors = error, ExchangeFormat(file) == .keras, !KerasWeights.hasNames(file),
        file.kind == .npz
      {
        return "none"
      }
      return "\(ExchangeFormat(file).name), but \(error)"
    } catch { return "none" }
  }
}
