import ArgumentParser
import Recurrent

/// How the passes of a command compute.
struct PassSettings: Sendable {
  var products: Products
  var precision = WeightPrecision.full
  /// 0: one for each processor.
  var threads: Int
}

/// How a trained model of floats is run.
struct InferenceOptions: ParsableArguments {
  @OptionGroup var multiplying: ProductsOption
  @OptionGroup var storing: PrecisionOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  /// - Throws: `Failure` where the options exclude each other for this model.
  func settings(for model: Model<Float>) throws -> PassSettings {
    PassSettings(
      products: multiplying.choice, precision: try storing.weights(of: model, multiplying.choice),
      threads: threads ?? 0)
  }

  /// Says what could be faster.
  func advise(on plan: Plan) {
    Note.productsHint(of: plan)
    Note.threads(threads)
  }
}
