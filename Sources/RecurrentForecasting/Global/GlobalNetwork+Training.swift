internal import Foundation
internal import Recurrent

extension GlobalNetwork {
  private static let learningRate = 5e-3
  private static let clip = 8.0

  /// - Parameters:
  ///   - counts: how many steps of each series are looked at.
  ///   - linear: fitted to the same.
  /// - Returns: nil where no series reaches over a window.
  static func train(
    _ series: [PreparedSeries], counts: [Int], _ linear: GlobalLinearPath, _ recipe: GlobalRecipe, threads: Int
  ) throws(ForecastingError) -> GlobalNetwork? {
    let scheme = linear.scheme
    // A window ends at one of these origins at the latest.
    let ends = series.indices.map { max(0, counts[$0] - 1 - scheme.layout.needed) }
    guard ends.contains(where: { $0 > 0 }) else { return nil }
    var network = GlobalNetwork(
      scheme: scheme, inputScales: [1, 1, 1], outputScales: [Double](repeating: 1, count: scheme.horizon), networks: [])
    network.measureScales(series, counts: counts, linear)
    for number in 0..<recipe.networks {
      let batches = PanelBatches(
        series, counts: counts, ends: ends, linear, network, batchSize: recipe.batchSize,
        seed: recipe.seed &+ UInt64(number))
      do throws(PlanError) {
        network.networks.append(try trained(batches, scheme, recipe, seed: recipe.seed &+ UInt64(number), threads))
      } catch { throw .memory(error) }
    }
    return network
  }

  private mutating func measureScales(_ series: [PreparedSeries], counts: [Int], _ linear: GlobalLinearPath) {
    var sums = [0.0, 0, 0]
    var numbers = [1e-9, 1e-9, 1e-9]
    var squares = [Double](repeating: 0, count: scheme.horizon)
    var rows = 1e-9
    // Enough steps for a scale.
    let stride = max(1, counts.reduce(0, +) / 20_000)
    for (number, own) in series.enumerated() {
      let history = own.history
      func add(_ place: Int, _ value: Double) {
        sums[place] += min(value * value, 1e6)
        numbers[place] += 1
      }
      for step in Swift.stride(from: 1 + number % stride, to: counts[number], by: stride) where history.isKnown[step] {
        add(0, history[step] - history[step - 1])
        add(1, history[step] - own.mean(step, window: scheme.layout.window))
        if step >= scheme.layout.period { add(2, history[step] - history[step - scheme.layout.period]) }
      }
      let origins = Array(
        Swift.stride(
          from: scheme.layout.needed + number % stride, through: counts[number] - scheme.horizon, by: stride))
      for (forecast, origin) in zip(linear.forecasts(own, origins: origins), origins) {
        rows += 1
        for ahead in 0..<scheme.horizon {
          let rest = history[origin + ahead] - forecast[ahead]
          squares[ahead] += min(rest * rest, 1e6)
        }
      }
    }
    func root(_ square: Double) -> Double { square > 1e-24 ? square.squareRoot() : 1 }
    inputScales = zip(sums, numbers).map { root($0 / $1) }
    outputScales = squares.map { root($0 / rows) }
  }

  private static func trained(
    _ batches: consuming PanelBatches, _ scheme: PanelScheme, _ recipe: GlobalRecipe, seed: UInt64, _ threads: Int
  ) throws(PlanError) -> Model<Float> {
    var model = try Model<Float>(configuration(scheme, hiddenSize: recipe.hiddenSize), seed: seed)
    // Corrections start near 0, and quantiles of a standard normal.
    model[parameter: "linear.weight"] = model[parameter: "linear.weight"].map { $0 * 0.1 }
    model[parameter: "linear.bias"] = model[parameter: "linear.bias"].indices.map {
      [-1, 0, 1][$0 % quantiles.count]
    }
    var trainer = try Trainer(
      model, batchSize: recipe.batchSize, sequenceLength: scheme.networkWindow, loss: .custom,
      optimizer: .adamW(learningRate: learningRate, weightDecay: 0.02),
      schedule: .cosine(warmUp: 10, total: max(10, recipe.updates)), clipping: .norm(1), threads: threads)
    for _ in 0..<recipe.updates {
      batches.fill()
      let report = trainer.step(.vectors(batches.inputs)) { outputs, gradient in
        pinball(outputs, batches.targets, &gradient)
      }
      if !report.isFinite { break }
    }
    return trainer.model()
  }

