import Foundation
import Recurrent
import Tasks

/// The reservoir of reservoirpy's README on Mackey and Glass (spectral radius 1.25, leak rate 0.3, a tenth of the units read the
/// series as it comes, penalty 1e-5), beside that of `ReservoirTask`: its error one step ahead, and what a diagnosis finds.
struct DiagnosedReservoir: Sendable {
  let name: String
  private let configuration: @Sendable (_ units: Int) -> ReservoirConfiguration
  private let penalty: Double
  /// The share of the units that read the series, by weights of −1 or 1; nil: all of them, as configured.
  private let inputShare: Double?
  /// Whether the series is scaled to −1…1.
  private let isScaled: Bool

  static let all = [
    DiagnosedReservoir(name: "README", penalty: 1e-5, inputShare: 0.1, isScaled: false) { units in
      var reservoir = ReservoirConfiguration(inputSize: 1, outputSize: 1, unitCount: units)
      reservoir.connections = .sparse(density: 0.1)
      (reservoir.spectralRadius, reservoir.leakRate) = (1.25, 0.3)
      return reservoir
    },
    DiagnosedReservoir(name: "chosen", penalty: ReservoirTask.mackeyGlass.penalty, inputShare: nil, isScaled: true) {
      units in
      ReservoirTask.mackeyGlass.configuration(units, .sparse(density: 0.1))
    },
  ]

  private init(
    name: String, penalty: Double, inputShare: Double?, isScaled: Bool,
    _ configuration: @escaping @Sendable (_ units: Int) -> ReservoirConfiguration
  ) {
    (self.name, self.penalty, self.inputShare) = (name, penalty, inputShare)
    (self.isScaled, self.configuration) = (isScaled, configuration)
  }

  /// The error on what follows the training, the largest exponent under the series, and what is found.
  func measure(
    units: Int, seed: UInt64, threads: Int
  ) throws -> (error: Double, exponent: Double, findings: [DiagnosisFinding.Kind]) {
    var model = try Model<Double>(configuration(units), seed: seed)
    if let share = inputShare {
      var generator = SeededGenerator(seed: seed)
      model[parameter: "rnn.weight_ih_l0"] = (0..<units).map { _ in
        generator.uniform() < share ? (generator.uniform() < 0.5 ? -1 : 1) : 0
      }
    }
    let series =
      isScaled
      ? ReservoirTask.mackeyGlass(count: 4101, seed: seed) : ChaoticSeries.mackeyGlassMap(count: 4101, seed: seed)
    let training = ReservoirTask.mackeyGlass.training
    let fitted = try model.fittingHead(
      to: .vectors(Array(series[..<training])), .values(Array(series[1...training])),
      RidgeOptions(penalty: .fixed(penalty), washout: 100), threads: threads
    ).model
    let predicted = try fitted.predict(.vectors(Array(series.dropLast())), threads: threads).values
    var options = DiagnosisOptions()
    (options.exponentCount, options.threads) = (1, threads)
    let diagnosis = try fitted.diagnose(vectors: [Array(series.prefix(2000))], options: options)
    return (
      ChaoticSeries.normalizedError(Array(predicted[training...]), Array(series[(training + 1)...])),
      diagnosis.recurrences[0].exponents.first ?? .nan, diagnosis.findings.map(\.kind)
    )
  }
}
