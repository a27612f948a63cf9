import Storage
import Recurrent
import RecurrentExchange

/// Sequences for a model out of a file, checked, with the steps before the sequences.
struct RunInput<S: Scalar> {
  /// What the tensors are called; nil: as usual.
  struct Names {
    var input: String?
    var lengths: String?
  }

  enum Steps {
    /// [T, N]
    case tokens([Int32])
    /// [T, N, I]
    case vectors([S])
  }

  let steps: Steps
  /// T and N.
  let stepCount: Int
  let sequenceCount: Int
  /// Whether the file has one sequence without a dimension for it.
  let isSingle: Bool
  /// Of each sequence; nil: all have T steps.
  let lengths: [Int]?
  /// nil: as the model begins.
  let state: RecurrentState<S>?
  /// Tensors of the file that play no part.
  let unused: [String]

  init(_ file: ArrayFile, for configuration: ModelConfiguration, names: Names, isBatchFirst: Bool) throws {
    let name = names.input ?? (file.entry("input") == nil && file.entries.count == 1 ? file.entries[0].name : "input")
    guard let entry = file.entry(name) else {
      throw ExchangeError.missingTensor(
        file: file.file, name: name, reason: "it has \(ExchangeError.list(file.entries.map(\.name)))")
    }
    if case .features(let tables, _) = configuration.input {
      throw Failure(
        message: "the model reads \(tables.count) tokens a step, made of words: rnn tag predict runs it")
    }
    let width: Int? = configuration.input.vocabularySize == nil ? configuration.input.size : nil
    let shape = entry.shape
    let rank = width == nil ? 2 : 3
    let wanted = width.map { "[T, N, \($0)] or [T, \($0)]" } ?? "[T, N] or [T]"
    guard shape.count == rank || shape.count == rank - 1, width ?? shape.last == shape.last,
      shape.allSatisfy({ $0 >= 1 })
    else {
      let expected = wanted + (shape.contains(0) ? ", none of them 0" : "")
      throw ExchangeError.shapeMismatch(file: file.file, tensor: name, expected: expected, actual: shape)
    }
    isSingle = shape.count == rank - 1
    let swaps = isBatchFirst && !isSingle
    stepCount = swaps ? shape[1] : shape[0]
    sequenceCount = isSingle ? 1 : swaps ? shape[0] : shape[1]
    if let width {
      let values: [S] = try file.values(name)
      steps = .vectors(swaps ? Self.swapped(values, rows: sequenceCount, columns: stepCount, width: width) : values)
    } else {
      let tokens = try file.integers(name)
      let limit = Int32(clamping: configuration.input.vocabularySize!)
      if let place = tokens.firstIndex(where: { $0 < 0 || $0 >= limit }) {
        throw Failure(
          message:
            "\(printable(file.file)): token \(tokens[place]) at \(isSingle ? [place] : [place / shape[1], place % shape[1]])"
            + (name.isEmpty ? "" : " of \"\(printable(name))\"") + " is not in 0..<\(limit)"
        )
      }
      steps = .tokens(swaps ? Self.swapped(tokens, rows: sequenceCount, columns: stepCount, width: 1) : tokens)
    }
    lengths = try Self.lengths(file, names.lengths, steps: stepCount, sequences: sequenceCount, isSingle: isSingle)
    let states: [String]
    (state, states) = try Self.state(file, configuration, sequences: sequenceCount, isSingle: isSingle)
    let used = states + [name] + (lengths == nil ? [] : [names.lengths ?? "lengths"])
    unused = file.entries.map(\.name).filter { !used.contains($0) }
  }

  private static func lengths(
    _ file: ArrayFile, _ given: String?, steps: Int, sequences: Int, isSingle: Bool
  ) throws -> [Int]? {
    let name = given ?? "lengths"
    guard given != nil || file.entry(name) != nil else { return nil }
    let lengths = try file.integers(name).map { Int($0) }
    let shape = file.entry(name)!.shape
    guard shape == [sequences] || (isSingle && shape.isEmpty) else {
      throw ExchangeError.shapeMismatch(file: file.file, tensor: name, expected: "[\(sequences)]", actual: shape)
    }
    if let place = lengths.firstIndex(where: { !(0...steps).contains($0) }) {
      throw Failure(
        message: "\(printable(file.file)): length \(lengths[place]) of sequence \(place) is not in 0...\(steps)")
    }
    return lengths
  }

  /// - Returns: also the names of the tensors that it is read from.
  private static func state(
    _ file: ArrayFile, _ configuration: ModelConfiguration, sequences: Int, isSingle: Bool
  ) throws -> (RecurrentState<S>?, names: [String]) {
    guard file.entries.contains(where: { $0.name.hasPrefix("initial_") }) else { return (nil, []) }
    // A file may have the sequences and lack the states: its size says nothing about theirs.
    let size = RecurrentState<S>(zerosFor: configuration, batchSize: 1).values.count
    guard sequences <= SystemMemory.available() / MemoryLayout<S>.size / size else {
      throw Failure(message: "the states of \(counted(sequences, "sequence")) do not fit into the memory available")
    }
    var state = RecurrentState<S>(zerosFor: configuration, batchSize: sequences)
    var names: [String] = []
    for (part, letter) in zip(0..<state.partCount, ["h", "c"]) {
      var values: [S] = []
      for block in state.blocks(
        ofPart: part, name: "initial_" + letter, directionCount: configuration.directions.count, isSingle: isSingle)
      {
        let found: [S] = try file.values(block.name)
        let shape = file.entry(block.name)!.shape
        guard shape == block.shape else {
          throw ExchangeError.shapeMismatch(
            file: file.file, tensor: block.name, expected: "\(block.shape)", actual: shape)
        }
        values += found
        names.append(block.name)
      }
      state[part: part] = values
    }
    return (state, names)
  }

  /// [columns, rows, width] of [rows, columns, width].
  static func swapped<Element>(_ values: [Element], rows: Int, columns: Int, width: Int) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(values.count)
    for column in 0..<columns {
      for row in 0..<rows {
        let start = (row * columns + column) * width
        result += values[start..<start + width]
      }
    }
    return result
  }
}

extension RecurrentState {
  /// One part of the state as files have it: a tensor [L·D, N, width] as PyTorch; where layers differ in width one for
  /// each, NAME_l0, of [D, N, width]. Of a single sequence without N.
  func blocks(
    ofPart part: Int, name: String, directionCount: Int, isSingle: Bool
  ) -> [(name: String, shape: [Int], range: Range<Int>)] {
    let widths = widths[part]
    func shape(_ count: Int, _ width: Int) -> [Int] { isSingle ? [count, width] : [count, batchSize, width] }
    if Set(widths).count == 1 {
      return [(name, shape(widths.count, widths[0]), 0..<widths.count * batchSize * widths[0])]
    }
    // The directions of a layer have one width, one after the other.
    var blocks: [(name: String, shape: [Int], range: Range<Int>)] = []
    var (index, start) = (0, 0)
    while index < widths.count {
      let size = directionCount * batchSize * widths[index]
      blocks.append((name + "_l\(blocks.count)", shape(directionCount, widths[index]), start..<start + size))
      start += size
      index += directionCount
    }
    return blocks
  }
}
