import Recurrent

extension Problem {
  /// The losses before each of `steps` steps and after the last. Gradients are the engine's in Double, which
  /// `ParityTests` compares with PyTorch's; all that makes a step of them is naive.
  ///
  /// A disturbance moves the parameters that the gradients are taken at, for the products of the forward and the
  /// backward pass, and the gradient of each output, for the sums over rows: by 32 roundoffs, more than the terms of any
  /// of these sums (at most T·N = 21 rows, G·H = 16 gates, I + H + 2 = 11 inputs) and the functions between them.
  func curve(_ optimizer: NaiveOptimizer, steps: Int, disturbance: Disturbance? = nil) throws -> [Double] {
    var model = try model(Double.self)
    let entries = model.table.entries
    var parameters = entries.flatMap { model[parameter: $0.name] }
    var moments = Moments(count: parameters.count)
    var pass = try RecurrentPass(model, steps: self.steps, batchSize: batchSize, threads: 1)
    pass.initialState = state()
    var disturbance = disturbance
    var losses: [Double] = []
    for step in 1...steps + 1 {
      disturbance?.draw()
      var seen = parameters
      if let disturbance {
        for index in seen.indices { seen[index] *= disturbance.factor(index, kind: 4, roundoffs: 32) }
      }
      var start = 0
      for entry in entries {
        model[parameter: entry.name] = Array(seen[start..<start + entry.count])
        start += entry.count
      }
      pass.load(model)
      forward(&pass)
      var (loss, outputGradient) = loss(pass.outputs)
      losses.append(loss)
      if let disturbance {
        for index in outputGradient.indices {
          outputGradient[index] *= disturbance.factor(index, kind: 5, roundoffs: 32)
        }
      }
      pass.backward(outputGradient: outputGradient.span)
      let gradients = entries.flatMap { pass.gradient(of: $0.name) }
      optimizer.update(&parameters, gradients, &moments, step: step, disturbance)
    }
    return losses
  }

  /// The mean loss of `outputs`, and its gradient by them: the formulas that carry the faults elsewhere, without one.
  private func loss(_ outputs: [Double]) -> (Double, [Double]) {
    loss == .crossEntropy
      ? CrossEntropyMutant(mutation: nil)(outputs, self) : SquaredErrorMutant(mutation: nil)(outputs, self)
  }
}
