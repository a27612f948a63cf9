import ArgumentParser
import Recurrent

/// What a reservoir is drawn from.
struct ReservoirOptions: ParsableArguments {
  enum Connections: String, NamedChoice {
    case dense, sparse, blocks
  }

  @Option(in: 1...largestSize, help: "Units of each layer.")
  var units = 300

  @Option(in: 1...1000, help: "Layers, one upon the other; the readout reads all of them.")
  var layers = 1

  @Option(
    help: ArgumentHelp(
      "Where the recurrent matrix has entries: dense, sparse (each unit reads others of its own), blocks (16 units read the same "
        + "others).", valueName: "name"))
  var connections = Connections.dense

  @Option(.share, help: "The share of the entries that are there, of sparse and blocks. (default: 0.1)")
  var density: Double?

  @Option(.scale, help: "The recurrent matrix is scaled to this spectral radius.")
  var spectralRadius = 0.9

  @Option(.share, help: "The share of the way that a unit goes at each step: less for slow series.")
  var leakRate = 1.0

  @Option(.scale, help: "Input weights are drawn from plus to minus this; columns have deviation 1.")
  var inputScaling = 0.3

  @Option(.share, help: "The share of the inputs that each unit reads.")
  var inputDensity = 1.0

  @Option(.scale, help: "Biases are drawn from plus to minus this.")
  var biasScaling = 0.2

  func validate() throws {
    if density != nil, connections == .dense {
      throw ValidationError("--density is for --connections sparse and blocks: dense ones have all entries")
    }
  }

  private var share: Double { density ?? 0.1 }

  func configuration(inputs: Int, outputs: Int) -> ReservoirConfiguration {
    var reservoir = ReservoirConfiguration(inputSize: inputs, outputSize: outputs, unitCount: units)
    reservoir.layerCount = layers
    reservoir.connections =
      switch connections {
      case .dense: .dense
      case .sparse: .sparse(density: share)
      case .blocks: .blockSparse(density: share)
      }
    reservoir.spectralRadius = spectralRadius
    reservoir.leakRate = leakRate
    reservoir.inputScaling = inputScaling
    reservoir.inputDensity = inputDensity
    reservoir.biasScaling = biasScaling
    return reservoir
  }

  /// For the note at the start.
  var summary: String {
    let entries = connections == .dense ? "" : " (\(short(share)))"
    return "\(layers) × \(units) units, \(connections.rawValue)\(entries), spectral radius \(short(spectralRadius)), "
      + "leak rate \(short(leakRate))"
  }
}

/// How a readout is fitted.
struct RidgeFitOptions: ParsableArguments {
  @Option(
    .nonNegative,
    help: "The penalty on the squares of the readout's weights. (default: the best of 1e-12 to 100 by leave-one-out)")
  var penalty: Double?

  @Option(
    in: 2...1000,
    help: "Choose the penalty on so many blocks of neighbouring steps, each left out in turn, instead of step by step.")
  var folds: Int?

  func validate() throws {
    if penalty != nil, folds != nil { throw ValidationError("'--folds' chooses the penalty that '--penalty' gives") }
  }

  func options(washout: Int) -> RidgeOptions {
    let choice: RidgeOptions.Penalty =
      if let penalty {
        .fixed(penalty)
      } else if let folds {
        .folds(folds, RidgeOptions.penalties)
      } else {
        .leaveOneOut(RidgeOptions.penalties)
      }
    return RidgeOptions(penalty: choice, washout: washout)
  }
}

extension RidgeFit {
  /// For the note after the fit.
  /// - Parameter row: what each row is that it was fitted to.
  func summary(of row: String = "step") -> String {
    let chosen = scores.first { $0.penalty == penalty }.map {
      ", where the root mean squared error left out is \(significant($0.meanSquaredError.squareRoot())) deviations"
    }
    return "penalty \(short(penalty))\(chosen ?? ""); \(counted(count, row)), by \(factorization.rawValue)"
      + (reason.map { ": \($0)" } ?? "")
  }
}
