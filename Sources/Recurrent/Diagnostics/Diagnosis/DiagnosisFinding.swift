internal import Foundation

/// What a diagnosis makes of its numbers: a sentence, and what to do.
public struct DiagnosisFinding: Sendable, Hashable, CustomStringConvertible {
  /// What was found.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Gradients of every layer vanish before they have gone back as far as the task needs.
    case vanishing
    /// Small changes of a state grow from step to step: chaos, and gradients that explode.
    case exploding
    /// Most values of a gate or an output stand where its slope is next to nothing.
    case saturated
    /// Units say nothing.
    case dead
    /// The state depends on its start for long.
    case slowForgetting
    /// A gate is closed, or open, nearly always.
    case stuckGate
    /// Units repeat others, or the states fill few dimensions.
    case redundant
    /// Gradients reach as far as was asked for, and do not grow.
    case healthy
  }

  /// What was found.
  public let kind: Kind
  /// Of which recurrence, such as `layer 0`; nil: of the whole model.
  public let place: String?
  /// What is so, with the figures and the threshold.
  public let observation: String
  /// What to do; nil: nothing.
  public let advice: String?

  /// Whether it hinders training, and is not only good to know.
  public var isProblem: Bool {
    switch kind {
    case .vanishing, .exploding, .saturated, .dead: true
    case .slowForgetting, .stuckGate, .redundant, .healthy: false
    }
  }

  /// The sentence.
  public var description: String {
    (place.map { $0 + ": " } ?? "") + observation + (advice.map { ": " + $0 } ?? "")
  }
}

extension DiagnosisFinding {
  /// All findings, problems first.
  static func all(
    _ recurrences: [RecurrenceDiagnosis], _ options: DiagnosisOptions, _ configuration: ModelConfiguration, longest: Int
  ) -> [DiagnosisFinding] {
    var findings: [DiagnosisFinding] = []
    let reaches = recurrences.map { $0.gradientReach ?? Int.max }
    // Through a reservoir, whose recurrence stays as it was drawn, no gradient has to come back.
    if !(configuration.cell is LeakyElmanCell), reaches.allSatisfy({ $0 < options.wantedReach }) {
      findings += recurrences.map { vanishing($0, options, configuration) }
    }
    for recurrence in recurrences {
      findings += [exploding(recurrence), slowForgetting(recurrence, longest: longest), dead(recurrence)].compactMap {
        $0
      }
      findings += saturation(recurrence)
      findings += redundancy(recurrence, isReservoir: configuration.cell is LeakyElmanCell)
    }
    if !findings.contains(where: \.isProblem) { findings.append(healthy(recurrences)) }
    return findings.filter(\.isProblem) + findings.filter { !$0.isProblem }
  }

  // MARK: Gradients

  private static func vanishing(
    _ recurrence: RecurrenceDiagnosis, _ options: DiagnosisOptions, _ configuration: ModelConfiguration
  ) -> DiagnosisFinding {
    let reach = recurrence.gradientReach ?? options.wantedReach
    var observation =
      "gradients vanish after about \(steps(reach)) (below 1 % of what they were; \(options.wantedReach) are wanted)"
    let advice: String
    if let gate = recurrence.gates.first(where: { $0.keepsState && ($0.mean ?? 1) < openMean }), let mean = gate.mean {
      let kept = max(1, Int((log(RecurrenceDiagnosis.vanished) / log(max(mean, 1e-6))).rounded(.up)))
      observation +=
        "; the gate \(gate.name) that keeps the state is closed (mean \(two(mean)): after \(steps(kept)) 1 % is left)"
      advice =
        configuration.cell.structure.forgetGate == nil
        ? "where the task needs more, add 1 to the start of its bias"
        : "where the task needs more, start it with a bias of 1 (rnn train --forget-bias 1; Initialization.forgetGateBias), or of 2 or 3 "
          + "where it had one"
    } else if let output = recurrence.gates.first(where: { $0.kind == .tanh && $0.saturated > 0.5 }) {
      observation +=
        "; \(percent(output.saturated)) of the values of \(output.name) are beyond ±0.95, where tanh is flat"
      advice =
        "scale the inputs or the start of the weights down, or take a cell with layer normalisation (rnn-norm, lstm-norm)"
    } else if recurrence.gates.contains(where: \.keepsState) {
      advice = "where the task needs more, start the gate that keeps the state further open (a bias of 2 or more)"
    } else if let largest = recurrence.matrices.first?.singularValues.first, largest < 0.95, configuration.isPlain {
      observation += "; the recurrent matrix shrinks what it is given (largest singular value \(two(largest)))"
      advice =
        "start it orthogonal (rnn train --init orthogonal; Initialization), or take a gated cell (--cell lstm, gru)"
    } else {
      advice = "take a gated cell (--cell lstm, gru)"
    }
    return DiagnosisFinding(kind: .vanishing, place: recurrence.name, observation: observation, advice: advice)
  }

  /// A gate whose mean is below keeps less than 1 % over 20 steps: 0.8²⁰ is 0.012.
  private static let openMean = 0.8

  /// The exponents of 1000 steps scatter by some thousandths.
  private static let stillSteady = 0.02

