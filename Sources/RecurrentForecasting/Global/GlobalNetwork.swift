internal import Foundation
internal import Recurrent

/// The recurrent part, one for all series: it reads their windows step by step, and at every step says quantiles of what the linear part
/// leaves of the whole horizon (forking sequences, Wen et al. 2017).
struct GlobalNetwork: Sendable {
  /// The median, and what says how far values lie around it.
  static let quantiles = [0.1, 0.5, 0.9]

  /// What the network says of one origin, in units.
  struct Answer: Sendable {
    /// [horizon] to be added to the linear forecast.
    let correction: [Double]
    /// [horizon] half of what lies between the outer quantiles.
    let spread: [Double]
  }

  let scheme: PanelScheme
  /// Of differences to the step before, the window's mean and the season before.
  var inputScales: [Double]
  /// [horizon]
  var outputScales: [Double]
  var networks: [Model<Float>]

  static func configuration(_ scheme: PanelScheme, hiddenSize: Int) -> ModelConfiguration {
    ModelConfiguration(
      cell: .gru, input: .vectors(size: scheme.inputCount), hiddenSize: hiddenSize,
      outputSize: scheme.horizon * quantiles.count)
  }

  // MARK: Forecasts

  private static let batchSize = 64

  /// For the origins of each series.
  func answers(
    _ series: [PreparedSeries], origins: [[Int]], threads: Int
  ) throws(ForecastingError) -> [[Answer]] {
    let (window, width, horizon) = (scheme.networkWindow, scheme.inputCount, scheme.horizon)
    let all = origins.indices.flatMap { number in origins[number].map { (number, $0) } }
    // [windows][networks · outputs]
    var outputs = [[Float]](repeating: [], count: all.count)
    do throws(PlanError) {
      for network in networks {
        var pass = try InferencePass(network, steps: window, batchSize: Self.batchSize, threads: threads)
        for first in stride(from: 0, to: all.count, by: Self.batchSize) {
          let batch = all[first..<min(all.count, first + Self.batchSize)]
          var inputs: [Float] = []
          inputs.reserveCapacity(window * Self.batchSize * width)
          for step in 0..<window {
            for row in 0..<Self.batchSize {
              let (number, origin) = all[first + min(row, batch.count - 1)]
              scheme.addInputs(series[number], step: origin - window + step, scales: inputScales, to: &inputs)
            }
          }
          pass.run(vectors: inputs.span)
          for row in batch.indices {
            let span = pass.output(row: (window - 1) * Self.batchSize + row - first)
            for index in 0..<span.count { outputs[row].append(span[index]) }
          }
        }
      }
    } catch { throw .memory(error) }
    var next = 0
    return origins.map { own in
      own.map { _ in
        let numbers = outputs[next]
        next += 1
        return answer(numbers, horizon: horizon)
      }
    }
  }

  private func answer(_ numbers: [Float], horizon: Int) -> Answer {
    let (count, size) = (Self.quantiles.count, horizon * Self.quantiles.count)
    var (correction, spread): ([Double], [Double]) = ([], [])
    for ahead in 0..<horizon {
      let own = (0..<count).map { quantile in
        middle(networks.indices.map { Double(numbers[$0 * size + ahead * count + quantile]) })
      }.sorted()
      correction.append(own[count / 2] * outputScales[ahead])
      spread.append((own[count - 1] - own[0]) / 2 * outputScales[ahead])
    }
    return Answer(correction: correction, spread: spread)
  }
}
