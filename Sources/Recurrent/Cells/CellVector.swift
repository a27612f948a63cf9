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
  }

  /// Stands in the parameter's name; one of its kind in the cell.
  public let name: String
  /// What its scalars are in a new model.
  public let start: Start

  /// - Precondition: a name; bounds in order.
  public init(name: String, start: Start) {
    require(!name.isEmpty, "a cell's vector needs a name")
    if case .uniform(let lower, let upper) = start {
      require(lower <= upper, "vector \(name) cannot start between \(lower) and \(upper)")
    }
    self.name = name
    self.start = start
  }
}
