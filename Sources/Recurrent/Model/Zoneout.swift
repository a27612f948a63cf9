internal import Storage

/// Zoneout (Krueger et al. 2017): in training each unit of the state keeps, with a probability, its value from the step
/// before; otherwise it is the expectation, h = p·h' + (1 − p)·h̃ where h̃ is what the cell gives.
public struct Zoneout: Sendable, Hashable {
  /// Probability for the output h.
  public var hidden: Double
  /// Probability for the other parts of the state, as an LSTM's c.
  public var cell: Double

  /// - Precondition: probabilities are in 0..<1.
  public init(hidden: Double = 0, cell: Double = 0) {
    require((0..<1).contains(hidden), "zoneout of the output must be in 0..<1, got \(hidden)")
    require((0..<1).contains(cell), "zoneout of the cell must be in 0..<1, got \(cell)")
    self.hidden = hidden
    self.cell = cell
  }

  /// Every unit takes its new value.
  public static let none = Zoneout()

  /// Probability for a part of the state.
  func rate(ofPart part: Int) -> Double { part == 0 ? hidden : cell }

  var isActive: Bool { hidden > 0 || cell > 0 }
}
