internal import Recurrent

/// Running the layer on the engine: each direction is a model of one layer, the other one fed each sequence backwards.
extension RecurrentLayer {
  /// What a run gives: Y [T, D, N, H], Y_h and (for an LSTM) Y_c [D, N, H], row-major.
  private struct Results<S: Scalar> {
    var outputs: [S]
    var hidden: [S]
    var cell: [S]
  }

  /// Y, Y_h and (for an LSTM) Y_c, in the node's layout.
  package func run(_ call: Call) throws(ONNXError) -> [ONNXTensor?] {
    let x = try call.required(0)
    guard x.shape.count == 3, x.type == weights.type, x.shape[2] == inputSize else {
      throw node.invalid(
        "X must be \(weights.type) with 3 dimensions, the last \(inputSize); it is \(x.type) \(x.shape)")
    }
    let (steps, batch) = isBatchFirst ? (x.shape[1], x.shape[0]) : (x.shape[0], x.shape[1])
    let count = try call.count(of: [steps, directionCount, batch, hiddenSize])
    try call.count(of: [max(1, steps), batch, 2 * directionCount, hiddenSize])
    try call.count(of: x.shape)

    var lengths = [Int](repeating: steps, count: batch)
    if let given = try call.integers(4) {
      guard given.count == batch, given.allSatisfy({ $0 >= 0 && $0 <= steps }) else {
        throw node.invalid("sequence_lens must be \(batch) lengths of 0 to \(steps), got \(given.prefix(16))")
      }
      lengths = given
    }
    let stateShape = isBatchFirst ? [batch, directionCount, hiddenSize] : [directionCount, batch, hiddenSize]
    var states: [ONNXTensor?] = []
    for index in 5...6 {
      let state = index == 6 && node.kind != .lstm ? nil : call.optional(index)
      guard state.map({ $0.shape == stateShape && $0.type == weights.type }) ?? true else {
        throw node.invalid(
          "\(index == 5 ? "initial_h" : "initial_c") must be \(weights.type) \(stateShape); "
            + "it is \(state!.type) \(state!.shape)")
      }
      states.append(isBatchFirst ? state?.transposed([1, 0, 2]) : state)
    }
    let data = isBatchFirst ? x.transposed([1, 0, 2]) : x

    func tensors<S: Scalar>(_ results: Results<S>, _ make: ([Int], [S]) -> ONNXTensor) -> [ONNXTensor?] {
      let outputs = make([steps, directionCount, batch, hiddenSize], results.outputs)
      let hidden = make([directionCount, batch, hiddenSize], results.hidden)
      let cell = node.kind == .lstm ? make([directionCount, batch, hiddenSize], results.cell) : nil
      return isBatchFirst
        ? [outputs.transposed([2, 0, 1, 3]), hidden.transposed([1, 0, 2]), cell?.transposed([1, 0, 2])]
        : [outputs, hidden, cell]
    }
    switch data.values {
    case .float(let values):
      let results = try run(
        values, lengths, states.map { $0?.floats }, outputCount: count, call)
      return tensors(results) { ONNXTensor(shape: $0, $1) }
    case .double(let values):
      let results = try run(
        values, lengths, states.map { $0?.doubles }, outputCount: count, call)
      return tensors(results) { ONNXTensor(shape: $0, $1) }
    default: throw node.invalid("X is of type \(x.type)")
    }
  }

  /// - Parameters:
  ///   - inputs: [T, N, I].
  ///   - lengths: of the N sequences.
  ///   - states: initial_h and initial_c, [D, N, H] each, or nil.
  private func run<S: Scalar>(
    _ inputs: [S], _ lengths: [Int], _ states: [[S]?], outputCount: Int, _ call: Call
  ) throws(ONNXError) -> Results<S> {
    let (batch, hidden) = (lengths.count, hiddenSize)
    let stateCount = directionCount * batch * hidden
    // What lies past a sequence's end is 0 (ONNX Runtime's choice, too), and so are the last outputs of an empty one.
    var results = Results<S>(
      outputs: [S](repeating: 0, count: outputCount), hidden: [S](repeating: 0, count: stateCount),
      cell: [S](repeating: 0, count: stateCount))
    let sequences = lengths.indices.filter { lengths[$0] > 0 }
    guard let steps = lengths.max(), steps > 0 else { return results }
    for direction in 0..<directionCount {
      let reverses = isReverse(direction)
      func place(_ step: Int, _ length: Int) -> Int { reverses ? length - 1 - step : step }
      var values: [S] = []
      values.reserveCapacity(lengths.reduce(0, +) * inputSize)
      for sequence in sequences {
        for step in 0..<lengths[sequence] {
          let row = place(step, lengths[sequence]) * batch + sequence
          values += inputs[row * inputSize..<(row + 1) * inputSize]
        }
      }
      do {
        let model = try model(ofDirection: direction, S.self)
        let plan = try Plan(
          model.configuration, steps: steps, batchSize: sequences.count, purpose: .inference(loss: nil),
          products: call.products, scalar: S.self)
        guard plan.totalBytes <= call.room else {
          throw ONNXError.tooLarge(
            file: node.file, what: "node \(node.label)",
            reason: "its run takes \(plan.totalBytes) bytes; \(call.room) are left to the run")
        }
        // Threads pay from some millions of multiplications on.
        let work = sequences.count * steps * weights.count
        var pass = try InferencePass(
          model, steps: steps, batchSize: sequences.count, products: call.products,
          threads: work < 1 << 22 ? 1 : call.threads)
        if states.contains(where: { $0 != nil }) {
          var state = pass.state
          for part in 0..<state.partCount {
            guard let values = states[part] else { continue }
            state[part: part] = sequences.flatMap { sequence in
              let start = (direction * batch + sequence) * hidden
              return values[start..<start + hidden]
            }
          }
          pass.state = state
        }
        pass.run(
          .vectors(Sequences(values: values, lengths: sequences.map { lengths[$0] }, width: inputSize)))
        let (outputs, final) = (pass.outputSequences, pass.state)
        let parts = (0..<final.partCount).map { final[part: $0] }
        for (index, sequence) in sequences.enumerated() {
          let rows = outputs[index]
          for step in 0..<lengths[sequence] {
            let target = ((place(step, lengths[sequence]) * directionCount + direction) * batch + sequence) * hidden
            let source = rows.startIndex + step * hidden
            results.outputs.replaceSubrange(target..<target + hidden, with: rows[source..<source + hidden])
          }
          let target = (direction * batch + sequence) * hidden
          let source = index * hidden..<(index + 1) * hidden
          results.hidden.replaceSubrange(target..<target + hidden, with: parts[0][source])
          if parts.count > 1 { results.cell.replaceSubrange(target..<target + hidden, with: parts[1][source]) }
        }
      } catch let error as ONNXError {
        throw error
      } catch {
        throw .tooLarge(file: node.file, what: "node \(node.label)", reason: "\(error)")
      }
    }
    return results
  }

  /// A model of this one layer in one direction.
  private func model<S: Scalar>(ofDirection direction: Int, _: S.Type) throws(PlanError) -> Model<S> {
    let configuration = ModelConfiguration(
      cell: cells[direction], input: .vectors(size: inputSize), hiddenSize: hiddenSize)
    var model = try Model<S>(configuration, seed: 0)
    for (name, values) in parameters(ofDirection: direction, S.self) { model[parameter: "rnn.\(name)_l0"] = values }
    return model
  }
}
