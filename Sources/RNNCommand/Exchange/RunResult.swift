import Storage
import Recurrent

/// What a model makes of the sequences of a file.
///
/// A model whose layers run forward only runs in pieces with the state carried, so that the memory beyond input and output
/// does not grow with the sequences; but for a head on the mean or maximum over all steps.
struct RunResult<S: Scalar> {
  struct NamedArray {
    let name: String
    let shape: [Int]
    let values: [S]
  }

  private let input: RunInput<S>
  private let width: Int
  private let isPooled: Bool
  /// [T, N, O], or [N, O].
  private var outputs: [S]
  private var finalState: RecurrentState<S>
  private let directionCount: Int

  /// Rows of a piece, steps times sequences.
  private static var pieceRows: Int { 8192 }

  /// - Throws: `PlanError`, `Failure` where the memory does not suffice.
  init(
    _ model: Model<S>, _ input: RunInput<S>, products: Products, weights: WeightPrecision, threads: Int
  ) throws {
    let configuration = model.configuration
    self.input = input
    width = configuration.outputSize
    isPooled = configuration.head.isPooled
    directionCount = configuration.directions.count
    let rows = isPooled ? input.sequenceCount : input.stepCount * input.sequenceCount
    let (count, overflow) = rows.multipliedReportingOverflow(by: width)
    guard !overflow, count <= SystemMemory.available() / MemoryLayout<S>.size else {
      throw Failure(
        message: "\(counted(rows, "output")) of \(counted(width, "number")) do not fit into the memory available")
    }
    outputs = [S](repeating: 0, count: count)
    let runsWhole =
      configuration.directions.count == 2 || configuration.head == .meanOverSteps || configuration.head == .maxOverSteps
    let steps = runsWhole ? input.stepCount : min(input.stepCount, max(1, Self.pieceRows / input.sequenceCount))
    var pass = try InferencePass(
      model, steps: steps, batchSize: input.sequenceCount, products: products, precision: weights,
      threads: threads)
    Note.productsHint(of: pass.plan)
    if let state = input.state { pass.state = state }
    finalState = RecurrentState(zerosFor: configuration, batchSize: input.sequenceCount)
    for start in stride(from: 0, to: input.stepCount, by: steps) {
      let piece = start..<min(input.stepCount, start + steps)
      if let lengths = input.lengths {
        runRagged(&pass, piece, lengths, configuration)
      } else {
        runDense(&pass, piece, configuration)
      }
    }
    finalState = runsWhole ? pass.finalState : pass.state
  }

  private mutating func runDense(
    _ pass: inout InferencePass<S>, _ piece: Range<Int>, _ configuration: ModelConfiguration
  ) {
    let rows = piece.lowerBound * input.sequenceCount..<piece.upperBound * input.sequenceCount
    switch input.steps {
    case .tokens(let tokens): pass.run(tokens: tokens.span.extracting(rows), continuing: true)
    case .vectors(let vectors):
      let size = configuration.input.size
      pass.run(vectors: vectors.span.extracting(rows.lowerBound * size..<rows.upperBound * size), continuing: true)
    }
    // A head at the last step is that of the last piece.
    let start = isPooled ? 0 : rows.lowerBound * width
    let values = pass.outputs
    outputs.replaceSubrange(start..<start + values.count, with: values)
  }

  private mutating func runRagged(
    _ pass: inout InferencePass<S>, _ piece: Range<Int>, _ lengths: [Int], _ configuration: ModelConfiguration
  ) {
    let counts = lengths.map { max(0, min($0, piece.upperBound) - piece.lowerBound) }
    // Sequences that were over before stay as they are.
    guard piece.lowerBound == 0 || counts.contains(where: { $0 > 0 }) else { return }
    switch input.steps {
    case .tokens(let tokens):
      pass.run(.tokens(Sequences(values: pieces(tokens, piece, counts, width: 1), lengths: counts)), continuing: true)
    case .vectors(let vectors):
      let size = configuration.input.size
      pass.run(
        .vectors(Sequences(values: pieces(vectors, piece, counts, width: size), lengths: counts, width: size)),
        continuing: true)
    }
    if isPooled {
      let values = pass.outputs
      for (sequence, count) in counts.enumerated() where count > 0 || piece.lowerBound == 0 {
        outputs.replaceSubrange(
          sequence * width..<(sequence + 1) * width, with: values[sequence * width..<(sequence + 1) * width])
      }
    } else {
      let sequences = pass.outputSequences
      for sequence in counts.indices {
        let values = sequences[sequence]
        for step in 0..<counts[sequence] {
          let source = values.startIndex + step * width
          let target = ((piece.lowerBound + step) * input.sequenceCount + sequence) * width
          outputs.replaceSubrange(target..<target + width, with: values[source..<source + width])
        }
      }
    }
  }

  /// The steps of a piece, sequence after sequence.
  private func pieces<Element>(_ values: [Element], _ piece: Range<Int>, _ counts: [Int], width: Int) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(counts.reduce(0, +) * width)
    for (sequence, count) in counts.enumerated() {
      for step in piece.lowerBound..<piece.lowerBound + count {
        let start = (step * input.sequenceCount + sequence) * width
        result += values[start..<start + width]
      }
    }
    return result
  }

  /// The output first.
  func arrays(isBatchFirst: Bool) -> [NamedArray] {
    let (steps, sequences) = (input.stepCount, input.sequenceCount)
    var shape = [width]
    if !input.isSingle { shape.insert(sequences, at: 0) }
    var values = outputs
    if !isPooled {
      let swaps = isBatchFirst && !input.isSingle
      shape.insert(steps, at: swaps ? 1 : 0)
      if swaps { values = RunInput<S>.swapped(outputs, rows: steps, columns: sequences, width: width) }
    }
    var arrays = [NamedArray(name: "output", shape: shape, values: values)]
    for (part, letter) in zip(0..<finalState.partCount, ["h", "c"]) {
      let all = finalState[part: part]
      for block in finalState.blocks(
        ofPart: part, name: "final_" + letter, directionCount: directionCount, isSingle: input.isSingle)
      {
        arrays.append(NamedArray(name: block.name, shape: block.shape, values: Array(all[block.range])))
      }
    }
    return arrays
  }
}
