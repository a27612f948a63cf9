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
    let targets = description.targets(series.values)
    func windows(_ starts: Range<Int>) -> Part {
      func parts(_ values: [Float], _ shift: Int) -> [[Float]] {
        starts.map { Array(values[($0 + shift) * width..<($0 + shift + window) * width]) }
      }
      return Part(content: .vectors(parts(values, 0)), target: .values(parts(targets, 1)))
    }
    self.init(
      fitted: windows(0..<fittedCount), held: heldCount == 0 ? nil : windows(count - heldCount..<count),
      loss: description.loss)
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

  /// One run through a series for a reservoir, whose state has washed out after so many steps. Those before the part that is
  /// kept aside are run through for it, too.
  /// - Throws: `TableError` where the series is too short.
  init(_ description: SeriesDescription, _ series: Series, held: PartSize, washout: Int) throws(TableError) {
    let width = series.width
    let values = description.inputs(series.values)
    let count = values.count / width - 1
    let heldCount = held.count(of: count)
    let fittedCount = count - heldCount
    guard fittedCount > washout else {
      throw TableError(
        series.file,
        .tooShort(
          needed: description.difference + washout + heldCount + 2, found: series.count,
          why: "a wash-out of \(washout) before --validation"))
    }
    func run(_ steps: Range<Int>) -> Part {
      func shifted(_ shift: Int) -> [Float] {
        Array(values[(steps.lowerBound + shift) * width..<(steps.upperBound + shift) * width])
      }
      return Part(content: .vectors([shifted(0)]), target: .values([shifted(1)]))
    }
    self.init(
      fitted: run(0..<fittedCount), held: heldCount == 0 ? nil : run(fittedCount - washout..<count),
      loss: .meanSquaredError)
  }

  /// Sequences with their classes, of which some of each class are kept aside.
  /// - Throws: `TableError` where nothing is left.
  init(_ description: ClassDescription, _ sequences: LabelledSequences, held: PartSize) throws(TableError) {
    let (fitted, compared, _) = try sequences.holdingOut(held, seed: 0)
    func part(_ sequences: LabelledSequences) throws(TableError) -> Part {
      let classes = try sequences.classNumbers(description.classes)
      return Part(
        content: .vectors(sequences.items.map { description.inputs($0.values) }),
        target: description.isPerStep ? .classes(classes) : .classes(classes.map { $0[0] }))
    }
    self.init(
      fitted: try part(fitted), held: compared.items.isEmpty ? nil : try part(compared), loss: .crossEntropy)
  }
}
