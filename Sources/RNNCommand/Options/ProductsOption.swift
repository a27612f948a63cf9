import ArgumentParser
import Recurrent

extension Products {
  /// A transform for options.
  @Sendable static func parse(_ text: String) throws -> Products {
    guard let products = Products(rawValue: choiceName(text)) else {
      throw ValidationError("expected automatic, openblas or packed")
    }
    return products
  }
}

/// Who multiplies, for commands that run a model.
struct ProductsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Who multiplies: automatic (OpenBLAS what is batched, packed kernels single steps and where results must not depend "
        + "on the rows that go along), openblas, or packed. (default: automatic)",
      valueName: "who"), transform: Products.parse)
  var products: Products?

  /// What was asked for.
  var choice: Products { products ?? .automatic }
}

extension Note {
  /// Who multiplies, by a plan, as a line of what a command says before it starts.
  static func products(of plan: Plan) {
    line("products  \(plan.productsDescription)")
    productsHint(of: plan)
  }

  /// That OpenBLAS could run faster kernels, where it could and the plan would use them.
  static func productsHint(of plan: Plan) {
    if let hint = plan.productsHint { note(hint) }
  }
}
