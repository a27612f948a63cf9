import Recurrent

/// One cell, shape and mode, ready to run on each number of threads, its results checked.
struct MeasuredLayers {
  let model: Model<Float>
  let shape: LayerShape
  let mode: LayerMode
  let plan: Plan
  let threads: [Int]
  let data: LayerData
  /// One for each number of threads; each has run once.
  let steps: [any LayerStep]

  /// - Parameter plan: of the case; making it has refused what is too large.
  /// - Throws: `PlanError` where the memory does not suffice; `WrongOutput`.
  init(_ model: Model<Float>, _ shape: LayerShape, _ mode: LayerMode, _ plan: Plan, threads: [Int]) throws {
    (self.model, self.shape, self.mode, self.plan, self.threads) = (model, shape, mode, plan, threads)
    let data = try LayerData(shape)
    self.data = data
    steps = try threads.map { try mode.step(model, shape, data, plan, threads: $0) }
    try check()
  }

  /// Outputs against naive layers; gradients must be finite; and all numbers of threads must give the same bits.
  private func check() throws {
    let label = "\(model.configuration.cell.name) \(shape.label), \(mode.rawValue)"
    for step in steps { step.run() }
    let outputs = steps[0].outputs
    try NaiveLayers(model, plan.precision).check(outputs, shape, data, label)
    let gradients = steps[0].gradients
    for gradient in gradients {
      if let index = gradient.values.firstIndex(where: { !$0.isFinite }) {
        throw WrongOutput(label: label, what: "\(gradient.name)[\(index)] is \(gradient.values[index])")
      }
    }
    for (step, count) in zip(steps, threads).dropFirst() {
      let same = step.outputs == outputs && zip(step.gradients, gradients).allSatisfy { $0.values == $1.values }
      if !same { throw WrongOutput(label: label, what: "\(count) threads give other results than \(threads[0])") }
    }
  }

  /// Rounds of each number of threads in turn, each beside a measurement of the peak.
  func measure(rounds: Int, _ peaks: [PeakMeter<Float>]) -> [LayerResult] {
    let calls = steps.map { callsFilling(0.05, $0.run) }
    var samples = steps.map { _ in [Double]() }
    var peakSamples = samples
    for _ in 0..<rounds {
      for index in steps.indices {
        peakSamples[index].append(peaks[index].gigaflops())
        samples[index].append(meanSeconds(calls[index], steps[index].run))
      }
    }
    return steps.indices.map { index in
      LayerResult(self, threads: threads[index], seconds: samples[index], peak: peakSamples[index].max()!)
    }
  }
}

extension LayerShape {
  func configuration(_ cell: some RecurrentCell) -> ModelConfiguration {
    ModelConfiguration(cell: cell, input: input, hiddenSize: hiddenSize, layerCount: layerCount)
  }

  /// As it is written on the command line.
  var label: String { "\(steps),\(batchSize),\(inputLabel),\(hiddenSize)" + (layerCount > 1 ? ",\(layerCount)" : "") }
}

extension LayerMode {
  var purpose: Plan.Purpose {
    switch self {
    case .train: .training(loss: nil, momentCount: 0)
    case .infer: .inference(loss: nil)
    }
  }
}
