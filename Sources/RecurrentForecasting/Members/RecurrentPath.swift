internal import Foundation
internal import Recurrent

/// The recurrent part: small networks of several seeds that read the window step by step and correct the linear forecasts.
struct RecurrentPath: Sendable {
  struct Options: Sendable, Hashable {
    var hiddenSize = 24
    var seeds = 3
    var updates = 200
    var batchSize = 64
    var learningRate = 5e-3
    /// Of the window; what is further back is the linear part's.
    var longestWindow = 64
  }

  let layout: WindowLayout
  /// Steps that a network reads.
  let window: Int
  /// Of each input: what it is divided by.
  var inputScales: [Double]
  /// [anchors]: what an output is multiplied by.
  var outputScales: [Double]
  var networks: [Model<Float>]

  private var hasSeason: Bool { layout.period > 1 }
  private static let clip = 8.0

  /// What a network reads: differences to the last value, and where there is a season, to the season before and the place in it.
  private func inputs(_ history: History, origin: Int) -> [Float] {
    let last = history[origin - 1]
    var result: [Float] = []
    result.reserveCapacity(window * inputScales.count)
    func add(_ value: Double) { result.append(Float(min(max(value, -Self.clip), Self.clip))) }
    for step in origin - window..<origin {
      add((history[step] - last) / inputScales[0])
      guard hasSeason else { continue }
      let before = step - layout.period
      add(before >= 0 ? (history[step] - history[before]) / inputScales[1] : 0)
      let angle = 2 * Double.pi * Double(step % layout.period) / Double(layout.period)
      add(sin(angle))
      add(cos(angle))
    }
    return result
  }

  /// What is added to the direct forecasts of each origin: the median of the seeds.
  func corrections(_ history: History, origins: [Int]) throws(ForecastingError) -> [[MemberName: [Double]]] {
    let inputs = origins.map { self.inputs(history, origin: $0) }
    var answers: [Sequences<Float>] = []
    do throws(PlanError) {
      for network in networks { answers.append(try network.predict(.vectors(inputs), threads: 1)) }
    } catch { throw .memory(error) }
    return origins.indices.map { number in
      let rows = answers.map { Array($0[number]) }
      var result: [MemberName: [Double]] = [:]
      for (place, anchor) in layout.anchors.enumerated() {
        result[.direct(anchor)] = (0..<layout.horizon).map { ahead in
          middle(rows.map { Double($0[place * layout.horizon + ahead]) }) * outputScales[place]
        }
      }
      return result
    }
  }

  static func configuration(inputs: Int, hiddenSize: Int, outputs: Int) -> ModelConfiguration {
    ModelConfiguration(
      cell: .gru, input: .vectors(size: inputs), hiddenSize: hiddenSize, outputSize: outputs, head: .lastStep)
  }

  // MARK: Training

  /// - Parameter fit: of the linear part on the same history.
  static func train(
    _ history: History, _ fit: LinearPath.Fit, _ options: Options, seed: UInt64
  ) throws(PlanError) -> RecurrentPath {
    let layout = fit.path.layout
    let (horizon, anchors) = (layout.horizon, layout.anchors.count)
    let width = anchors * horizon
    let hasSeason = layout.period > 1
    var path = RecurrentPath(
      layout: layout, window: min(layout.window, options.longestWindow), inputScales: hasSeason ? [1, 1, 1, 1] : [1],
      outputScales: [Double](repeating: 1, count: anchors), networks: [])
    path.measureScales(history, fit)
    let origins = Array(fit.origins)
    let inputs = origins.map { path.inputs(history, origin: $0) }
    let targets = origins.indices.map { row in
      (0..<width).map { index in
        let value = fit.residuals[row * width + index] / path.outputScales[index / horizon]
        return Float(min(max(value, -clip), clip))
      }
    }
    for number in 0..<options.seeds {
      path.networks.append(
        try network(inputs, targets, path, options, seed: seed &+ UInt64(number)))
    }
    return path
  }

  private mutating func measureScales(_ history: History, _ fit: LinearPath.Fit) {
    var sums = [Double](repeating: 0, count: 2)
    var counts = [1e-9, 1e-9]
    for origin in fit.origins {
      let last = history[origin - 1]
      for step in origin - window..<origin {
        sums[0] += (history[step] - last) * (history[step] - last)
        counts[0] += 1
      }
      guard hasSeason, origin > layout.period else { continue }
      let change = last - history[origin - 1 - layout.period]
      sums[1] += change * change
      counts[1] += 1
    }
    func root(_ square: Double) -> Double { square > 1e-24 ? square.squareRoot() : 1 }
    inputScales[0] = root(sums[0] / counts[0])
    if hasSeason { inputScales[1] = root(sums[1] / counts[1]) }
    let width = outputScales.count * layout.horizon
    for anchor in outputScales.indices {
      var square = 0.0
      for row in fit.origins.indices {
        let start = (row - fit.origins.lowerBound) * width + anchor * layout.horizon
        for value in fit.residuals[start..<start + layout.horizon] { square += value * value }
      }
      outputScales[anchor] = root(square / Double(fit.origins.count * layout.horizon))
    }
  }

  private static func network(
    _ inputs: [[Float]], _ targets: [[Float]], _ path: RecurrentPath, _ options: Options, seed: UInt64
  ) throws(PlanError) -> Model<Float> {
    let width = targets[0].count
    let size = path.inputScales.count
    let configuration = Self.configuration(inputs: size, hiddenSize: options.hiddenSize, outputs: width)
    var model = try Model<Float>(configuration, seed: seed)
    // Corrections start near 0.
    model[parameter: "linear.weight"] = model[parameter: "linear.weight"].map { $0 * 0.1 }
    model[parameter: "linear.bias"] = model[parameter: "linear.bias"].map { _ in 0 }
    let batchSize = min(options.batchSize, inputs.count)
    var trainer = try Trainer(
      model, batchSize: batchSize, sequenceLength: path.window, loss: .huber(),
      optimizer: .adamW(learningRate: options.learningRate, weightDecay: 0.02),
      schedule: .cosine(warmUp: 10, total: max(10, options.updates)), clipping: .norm(1), threads: 1)
    var generator = SeededGenerator(seed: seed ^ 0x5DEE_CE66)
    var order = Array(inputs.indices)
    var next = order.count
    var batch = [Float](repeating: 0, count: path.window * batchSize * size)
    var wanted = [Float](repeating: 0, count: batchSize * width)
    for _ in 0..<options.updates {
      for row in 0..<batchSize {
        if next == order.count {
          order.shuffle(using: &generator)
          next = 0
        }
        let source = order[next]
        next += 1
        for step in 0..<path.window {
          for index in 0..<size { batch[(step * batchSize + row) * size + index] = inputs[source][step * size + index] }
        }
        for index in 0..<width { wanted[row * width + index] = targets[source][index] }
      }
      let report = trainer.step(.vectors(batch), .values(wanted))
      if !report.isFinite { break }
    }
    return trainer.model()
  }
}

/// The median; of an even number the mean of the two in the middle; 0 of none.
func middle(_ values: [Double]) -> Double {
  guard !values.isEmpty else { return 0 }
  let sorted = values.sorted()
  let half = sorted.count / 2
  return sorted.count.isMultiple(of: 2) ? (sorted[half - 1] + sorted[half]) / 2 : sorted[half]
}
