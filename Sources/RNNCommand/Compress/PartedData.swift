import Recurrent
import Storage
import Tables

/// Data of a trained model in two parts: one to fit something to, and the last, to compare on.
struct PartedData {
  /// What the model reads, and what its outputs are compared with.
  struct Part {
    enum Content {
      /// One sequence.
      case tokens([Int32])
      /// [length, I] of each sequence.
      case vectors([[Float]])
    }

    let content: Content
    let target: ModelTarget<Float>

    var input: ModelInput<Float> {
      switch content {
      case .tokens(let tokens): .tokens(tokens)
      case .vectors(let vectors): .vectors(vectors)
      }
    }
  }

  let fitted: Part
  /// nil: nothing is kept aside.
  let held: Part?
  /// What the outputs are compared by.
  let loss: Loss
}

extension PartedData {
  /// All windows of a series, as in its training; those on either side share no step.
  /// - Throws: `TableError` where the series is too short.
  init(_ description: SeriesDescription, _ series: Series, held: PartSize) throws(TableError) {
    let (width, window) = (series.width, description.window)
    let values = description.inputs(series.values)
    let count = values.count / width - window
    let heldCount = held.count(of: count)
    let fittedCount = heldCount == 0 ? count : count - heldCount - window
    guard fittedCount > 0, heldCount >= 0 else {
      throw TableError(
        series.file,
        .tooShort(
          needed: description.difference + 2 * window + heldCount + 1, found: series.count,
          why: "windows of \(window) on both sides of --validation"))
    }
    func windows(_ starts: Range<Int>) -> Part {
      func parts(_ shift: Int) -> [[Float]] {
        starts.map { Array(values[($0 + shift) * width..<($0 + shift + window) * width]) }
      }
      return Part(content: .vectors(parts(0)), target: .values(parts(1)))
    }
    self.init(
      fitted: windows(0..<fittedCount), held: heldCount == 0 ? nil : windows(count - heldCount..<count),
      loss: .meanSquaredError)
  }

  /// A text, each character predicted from all before it in its part.
  /// - Parameter place: where it comes from, for messages.
  /// - Throws: `Failure` where it is too short.
  init(_ tokens: [Int32], of place: String, held: PartSize) throws(Failure) {
    let heldCount = held.count(of: tokens.count)
    guard tokens.count - heldCount >= 2, heldCount == 0 || heldCount >= 2 else {
      throw Failure(
        message: "\(printable(place)): \(counted(tokens.count, "character")) are too few to fit to and to compare on")
    }
    func part(_ tokens: ArraySlice<Int32>) -> Part {
      Part(content: .tokens(Array(tokens.dropLast())), target: .classes(Array(tokens.dropFirst())))
    }
    self.init(
      fitted: part(tokens.dropLast(heldCount)), held: heldCount == 0 ? nil : part(tokens.suffix(heldCount)),
      loss: .crossEntropy)
  }

  /// Sequences with their classes, of which those that are kept aside are evenly spread: files come sorted by class. Of a single
  /// sequence with a class at each step its last steps.
  /// - Throws: `TableError` where nothing is left.
  init(_ description: ClassDescription, _ sequences: LabelledSequences, held: PartSize) throws(TableError) {
    var (fitted, compared) = (sequences, sequences)
    let items = sequences.items
    let isSingle = description.isPerStep && items.count == 1
    let total = isSingle ? sequences.length(items[0]) : items.count
    let count = held.count(of: total)
    guard count < total else {
      let unit = isSingle ? "steps" : "sequences"
      throw TableError(sequences.file, .other("--validation \(count) leaves nothing to fit to of \(total) \(unit)"))
    }
    if isSingle {
      (fitted.items[0], compared.items[0]) = items[0].split(after: total - count, width: sequences.features.count)
    } else {
      let chosen = Set((0..<count).map { (2 * $0 + 1) * total / (2 * count) })
      fitted.items = items.indices.filter { !chosen.contains($0) }.map { items[$0] }
      compared.items = items.indices.filter(chosen.contains).map { items[$0] }
    }
    func part(_ sequences: LabelledSequences) throws(TableError) -> Part {
      let classes = try sequences.classNumbers(description.classes)
      return Part(
        content: .vectors(sequences.items.map { description.inputs($0.values) }),
        target: description.isPerStep ? .classes(classes) : .classes(classes.map { $0[0] }))
    }
    self.init(
      fitted: try part(fitted), held: count == 0 ? nil : try part(compared), loss: .crossEntropy)
  }
}
