internal import Storage

/// What a cell declares to the unroll: sizes per hidden unit, and how its recurrent product reaches the gates.
///
/// The unroll does every matrix product. With H hidden units, a cell's row function sees rows of
/// - gates: `rowGateCount`·H scalars, the pre-activations of one sequence at one step;
/// - state: `stateCount`·H scalars, the first H of them the output h;
/// - saved: `savedCount`·H scalars, kept from forward to backward.
public struct CellStructure: Sendable, Hashable {
  /// How h·Wₕᵀ meets the input's part of the pre-activations.
  public enum RecurrentProduct: Sendable, Hashable, BitwiseCopyable {
    /// Both parts of every gate are summed before the cell sees them.
    case merged
    /// The last gate's recurrent part, bias included, stays apart: it stands in the first H scalars of the row, and the
    /// gates follow. The GRU of PyTorch and cuDNN (reset after the product) needs this.
    case lastGateApart
    /// The last gate's recurrent product comes in a second stage and multiplies not h but an operand that the first
    /// stage computes (the first H scalars of `saved`). The original GRU (reset before the product) needs this.
    /// The cell conforms to `TwoStageCell`.
    case lastGateSecondStage
    /// There is none, and no Wₕ nor bias of it: rows of gates hold the input's part alone, and the state reaches the
    /// next step through the row function only (minimal GRU, independently recurrent network).
    case none
  }

  /// G: blocks of H rows in the weights.
  public let gateCount: Int
  /// S: blocks of H scalars in the state; the first is the output h, which the recurrent product multiplies.
  public let stateCount: Int
  /// Blocks of H scalars that forward saves for backward, besides the gates.
  public let savedCount: Int
  /// How the recurrent product reaches the gates.
  public let recurrentProduct: RecurrentProduct
  /// Index of the gate that keeps the old state when it is open, for the forget-gate bias; nil where there is none.
  public let forgetGate: Int?
  /// Trained vectors of the cell's own, H scalars each. A cell that has any conforms to `VectorCell`.
  public let vectors: [CellVector]
  /// Whether the row function never reads the output h of the step before, so that the unroll may project the output to
  /// fewer units: of `previous`, forward and backward then read only what follows the first H.
  public let allowsProjection: Bool

  /// - Precondition: at least one gate and one state; for `.lastGateSecondStage` at least two gates and one saved block;
  ///   vectors of different names; a projection only where there is a recurrent product of h for it.
  public init(
    gateCount: Int, stateCount: Int = 1, savedCount: Int = 0, recurrentProduct: RecurrentProduct = .merged,
    forgetGate: Int? = nil, vectors: [CellVector] = [], allowsProjection: Bool = false
  ) {
    require(gateCount >= 1, "a cell needs at least 1 gate, got \(gateCount)")
    require(stateCount >= 1, "a cell needs at least 1 state, got \(stateCount)")
    require(savedCount >= 0, "expected a saved count of 0 or more, got \(savedCount)")
    require(
      forgetGate.map { (0..<gateCount).contains($0) } ?? true, "forget gate \(forgetGate!) of \(gateCount) gates")
    if recurrentProduct == .lastGateSecondStage {
      require(
        gateCount >= 2 && savedCount >= 1,
        "a second stage needs 2 gates and a saved operand, got \(gateCount) gates, \(savedCount) saved")
    }
    require(
      Set(vectors.map(\.name)).count == vectors.count,
      "expected vectors of different names, got \(vectors.map(\.name))")
    require(
      !allowsProjection || recurrentProduct == .merged || recurrentProduct == .lastGateApart,
      "an output is projected for the recurrent product of h; the cell's is \(recurrentProduct)")
    self.gateCount = gateCount
    self.stateCount = stateCount
    self.savedCount = savedCount
    self.recurrentProduct = recurrentProduct
    self.forgetGate = forgetGate
    self.vectors = vectors
    self.allowsProjection = allowsProjection
  }

  /// Blocks of H scalars in the vectors.
  public var vectorCount: Int { vectors.count }

  /// Blocks of H scalars in a row of gates: G, and one more where the last gate's recurrent part stays apart.
  public var rowGateCount: Int { gateCount + apartCount }

  /// 1 where the last gate's recurrent part stays apart, else 0.
  var apartCount: Int { recurrentProduct == .lastGateApart ? 1 : 0 }

  /// 1 where the last gate comes in a second stage, else 0.
  var secondStageCount: Int { recurrentProduct == .lastGateSecondStage ? 1 : 0 }
}
