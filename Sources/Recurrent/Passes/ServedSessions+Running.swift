internal import Kernels

// Runs the sessions of a batch: as many at a time as the engine takes, and of each as many steps.

// MARK: Of one length

extension ServedSessions {
  mutating func run(tokens: Span<Int32>, into target: inout MutableSpan<S>) {
    engine.plan.input.tokens.check(tokens) { StepPlace(timeMajor: $0, sequences: batch.count) }
    run(tokens, width: 1, "tokens", into: &target) { $0.setTokens($1, sequences: $2) }
  }

  mutating func run(vectors: Span<S>, into target: inout MutableSpan<S>) {
    let width = engine.plan.input.vectors.columns
    run(vectors, width: width, "vector components", into: &target) { $0.setVectors($1, sequences: $2) }
  }

  mutating func run(tokens: Span<Int32>) -> [S] {
    var outputs = [S](repeating: 0, count: outputCount(steps(tokens.count, width: 1, "tokens")))
    var target = outputs.mutableSpan
    run(tokens: tokens, into: &target)
    return outputs
  }

  mutating func run(vectors: Span<S>) -> [S] {
    let steps = steps(vectors.count, width: engine.plan.input.vectors.columns, "vector components")
    var outputs = [S](repeating: 0, count: outputCount(steps))
    var target = outputs.mutableSpan
    run(vectors: vectors, into: &target)
    return outputs
  }

  /// - Parameters:
  ///   - input: [T, N, width].
  ///   - set: gives the engine some steps of some sessions.
  private mutating func run<Element: BitwiseCopyable>(
    _ input: Span<Element>, width: Int, _ what: StaticString, into target: inout MutableSpan<S>,
    set: (_ engine: Engine<S>, _ input: Span<Element>, _ sessions: Int) -> Rows
  ) {
    let (steps, count) = (steps(input.count, width: width, what), batch.count)
    requireRoom(target.count, steps)
    for first in stride(from: 0, to: count, by: engine.plan.batchSize) {
      let part = first..<min(first + engine.plan.batchSize, count)
      load(part)
      for start in stride(from: 0, to: steps, by: engine.plan.steps) {
        let piece = start..<min(start + engine.plan.steps, steps)
        let all = input.extracting(piece.lowerBound * count * width..<piece.upperBound * count * width)
        if part.count == count {
          read(forward(set(engine, all, count)), of: part, from: start, into: &target)
        } else {
          let own = Self.columns(part.lowerBound * width..<part.upperBound * width, of: all, rowWidth: count * width)
          read(forward(set(engine, own.span, part.count)), of: part, from: start, into: &target)
        }
      }
      save(part)
    }
  }

  /// Some columns of all rows.
  private static func columns<Element>(_ columns: Range<Int>, of rows: Span<Element>, rowWidth: Int) -> [Element] {
    [Element](capacity: rows.count / rowWidth * columns.count) { result in
      for row in stride(from: 0, to: rows.count, by: rowWidth) {
        for column in columns { result.append(rows[row + column]) }
      }
    }
  }

  /// Steps of each of the batch's sessions in so many elements.
  private func steps(_ count: Int, width: Int, _ what: StaticString) -> Int {
    let step = batch.count * width
    let steps = count / step
    require(
      steps >= 1 && count == steps * step,
      "expected a multiple of \(step) \(what), 1 step or more of \(batch.count) sessions, got \(count)")
    requireOnePiece(steps)
    return steps
  }

  private func requireOnePiece(_ steps: Int) {
    let most = engine.plan.steps
    require(
      !engine.plan.configuration.head.isPooled || steps <= most,
      "expected at most \(most) steps for a model with one output a call, got \(steps): see maximumSteps")
  }

  private func outputCount(_ steps: Int) -> Int {
    let rows = engine.plan.configuration.head.isPooled ? batch.count : steps * batch.count
    return rows * engine.plan.outputs.columns
  }

  private func requireRoom(_ count: Int, _ steps: Int) {
    let expected = outputCount(steps)
    require(count == expected, "expected room for \(expected) outputs, got \(count)")
  }

  /// The outputs of some sessions to their places, those from step `first` on: [T, N, O], or [N, O].
  private func read(_ rows: Rows, of sessions: Range<Int>, from first: Int, into target: inout MutableSpan<S>) {
    let (outputs, width) = (engine.plan.outputs, engine.plan.outputs.columns)
    for step in 0..<engine.outputRowCount(rows) / sessions.count {
      engine.memory.read(
        outputs.rows(step * sessions.count..<(step + 1) * sessions.count), into: &target,
        at: ((first + step) * batch.count + sessions.lowerBound) * width)
    }
  }
}

// MARK: Of any lengths

extension ServedSessions {
  mutating func run(_ input: ModelInput<S>) -> Sequences<S> {
    let configuration = engine.plan.configuration
    let input = InputSequences(input, batchSize: batch.count, width: configuration.input.size)
    let lengths = input.lengths
    require(lengths.count == batch.count, "expected \(batch.count) sequences, one a session, got \(lengths.count)")
    input.check(configuration)
    requireOnePiece(lengths.max() ?? 0)
    var results = [[S]](repeating: [], count: batch.count)
    for first in stride(from: 0, to: batch.count, by: engine.plan.batchSize) {
      let part = first..<min(first + engine.plan.batchSize, batch.count)
      load(part)
      let longest = lengths[part].max() ?? 0
      for start in stride(from: 0, to: max(1, longest), by: engine.plan.steps) {
        let piece = input.piece(part, start..<min(start + engine.plan.steps, longest))
        let outputs = engine.outputSequences(forward(engine.set(piece)))
        for session in part { results[session] += outputs[session - first] }
      }
      save(part)
    }
    return Sequences(results, width: engine.plan.outputs.columns)
  }
}
