import Recurrent
import RecurrentExchange
import Storage

/// What `rnn inspect` says of the training in a checkpoint, as its metadata have it.
struct TrainingDescription {
  let json: JSON
  private let notes: [(name: String, text: String)]

  /// nil for a file without a training.
  init?(_ file: ArrayFile) {
    guard let text = file.metadata("training"), let json = try? JSON(parsing: text) else { return nil }
    self.json = json
    notes = file.metadata.filter { $0.key.hasPrefix("note.") }.map { (String($0.key.dropFirst(5)), $0.value) }
      .sorted { $0.name > $1.name }
  }

  var facts: [[String]] {
    var facts = [["trained", json["step"]?.integer.map { counted($0, "step") } ?? "? steps"]]
    let optimizer = json["optimizer"]
    let schedule = json["schedule"]?["kind"]?.string ?? "?"
    facts.append([
      "optimizer",
      printable(optimizer?["kind"]?.string ?? "?")
        + (optimizer?["learning_rate"]?.number.map { " \(short($0))" } ?? "") + ", \(printable(schedule)) schedule",
    ])
    if let batch = json["batch_size"]?.integer, let length = json["sequence_length"]?.integer {
      facts.append(["batch", "\(counted(batch, "sequence")) × \(counted(length, "step"))"])
    }
    if let precision = json["precision"]?.string { facts.append(["precision", "products in \(printable(precision))"]) }
    if let print = json["fingerprint"] {
      let parts = ["version", "kernels", "openblas"].compactMap { print[$0]?.string }
      facts.append(["made with", printable(parts.joined(separator: ", "))])
      let asked = json["products"]?.string ?? Products.automatic.rawValue
      let core = print["openblas_core"]?.string ?? "?"
      let decided = print["products"]?.string.map { "\($0); OpenBLAS has its \(core) kernels" }
      facts.append(["products", printable("\(asked): \(decided ?? "not noted")")])
    }
    for note in notes {
      let json = try? JSON(parsing: note.text)
      switch (note.name, json) {
      case (TextProgress.note, let json?):
        facts.append(["text", printable((json["text"]?.array ?? []).compactMap(\.string).joined(separator: " "))])
        if let total = json["total_steps"]?.integer { facts.append(["training", "of \(counted(total, "step"))"]) }
        facts += best(json)
      case (TableNote.note, let json?):
        let arguments = (json["arguments"]?.array ?? []).compactMap(\.string)
        let command = ["rnn", json["command"]?.string ?? "?", "train"] + arguments
        facts.append(["begun as", printable(command.joined(separator: " "), limit: 1000)])
        if let epochs = json["epochs"]?.integer {
          facts.append(["training", "of at most \(counted(epochs, "epoch"))"])
        }
      // The loop's own.
      case ("loop", let json?): facts += best(json)
      default: facts.append(["note", "\(printable(note.name)), \(grouped(note.text.utf8.count)) bytes"])
      }
    }
    return facts
  }
  private func best(_ json: JSON) -> [[String]] {
    guard let loss = json["best_loss"]?.number, let step = json["best_step"]?.integer else { return [] }
    return [["best loss", "\(lossText(loss)), step \(grouped(step))"]]
  }
}
