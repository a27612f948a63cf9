import Recurrent
import Storage
import Tables

extension LabelledSequences {
  /// Cuts off what is held out: the last steps of a single sequence with labels at each step, else whole sequences, of each
  /// class its share, drawn by the seed.
  /// - Returns: `wanted`, how many sequences the part is; fewer are held out where a class would be left without one.
  /// - Throws: `TableError` where nothing would be left.
  func holdingOut(
    _ part: PartSize, seed: UInt64
  ) throws(TableError) -> (training: LabelledSequences, held: LabelledSequences, wanted: Int) {
    var (training, held) = (self, self)
    if isPerStep, items.count == 1 {
      let length = length(items[0])
      let count = part.count(of: length)
      guard count < length else { throw tooFew(count, "steps", length) }
      (training.items[0], held.items[0]) = items[0].split(after: length - count, width: features.count)
      if count == 0 { held.items = [] }
      return (training, held, held.items.count)
    }
    let count = part.count(of: items.count)
    guard count < items.count else { throw tooFew(count, "sequences", items.count) }
    let chosen = Set<Int>(heldOut: count, ofLabels: items.map { $0.labels[0] }, seed: seed)
    training.items = items.indices.filter { !chosen.contains($0) }.map { items[$0] }
    held.items = items.indices.filter(chosen.contains).map { items[$0] }
    return (training, held, count)
  }

  private func tooFew(_ count: Int, _ unit: String, _ total: Int) -> TableError {
    .nothingToTrainOn(file, count, unit, of: total)
  }
}

extension LabelledTexts {
  /// Holds out so many texts, of each class its share, drawn by the seed.
  /// - Returns: `wanted`, how many texts the part is; fewer are held out where a class would be left without one.
  /// - Throws: `TableError` where nothing would be left.
  func holdingOut(
    _ part: PartSize, seed: UInt64
  ) throws(TableError) -> (training: LabelledTexts, held: LabelledTexts, wanted: Int) {
    var (training, held) = (self, self)
    let count = part.count(of: items.count)
    guard count < items.count else { throw .nothingToTrainOn(file, count, "texts", of: items.count) }
    let chosen = Set<Int>(heldOut: count, ofLabels: items.map { $0.label ?? "" }, seed: seed)
    training.items = items.indices.filter { !chosen.contains($0) }.map { items[$0] }
    held.items = items.indices.filter(chosen.contains).map { items[$0] }
    return (training, held, count)
  }
}

extension TableError {
  fileprivate static func nothingToTrainOn(_ file: String, _ count: Int, _ unit: String, of total: Int) -> TableError {
    TableError(file, .other("--validation \(count) leaves nothing to train on of \(total) \(unit)"))
  }
}

extension Set<Int> {
  /// As many of each class as its share; the k-th of a class of m stands at (k + 1/2) / m, and the `count` first places are
  /// taken. One of each class stays, so that it can be learnt: there may be fewer than `count`.
  fileprivate init(heldOut count: Int, ofLabels labels: [String], seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var seen: [String: Int] = [:]
    let order = labels.indices.shuffled(using: &generator)
    let totals = Dictionary(grouping: order) { labels[$0] }.mapValues(\.count)
    let places = order.compactMap { index -> (index: Int, place: Double)? in
      let label = labels[index]
      defer { seen[label, default: 0] += 1 }
      let number = seen[label, default: 0]
      return number + 1 == totals[label]! ? nil : (index, (Double(number) + 0.5) / Double(totals[label]!))
    }
    // Of equal places the first drawn: the sort is stable.
    self = Set(places.sorted { $0.place < $1.place }.prefix(count).map(\.index))
  }
}
