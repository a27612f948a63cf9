internal import Kernels

/// The first half of a product of low rank, W = A·B with A [out, r] and B [r, in]: Y = (X·Bᵀ)·Aᵀ. What lies between,
/// U = X·Bᵀ, is kept for A's gradient, and dL/dU for B's. The other half is an ordinary product, of U by A.
struct RightFactor: Sendable {
  /// B [r, in]
  let map: Linear
  /// U [R, r]
  let outputs: Region
  /// [R, r] dL/dU; empty without a backward pass.
  let gradient: Region

  /// - Parameters:
  ///   - name: of the whole matrix.
  ///   - size: columns of the whole matrix.
  ///   - ofSteps: whether the products are those of a single step.
  ///   - goesBack: whether dL/dX is wanted.
  init<S: Scalar>(
    _ name: String, _ place: ParameterTable.RightFactor, size: Int, rows: Int, by multiplier: Multiplier,
    ofSteps: Bool = false, isTraining: Bool, goesBack: Bool, _ arenas: inout ArenaLayout, _ scalar: S.Type
  ) {
    map = Linear(
      name + " right", Region(offset: place.offset, rows: place.rank, columns: size), by: multiplier,
      ofSteps: ofSteps, backward: goesBack, &arenas, scalar)
    outputs = arenas.matrix(name + " narrowed", .workspace, rows, place.rank)
    gradient = arenas.matrix("d" + name + " narrowed", .workspace, isTraining ? rows : 0, place.rank)
  }

  /// dB = dUᵀ·X
  /// - Parameters:
  ///   - input: X [R, in].
  ///   - shift: from a parameter to its gradient.
  func gradientTasks(_ input: Region, shift: Int, _ products: ProductChoice) -> [GradientTask] {
    GradientTask.weights(gradient, input, map.weights.moved(by: shift), products)
  }
}
