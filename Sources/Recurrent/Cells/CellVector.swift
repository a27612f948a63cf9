internal import Storage

/// A trained vector of a cell's own, one scalar for each hidden unit: a peephole, the gain of a norm, the diagonal of a
/// recurrence.
public struct CellVector: Sendable, Hashable {
  /// What its scalars are in a new model.
  public enum Start: Sendable, Hashable {
    /// All the same.
    case constant(Double)
    /// Drawn uniformly between the lower and the upper bound.
    case uniform(Double, Double)
    /// Such that e^(−power·softplus(x)), what a unit keeps of its state in a step, is drawn uniformly between the lower and
    /// the upper bound.
    case decay(Double, Double, power: Double)
  }

  /// Stands in the parameter's name; one of its kind in the cell.
  public let name: String
  /// What its scalars are in a new model.
  public let start: Start

  /// - Precondition: a name; bounds in order, those of a decay between 0 and 1 and its power positive.
  public init(name: String, start: Start) {
    require(!name.isEmpty, "a cell's vector needs a name")
    switch start {
    case .constant: break
    case .uniform(let lower, let upper):
      require(lower <= upper, "vector \(name) cannot start between \(lower) and \(upper)")
    case .decay(let lower, let upper, let power):
      require(
        0 < lower && lower <= upper && upper < 1, "vector \(name) cannot start at a decay between \(lower) and \(upper)"
      )
      require(power > 0, "vector \(name) needs a positive power of its decay, got \(power)")
    }
    self.name = name
    self.start = start
  }
}
