import Kernels
import Testing

/// A step whose operands do not fit the cell's kernels stops the program before they run.
@Suite("Wrong steps of a cell")
struct WrongStepTests {
  @Test("stop", arguments: WrongStep.allCases)
  func stops(step: WrongStep) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [step = step as WrongStep] in
      step.run()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(step.text), "\(text)")
  }

  @Test("Every one of these works with the right sizes")
  func right() {
    for step in WrongStep.allCases { step.run(wrongBy: 0) }
  }
}

/// Each is right with an error of 0.
enum WrongStep: String, CaseIterable, Codable, Sendable {
  case gates, previous, next, saved, vectors, gradient, vectorGradient, operand, place
  case nextRows, savedRows, gradientRows, vectorGradientRows, operandRows
  case secondStage, firstStage
  case gatesOfRow, stateOfRow, nextOfRow, savedOfRow, vectorsOfRow, vectorGradientOfRow, operandOfRow

  func run(wrongBy error: Int = 1) {
    switch self {
    case .gatesOfRow, .stateOfRow, .nextOfRow, .savedOfRow, .vectorsOfRow, .vectorGradientOfRow, .operandOfRow:
      runRow(error)
    default: runStep(error)
    }
  }

  private func runStep(_ error: Int) {
    let isTwoStage = [.operand, .operandRows].contains(self)
    let name = isTwoStage || error == 0 && [.secondStage, .firstStage].contains(self) ? "gru_before" : "lstm_peephole"
    let kernels = CellKernels<Float>(named: name)!
    let operands = CellMemory(CellRows<Float>(name, rows: 3, hidden: 4, within: 1, seed: 1))
    var (step, memory) = (operands.step, operands.arena.memory)
    switch self {
    case .gates: step.gates.columns -= error
    case .previous: step.previous.columns -= error
    case .next: step.next.columns -= error
    case .saved: step.saved.columns -= error
    case .vectors: step.vectors.columns -= error
    case .gradient: step.gradient.columns -= error
    case .vectorGradient: step.vectorGradient.columns -= error
    case .operand: step.operandGradient.columns -= error
    case .place: step.next.offset += error * memory.count
    case .nextRows: step.next.rows -= error
    case .savedRows: step.saved.rows -= error
    case .gradientRows: step.gradient.rows -= error
    case .vectorGradientRows: step.vectorGradient.rows -= error
    case .operandRows: step.operandGradient.rows -= error
    default: break
    }
    switch self {
    case .gradient, .gradientRows, .vectorGradient, .vectorGradientRows: kernels.backward(step, in: memory)
    case .operand, .operandRows, .firstStage: kernels.backwardFirstStage(step, in: memory)
    case .secondStage: kernels.forwardSecondStage(step, in: memory)
    default: kernels.forward(step, in: memory)
    }
  }

  private func runRow(_ error: Int) {
    let kernels = CellKernels<Double>(named: self == .operandOfRow ? "gru_before" : "lstm_peephole")!
    func row(_ blocks: Int, _ isWrong: Bool) -> [Double] {
      [Double](repeating: 0.5, count: blocks * 4 - (isWrong ? error : 0))
    }
    let (_, states, savedBlocks, vectorBlocks) = kernels.blocks
    var gates = row(kernels.blocks.gates, self == .gatesOfRow), next = row(states, self == .nextOfRow)
    var saved = row(savedBlocks, self == .savedOfRow), gradient = row(states, false)
    var vectorGradient = row(vectorBlocks, self == .vectorGradientOfRow)
    let previous = row(states, self == .stateOfRow), vectors = row(vectorBlocks, self == .vectorsOfRow)
    let operand = row(1, self == .operandOfRow)
    var gateSpan = gates.mutableSpan, gradientSpan = gradient.mutableSpan
    if self == .operandOfRow {
      kernels.backwardFirstStage(
        gates: &gateSpan, previous: previous.span, operandGradient: operand.span, gradient: &gradientSpan)
    } else if self == .vectorGradientOfRow {
      var vectorSpan = vectorGradient.mutableSpan
      kernels.backward(
        gates: &gateSpan, previous: previous.span, next: next.span, saved: saved.span, gradient: &gradientSpan,
        vectors: vectors.span, vectorGradient: &vectorSpan)
    } else {
      var nextSpan = next.mutableSpan, savedSpan = saved.mutableSpan
      kernels.forward(
        gates: &gateSpan, previous: previous.span, next: &nextSpan, saved: &savedSpan, vectors: vectors.span)
    }
  }

  var text: String {
    switch self {
    case .gates: "gates of [3, 15], expected [3, 16]"
    case .previous: "previous state of [3, 7], expected [3, 8]"
    case .next: "next state of [3, 7], expected [3, 8]"
    case .saved: "saved of [3, 3], expected [3, 4]"
    case .vectors: "vectors of [1, 11], expected [1, 12]"
    case .gradient: "gradient of [3, 7], expected [3, 8]"
    case .vectorGradient: "gradient of vectors of [3, 11], expected [3, 12]"
    case .operand: "gradient of the operand of [3, 3], expected [3, 4]"
    case .place: "matrix outside its memory"
    case .nextRows: "next state of [2, 8], expected [3, 8]"
    case .savedRows: "saved of [2, 4], expected [3, 4]"
    case .gradientRows: "gradient of [2, 8], expected [3, 8]"
    case .vectorGradientRows: "gradient of vectors of [2, 12], expected [3, 12]"
    case .operandRows: "gradient of the operand of [2, 4], expected [3, 4]"
    case .secondStage, .firstStage: "the cell's kernels have no second stage"
    case .gatesOfRow: "expected 16 scalars of gates, got 15"
    case .stateOfRow: "expected 8 scalars of a state, got 7"
    case .nextOfRow: "expected a state of 2 blocks of units, got 7 scalars"
    case .savedOfRow: "expected 4 saved, got 3"
    case .vectorsOfRow: "expected 12 scalars of vectors, got 11"
    case .vectorGradientOfRow: "expected a gradient of 12 scalars of vectors, got 11"
    case .operandOfRow: "expected an operand's gradient of 4 scalars, got 3"
    }
  }
}
