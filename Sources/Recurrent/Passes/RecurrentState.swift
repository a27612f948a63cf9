internal import Kernels

/// The state of every layer for a batch of sequences, as a value that can be kept, copied and given back. Layers that run
/// both ways have two, the forward direction's first.
public struct RecurrentState<S: Scalar>: Sendable, Hashable {
  /// N.
  public let batchSize: Int
  /// Widths of each part of the state in each direction of each layer: [part][L·D]. The first part is the output h, P wide
  /// where it is projected; all others are H wide.
  public let widths: [[Int]]
  /// [part, L·D, N, width]
  public var values: [S]

  /// The state that sequences start from where none is trained.
  public init(zerosFor configuration: ModelConfiguration, batchSize: Int) {
    self.batchSize = batchSize
    widths = (0..<configuration.cell.structure.stateCount).map { part in
      (0..<configuration.layerCount).flatMap { layer in
        [Int](
          repeating: configuration.stateSize(ofPart: part, layer: layer), count: configuration.directions.count)
      }
    }
    values = [S](repeating: 0, count: batchSize * widths.joined().reduce(0, +))
  }

  /// Parts of the state: for an LSTM two, h and c.
  public var partCount: Int { widths.count }

  /// L·D.
  public var recurrenceCount: Int { widths[0].count }

  /// One part, [L·D, N, width] as PyTorch has it: 0 is h, 1 an LSTM's c.
  public subscript(part part: Int) -> [S] {
    get { Array(values[range(ofPart: part)]) }
    set {
      let range = range(ofPart: part)
      require(newValue.count == range.count, "expected \(range.count) values, got \(newValue.count)")
      values.replaceSubrange(range, with: newValue)
    }
  }

  /// The state of other sequences: row i of the new one is row `sequences[i]` of this one. A sequence may be left out or
  /// stand more than once, as in a beam search.
  public func selecting(_ sequences: [Int]) -> RecurrentState {
    var result = self
    result = RecurrentState(batchSize: sequences.count, widths: widths)
    for part in 0..<partCount {
      for recurrence in 0..<recurrenceCount {
        for (row, sequence) in sequences.enumerated() {
          require(sequence >= 0 && sequence < batchSize, "sequence \(sequence) of \(batchSize)")
          result.values.replaceSubrange(
            result.range(part, recurrence, row), with: values[range(part, recurrence, sequence)])
        }
      }
    }
    return result
  }

  private init(batchSize: Int, widths: [[Int]]) {
    self.batchSize = batchSize
    self.widths = widths
    values = [S](repeating: 0, count: batchSize * widths.joined().reduce(0, +))
  }

  private func range(ofPart part: Int) -> Range<Int> {
    require((0..<partCount).contains(part), "part \(part) of \(partCount)")
    let start = batchSize * widths[..<part].joined().reduce(0, +)
    return start..<start + batchSize * widths[part].reduce(0, +)
  }

  /// Where one sequence's part of one recurrence stands in `values`.
  func range(_ part: Int, _ recurrence: Int, _ sequence: Int) -> Range<Int> {
    let width = widths[part][recurrence]
    let start =
      range(ofPart: part).lowerBound + batchSize * widths[part][..<recurrence].reduce(0, +) + sequence * width
    return start..<start + width
  }

  /// l0, l0_reverse, l1, …: as parameters end.
  func recurrenceNames(_ directions: Directions) -> [String] {
    (0..<recurrenceCount).map { index in
      "l\(index / directions.count)" + (index % directions.count == 0 ? "" : "_reverse")
    }
  }

  /// `1×[2, 3, 8]`: parts × [L·D, N, width].
  var shapeText: String {
    let width = Set(widths.joined()).count == 1 ? "\(widths[0][0])" : "\(widths)"
    return "\(partCount)×[\(recurrenceCount), \(batchSize), \(width)]"
  }
}
