import Foundation
import Recurrent
import Testing

/// How good the gradient check is: every part of every cell's derivative gets every fault that its kind can have, one at
/// a time, and each one must be caught.
@Suite("Faults in derivatives")
struct DerivativeMutationTests {
  static let cells: [any MutantCell.Type] = [
    ElmanTanhBackward.self, ElmanReLUBackward.self, LSTMBackward.self, GRUBackward.self, ResetBeforeGRUBackward.self,
    PeepholeLSTMBackward.self, CoupledLSTMBackward.self, LayerNormElmanBackward.self, LayerNormLSTMBackward.self,
    LayerNormGRUBackward.self, MinGRUBackward.self, IndRNNBackward.self, LeakyElmanBackward.self,
    MinLSTMBackward.self, RGLRUBackward.self, SLSTMBackward.self,
  ]

  private func check(_ cell: some RecurrentCell) throws -> GradientReport {
    try checkGradients(of: cell, input: .vectors(size: 2), hiddenSize: 3, outputSize: 3, steps: 3)
  }

  @Test("The gradient check catches every fault in a cell's derivative", arguments: cells)
  func caught(type: any MutantCell.Type) throws {
    let report = try check(type.init(mutation: nil))
    #expect(report.passes, "without a fault:\n\(report)")

    let mutations = type.sites.mutations
    #expect(Set(mutations).count == mutations.count)
    var survivors: [Mutation] = []
    var leastVisible = Double.infinity
    for mutation in mutations {
      let report = try check(type.init(mutation: mutation))
      if report.passes { survivors.append(mutation) }
      leastVisible = min(leastVisible, report.tensors.map(\.relativeError).max()!)
    }
    let caught = mutations.count - survivors.count
    let share = String(format: "%.0f%%", 100 * leastVisible)
    print(
      "\(type.original.name): \(caught) of \(mutations.count) faults in the derivative caught,",
      "the least visible by \(share) of a tensor's largest gradient")
    #expect(caught == mutations.count, "survived: \(survivors)")
    // Nor does one hide near the tolerance.
    #expect(leastVisible > 1e-3)
  }

  /// Otherwise the faults would be those of another formula.
  @Test("Without a fault the copy is the cell's own derivative", arguments: cells)
  func agreement(type: any MutantCell.Type) {
    for hidden in [3, 17] {
      expectAgreement(type.init(mutation: nil), hidden: hidden, Double.self)
      expectAgreement(type.init(mutation: nil), hidden: hidden, Float.self)
    }
  }

  /// All numbers are drawn from ±1, so no result in a formula exceeds 2. At most 10 operations lie behind a result, each
  /// rounded by u·2 at most and magnified by no more than 2 after it: 40u for either side.
  private func expectAgreement<S: Scalar>(_ copy: some MutantCell, hidden: Int, _ scalar: S.Type) {
    // The slopes of rglru's rates have factors of 8, softplus(Λ) ≤ 1.4 and 1/B ≤ 2.
    let allowed = 80 * S.ulpOfOne / 2 * (copy is RGLRUBackward ? 16 : 1)
    let (own, original) = (backward(copy, hidden, S.self), backward(type(of: copy).original, hidden, S.self))
    #expect(own.count == original.count)
    for (index, (x, y)) in zip(own, original).enumerated() {
      #expect(abs(x - y) <= allowed, "\(copy.name)[\(index)]: \(x) against \(y)")
    }
  }

  /// All that a cell's derivative leaves, on random numbers.
  private func backward<S: Scalar>(_ cell: some RecurrentCell, _ hidden: Int, _ scalar: S.Type) -> [S] {
    var generator = SeededGenerator(seed: 5)
    func uniform(_ blocks: Int) -> [S] { (0..<blocks * hidden).map { _ in S(generator.uniform(-1, 1)) } }
    let structure = cell.structure
    var gates = uniform(structure.rowGateCount)
    let (previous, next) = (uniform(structure.stateCount), uniform(structure.stateCount))
    var saved = uniform(structure.savedCount)
    // What rglru saves is positive.
    if cell.name == RGLRUCell.rgLRU.name { saved = saved.map { (1 + abs($0)) / 2 } }
    var gradient = uniform(structure.stateCount)
    var gateSpan = gates.mutableSpan
    var gradientSpan = gradient.mutableSpan
    if let cell = cell as? any VectorCell {
      let vectors = uniform(structure.vectorCount)
      var vectorGradient = uniform(structure.vectorCount)
      var vectorSpan = vectorGradient.mutableSpan
      S._backward(
        cell, &gateSpan, previous.span, next.span, saved.span, &gradientSpan, vectors.span, &vectorSpan)
      return gates + gradient + vectorGradient
    }
    S._backward(cell, &gateSpan, previous.span, next.span, saved.span, &gradientSpan)
    if let cell = cell as? any TwoStageCell {
      let operandGradient = uniform(1)
      S._backwardFirstStage(cell, &gateSpan, previous.span, operandGradient.span, &gradientSpan)
    }
    return gates + gradient
  }
}