  /// The pinball loss, a mean over the values that are known.
  /// - Parameter targets: [rows · horizon], NaN where there is none.
  static func pinball(_ outputs: Span<Float>, _ targets: [Float], _ gradient: inout MutableSpan<Float>) -> Double {
    let known = targets.count { !$0.isNaN }
    guard known > 0 else { return 0 }
    let share = 1 / Float(known * quantiles.count)
    var loss = 0.0
    let levels = quantiles.map(Float.init)
    for (place, target) in targets.enumerated() where !target.isNaN {
      for (number, level) in levels.enumerated() {
        let index = place * levels.count + number
        let error = target - outputs[index]
        loss += Double(share * (error > 0 ? level * error : (level - 1) * error))
        gradient[index] = share * (error > 0 ? -level : error < 0 ? 1 - level : 0)
      }
    }
    return loss
  }
}

/// Windows of many series, drawn as often as they have steps.
struct PanelBatches {
  /// [T, N, I]
  private(set) var inputs: [Float] = []
  /// [T, N, horizon]: what the linear part leaves, NaN where nothing is known of it.
  private(set) var targets: [Float]

  private let series: [PreparedSeries]
  private let counts: [Int]
  private let linear: GlobalLinearPath
  private let network: GlobalNetwork
  private let batchSize: Int
  /// Sums of the windows of the series before each.
  private var places: [Int] = [0]
  private var generator: SeededGenerator

  private var scheme: PanelScheme { network.scheme }
  /// Steps of a window from which nothing is learnt, as the state has seen too little.
  private var warmUp: Int { scheme.networkWindow / 4 }

  init(
    _ series: [PreparedSeries], counts: [Int], ends: [Int], _ linear: GlobalLinearPath, _ network: GlobalNetwork,
    batchSize: Int, seed: UInt64
  ) {
    (self.series, self.counts, self.linear, self.network) = (series, counts, linear, network)
    self.batchSize = batchSize
    for end in ends { places.append(places[places.count - 1] + end) }
    generator = SeededGenerator(seed: seed ^ 0x5DEE_CE66)
    targets = []
  }

  /// Draws another batch.
  mutating func fill() {
    let (window, horizon) = (scheme.networkWindow, scheme.horizon)
    // Of each row its series, and the origin that follows its last step.
    let rows = (0..<batchSize).map { _ -> (number: Int, end: Int) in
      let place = Int(generator.uniform() * Double(places[places.count - 1]))
      var (low, high) = (0, series.count)
      while high - low > 1 {
        let middle = (low + high) / 2
        if places[middle] <= place { low = middle } else { high = middle }
      }
      return (low, scheme.layout.needed + place - places[low] + 1)
    }
    inputs.removeAll(keepingCapacity: true)
    for step in 0..<window {
      for row in rows {
        scheme.addInputs(series[row.number], step: row.end - window + step, scales: network.inputScales, to: &inputs)
      }
    }
    targets = [Float](repeating: .nan, count: window * batchSize * horizon)
    for (place, row) in rows.enumerated() {
      let own = series[row.number]
      let origins = Array(max(row.end - window + 1 + warmUp, scheme.layout.needed)...row.end)
      for (forecast, origin) in zip(linear.forecasts(own, origins: origins), origins) {
        let first = ((origin - 1 - (row.end - window)) * batchSize + place) * horizon
        for ahead in 0..<horizon
        where origin + ahead < counts[row.number] && own.history.isKnown[origin + ahead] {
          let rest = (own.history[origin + ahead] - forecast[ahead]) / network.outputScales[ahead]
          targets[first + ahead] = Float(min(max(rest, -8), 8))
        }
      }
    }
  }
}
