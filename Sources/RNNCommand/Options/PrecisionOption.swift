import ArgumentParser
import Recurrent

/// How a command runs a model: in which precision it computes, and how the weights that products read are stored.
enum RunPrecision: String, NamedChoice {
  case float, double, bfloat16, float16, int8

  /// Of the weights of a model of floats.
  var weights: WeightPrecision {
    switch self {
    case .float, .double: .full
    case .bfloat16: .bfloat16
    case .float16: .float16
    case .int8: .int8
    }
  }
}

/// For commands that run models of floats.
struct PrecisionOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How the weights that products read are stored: float, bfloat16, float16 or int8. Fewer bytes are faster where one "
        + "sequence is run step by step, int8 with many, too. (default: as the file has them)",
      valueName: "name"))
  var precision: RunPrecision?

  func validate() throws {
    guard precision != .double else {
      throw ValidationError(
        "The value 'double' is invalid for '--precision <name>': expected one of float, bfloat16, float16, int8")
    }
  }

  /// Of the weights of a model; OpenBLAS multiplies them in full.
  /// - Throws: where it is asked to multiply others.
  func weights<S: Scalar>(of model: Model<S>, _ products: Products) throws -> WeightPrecision {
    try Self.weights(precision, of: model, products)
  }

  static func weights<S: Scalar>(
    _ precision: RunPrecision?, of model: Model<S>, _ products: Products
  ) throws -> WeightPrecision {
    guard products == .openBLAS else { return precision?.weights ?? model.storedPrecision }
    guard let precision, precision.weights != .full else { return .full }
    throw Failure(
      message: "--products openblas multiplies weights in full: leave it out, or --precision \(precision.rawValue)",
      status: .usage)
  }
}
