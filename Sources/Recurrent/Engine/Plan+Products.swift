internal import Kernels

/// What a plan decided about its products, in words.
extension ProductChoice {
  /// As checkpoints note it: `openblas`, `packed`, or `openblas batched, packed steps`.
  var name: String {
    func text(_ multiplier: Multiplier) -> String {
      switch multiplier {
      case .openBLAS: Products.openBLAS.rawValue
      case .packed: Products.packed.rawValue
      }
    }
    if precision.roundsOperands { return "\(text(batched)) in \(precision.rawValue)" }
    return batched == steps ? text(batched) : "\(text(batched)) batched, \(text(steps)) steps"
  }
}

extension Plan {
  /// Whether any product is OpenBLAS's.
  var usesOpenBLAS: Bool { choice.usesOpenBLAS }

  /// Where OpenBLAS runs kernels of a narrower instruction set than the processor has, and therefore multiplies slowly, or
  /// not at all: that it does, and what helps. nil where there is nothing to be said about this plan.
  public var productsHint: String? {
    let core: String
    switch Processor.instructionSet {
    case "avx512": core = "SkylakeX"
    case "avx2+fma": core = "Haswell"
    default: return nil
    }
    // A plan whose products are packed whatever OpenBLAS runs gains nothing from another OpenBLAS.
    let wantsOpenBLAS =
      choice.usesOpenBLAS || !ProductChoice.isPackedAnyhow(products, rows: sizes.rows, keepsRows: sizes.keepsRows)
    guard wantsOpenBLAS, OpenBLAS.isNarrower(than: Processor.instructionSet), OpenBLAS.hasAllKernels else { return nil }
    return
      "OpenBLAS runs its \(OpenBLAS.coreName) kernels, narrower than this processor's \(Processor.instructionSet); "
      + "OPENBLAS_CORETYPE=\(core), set before the program starts, makes it run wider ones"
  }
}

extension ProductChoice {
  fileprivate var usesOpenBLAS: Bool { batched == .openBLAS || steps == .openBLAS }
}
