import ArgumentParser
import Recurrent

/// How the weights that products read are stored while a model of floats is run.
enum StoredPrecision: String, NamedChoice {
  case float, bfloat16
  case bfloat16Dot = "bfloat16-dot"
  case float16, int8

  var weights: WeightPrecision {
    switch self {
    case .float: .full
    case .bfloat16: .bfloat16
    case .bfloat16Dot: .bfloat16Dot
    case .float16: .float16
    case .int8: .int8
    }
  }
}

/// The same where a model may be run in double precision, too.
enum RunPrecision: String, NamedChoice {
  case float, double, bfloat16
  case bfloat16Dot = "bfloat16-dot"
  case float16, int8

  /// nil in double precision.
  var stored: StoredPrecision? { StoredPrecision(rawValue: rawValue) }
}

/// For commands that run models of floats.
struct PrecisionOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How the weights that products read are stored: float, bfloat16, bfloat16-dot, float16 or int8. Fewer bytes are faster where "
        + "one sequence is run step by step; bfloat16-dot and int8, which round what is multiplied, too, with many as well. "
        + "(default: as the file has them)",
      valueName: "name"))
  var precision: StoredPrecision?

  /// Of the weights of a model; OpenBLAS multiplies them in full.
  /// - Throws: where it is asked to multiply others.
  func weights<S: Scalar>(of model: Model<S>, _ products: Products) throws -> WeightPrecision {
    try Self.weights(precision, of: model, products)
  }

  static func weights<S: Scalar>(
    _ precision: StoredPrecision?, of model: Model<S>, _ products: Products
  ) throws -> WeightPrecision {
    if let precision, precision != .float, model.configuration.tiesEmbedding {
      throw Failure(
        message:
          "--precision \(precision.rawValue) is not for a tied embedding: rnn quantize makes a model with two matrices",
        status: .usage)
    }
    guard products == .openBLAS else { return precision?.weights ?? model.storedPrecision }
    guard let precision, precision != .float else { return .full }
    throw Failure(
      message: "--products openblas multiplies weights in full: leave it out, or --precision \(precision.rawValue)",
      status: .usage)
  }
}

/// What the products of a training compute in.
struct TrainingPrecisionOption: ParsableArguments {
  enum Choice: String, NamedChoice {
    case float
    case bfloat16Dot = "bfloat16-dot"
  }

  @Option(
    help: ArgumentHelp(
      "What products multiply in: float, or bfloat16-dot with sums, parameters and all else in float, which is faster where the "
        + "processor has instructions for it.", valueName: "name"))
  var precision = Choice.float

  var weights: WeightPrecision { precision == .float ? .full : .bfloat16Dot }

  /// OpenBLAS multiplies in float.
  func validate(with products: ProductsOption) throws(ValidationError) {
    guard precision != .float, products.products == .openBLAS else { return }
    throw ValidationError(
      "'--precision \(precision.rawValue)' excludes '--products openblas', which multiplies in float")
  }
}
