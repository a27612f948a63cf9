internal import Kernels

/// The encoder of letters under an engine (`LetterEncoder`): an engine of its own, whose sequences are the rows of a batch. Its parameters stand in this
/// engine's block, and are copied to it when they have changed; its outputs go into the rows that the first layer reads, dL/d(outputs) comes from
/// there, and its gradient goes into this engine's.
final class LetterReader<S: Scalar> {
  let engine: Engine<S>
  let encoder: LetterEncoder
  /// Where its parameters begin in the other's block.
  let first: Int
  /// Columns of a row that it writes.
  let columns: Range<Int>

  init(_ plan: Plan, under other: Plan, _ encoder: LetterEncoder, threads: Int) throws(PlanError) {
    engine = try Engine(plan, threads: threads)
    self.encoder = encoder
    first = other.table.letters ?? 0
    let width = other.configuration.input.size
    columns = width - encoder.outputSize..<width
  }

  /// The part of the other's parameters, or gradients, that is its own.
  fileprivate var count: Int { engine.plan.table.blockCount }
}

extension Plan {
  /// The plan of an encoder of letters: as many sequences as there are rows.
  static func letters<S: Scalar>(
    of configuration: ModelConfiguration, _ sizes: BatchSizes, _ products: Products, _ scalar: S.Type
  ) throws(PlanError) -> [Plan] {
    guard let letters = configuration.input.letters else { return [] }
    return [
      try Plan(
        letters.configuration, steps: letters.count, batchSize: sizes.rows,
        purpose: sizes.isTraining ? .training(loss: nil, momentCount: 0) : .inference(loss: nil), isRagged: true,
        products: products, scalar: scalar)
    ]
  }
}

extension Engine {
  /// Takes the letters of a batch's rows, whose tokens stand in the indices.
  func setLetters(_ rows: Rows) {
    guard let letters else { return }
    letterLengths.removeAll(keepingCapacity: true)
    for row in 0..<rows.batchRowCount {
      var length = 0
      while length < letters.encoder.count, plan.input.letter(length, ofRow: row, plan.index, in: indices) != 0 {
        length += 1
      }
      letterLengths.append(length)
    }
    let other = letters.engine
    let own = other.rows(lengths: letterLengths)
    for slot in 0..<own.sequenceCount {
      let row = own.sequence(inSlot: slot)
      for step in 0..<own.length(ofSlot: slot) {
        other.indices[other.plan.index.tokens + own.firstRow(ofStep: step) + slot] = plan.input.letter(
          step, ofRow: row, plan.index, in: indices)
      }
    }
  }

  /// Forward through the letters of the batch, into the rows that the first layer reads.
  /// - Parameter copiesParameters: whether they have changed.
  func readLetters(_ letters: LetterReader<S>, _ rows: Rows, copiesParameters: Bool) {
    let other = letters.engine
    if copiesParameters {
      other.memory.write(memory.span(letters.first, letters.count), at: 0)
      other.parametersChanged()
    }
    other.perform(.forward, other.writtenRows)
    guard let input = plan.input.rows else { return }
    for row in 0..<rows.rowCount {
      memory.write(other.memory.span(other.plan.outputs, row), at: input.row(row).columns(letters.columns).offset)
    }
  }

  /// Back from dL/d(what the first layer read), and the gradient into this engine's.
  func learnLetters(_ letters: LetterReader<S>, _ rows: Rows) {
    let other = letters.engine
    guard let gradient = plan.backward.input else { stop("an encoder of letters needs dL/d(input)") }
    for row in 0..<rows.rowCount {
      other.memory.write(
        memory.span(gradient.columns(letters.columns), row), at: other.plan.outputs.row(row).offset)
    }
    other.perform(.backward, other.writtenRows)
    memory.write(
      other.memory.span(other.plan.update.shift, letters.count), at: plan.update.shift + letters.first)
  }
}