  private static func exploding(_ recurrence: RecurrenceDiagnosis) -> DiagnosisFinding? {
    guard let largest = recurrence.exponents.first, largest > stillSteady else { return nil }
    var observation =
      "small changes of the state grow by \(percent(exp(largest) - 1)) a step (largest Lyapunov exponent "
      + "\(signed(largest)), above \(two(stillSteady))): it is chaotic, and gradients explode, a hundredfold in "
      + steps(max(1, Int((log(100) / largest).rounded())))
    if let radius = recurrence.matrices.compactMap(\.spectralRadius).max() {
      observation += "; the largest spectral radius of its recurrent matrices is \(two(radius))"
    }
    return DiagnosisFinding(
      kind: .exploding, place: recurrence.name, observation: observation,
      advice: (recurrence.matrices.isEmpty
        ? ""
        : "start with smaller recurrent weights, such as orthogonal ones (rnn train --init orthogonal; Initialization), and ")
        + "clip gradients (--clip-norm 1)")
  }

  private static func slowForgetting(_ recurrence: RecurrenceDiagnosis, longest: Int) -> DiagnosisFinding? {
    guard let largest = recurrence.exponents.first, largest <= stillSteady, largest > -stillSteady else { return nil }
    let forgotten =
      largest < -1e-3 ? "about \(steps(Int((log(100) / -largest).rounded())))" : "thousands of steps, if ever"
    return DiagnosisFinding(
      kind: .slowForgetting, place: recurrence.name,
      observation:
        "the state depends on where it started for \(forgotten) (largest Lyapunov exponent \(signed(largest)); "
        + "down to 1 %)",
      advice:
        "good for long memories; where states are to say the same whenever they start, as in a reservoir, leave out so "
        + "many steps at the start" + (recurrence.matrices.isEmpty ? "" : ", or scale the recurrent matrix down"))
  }

  private static func healthy(_ recurrences: [RecurrenceDiagnosis]) -> DiagnosisFinding {
    let reaches = recurrences.map { $0.gradientReach ?? Int.max }
    let followed = recurrences.map { $0.gradientNorms.count - 1 }.max() ?? 0
    let reach = reaches.max() ?? 0
    let text = reach == Int.max ? "more than \(steps(followed))" : "about \(steps(reach))"
    return DiagnosisFinding(
      kind: .healthy, place: nil,
      observation: "gradients reach back \(text) before less than 1 % is left, and do not explode", advice: nil)
  }

  // MARK: Units and gates

  private static func dead(_ recurrence: RecurrenceDiagnosis) -> DiagnosisFinding? {
    let units = recurrence.units
    guard 20 * units.dead.count > units.count else { return nil }
    return DiagnosisFinding(
      kind: .dead, place: recurrence.name,
      observation:
        "\(units.dead.count) of \(units.count) units say nothing (their deviation is below a thousandth of the "
        + "largest)",
      advice: "lower the learning rate, scale the inputs, or make the layer smaller")
  }

  private static func saturation(_ recurrence: RecurrenceDiagnosis) -> [DiagnosisFinding] {
    recurrence.gates.compactMap { gate in
      let isOutput = gate.kind == .tanh && gate.name == "h"
      let name = isOutput ? "the output" : "the gate \(gate.name)"
      // What is written into a cell is ±1 half of the time in networks that have learnt well; a plain network's output is all of its
      // state.
      if gate.kind == .tanh, gate.saturated > (isOutput ? 0.5 : 0.9) {
        return DiagnosisFinding(
          kind: .saturated, place: recurrence.name,
          observation:
            "\(percent(gate.saturated)) of the values of \(name) are beyond ±0.95, where the slope of tanh is "
            + "below a tenth",
          advice: "scale the inputs or the start of the weights down, or take a cell with layer normalisation")
      }
      guard gate.kind == .sigmoid, let low = gate.low, let high = gate.high else { return nil }
      if low > 0.9 {
        return DiagnosisFinding(
          kind: .stuckGate, place: recurrence.name,
          observation: "\(name) is closed (below 0.1) at \(percent(low)) of all "
            + "units and steps", advice: "raise the start of its bias")
      }
      guard high > 0.9, !gate.keepsState else { return nil }
      return DiagnosisFinding(
        kind: .stuckGate, place: recurrence.name,
        observation: "\(name) is open (above 0.9) at \(percent(high)) of all units and steps: it decides nothing",
        advice: "a cell with fewer gates may do")
    }
  }

  private static func redundancy(_ recurrence: RecurrenceDiagnosis, isReservoir: Bool) -> [DiagnosisFinding] {
    let units = recurrence.units
    var findings: [DiagnosisFinding] = []
    if 10 * units.redundant.count > units.count {
      findings.append(
        DiagnosisFinding(
          kind: .redundant, place: recurrence.name,
          observation: "\(units.redundant.count) of \(units.count) units repeat others (correlation beyond ±0.99)",
          advice: isReservoir ? "fewer units may do, or larger input weights" : "make the layer smaller, or add dropout"
        ))
    }
    if units.count >= 16, 4 * units.rank99 < units.count {
      findings.append(
        DiagnosisFinding(
          kind: .redundant, place: recurrence.name,
          observation: "99 % of the variance of its \(units.count) units lies in \(units.rank99) dimensions",
          advice: "a smaller layer may do as well"))
    }
    return findings
  }

  // MARK: Words

  private static func steps(_ count: Int) -> String { count == 1 ? "1 step" : "\(count) steps" }

  private static func two(_ value: Double) -> String { String(format: "%.2f", value) }

  private static func signed(_ value: Double) -> String { String(format: "%+.3f", value) }

  private static func percent(_ share: Double) -> String { String(format: "%.0f %%", 100 * share) }
}

extension GateUse {
  /// Share of the values at either end.
  fileprivate var saturated: Double { (low ?? 0) + (high ?? 0) }
}

extension ModelConfiguration {
  /// Whether the step is one product and a function of it.
  fileprivate var isPlain: Bool { cell.structure.gateCount == 1 && cell.structure.vectorCount == 0 }
}
