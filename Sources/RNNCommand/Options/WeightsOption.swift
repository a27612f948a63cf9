import ArgumentParser
import Recurrent

extension WeightPrecision: NamedChoice {}

/// How weights are stored, for commands that run a model.
struct WeightsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How the weights that products read are stored: full, bfloat16 or float16. Half the bytes are up to twice as fast "
        + "where one sequence is run step by step. (default: full)",
      valueName: "name"))
  var weights: WeightPrecision?

  /// What was asked for.
  var choice: WeightPrecision { weights ?? .full }

  /// - Throws: where OpenBLAS is asked to multiply them.
  func check(_ products: Products) throws {
    guard choice == .full || products != .openBLAS else {
      throw Failure(
        message: "--products openblas multiplies weights in full: leave it out, or --weights", status: .usage)
    }
  }
}
