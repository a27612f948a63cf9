import Recurrent
import RecurrentExchange
import Storage

/// What a command writes to a file of the user's choice: one rule for all of them says what it may replace there, a file of its
/// own kind. Where trainings keep their models `ReplacedModel` says it.
///
/// Tables, records and arrays are data, which are written again and again: they replace whatever data of their format, but no
/// model, no text, and (`FileUse`) nothing that the command reads.
enum OutputKind: Sendable {
  /// Of the same use as the model at a path, which it is made of.
  case modelLike(String)
  /// Of a use that is not known before the weights are read.
  case importedModel
  case sums, tokens, tokenizer
  /// For other frameworks.
  case weights(ArrayFile.Kind), graph
  case results(ArrayFile.Kind)
  case drawing, page, log, records, table

  private func mayReplace(_ content: FileContent) -> Bool {
    switch (self, content) {
    case (.modelLike(let path), .model(let found, _)):
      // A pipe can be read once.
      if FilePlace(path).isStream { return true }
      guard let file = try? SafetensorsFile(path: path) else { return true }
      return ModelUse.replaces(ModelUse(file), found)
    // The training of a checkpoint would be lost.
    case (.importedModel, .model(_, let isCheckpoint)): return !isCheckpoint
    case (.weights(let kind), .weights(let found)), (.results(let kind), .results(let found)): return kind == found
    case (.graph, .graph), (.sums, .sums), (.tokens, .tokens), (.tokenizer, .tokenizer), (.drawing, .drawing),
      (.page, .page), (.log, .log),
      (.records, .records),
      (.table, .table):
      return true
    default: return false
    }
  }

  var replaceable: ReplaceableFiles {
    var isLog = false
    if case .log = self { isLog = true }
    return ReplaceableFiles(appendedTo: isLog) { path in
      let content = FileContent(of: path)
      return mayReplace(content) ? nil : content.name
    }
  }
}

extension ArrayFile.Kind {
  /// By a file's name; what has none of the endings gets safetensors.
  init(path: String) { self = path.hasSuffix(".npy") ? .npy : path.hasSuffix(".npz") ? .npz : .safetensors }
}

extension FileUse {
  /// Notes a file that is written; nil: none.
  mutating func writes(_ path: String?, as role: String, _ kind: OutputKind) {
    writes(path, as: role, over: kind.replaceable)
  }
}
