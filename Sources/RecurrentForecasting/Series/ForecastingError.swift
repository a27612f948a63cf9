public import Recurrent

/// Why there is no forecast.
public enum ForecastingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// No value is known.
  case noValues
  /// The memory does not suffice.
  case memory(PlanError)
  /// A backtest needs values before its first origin.
  case tooShort(count: Int, needed: Int)

  public var description: String {
    switch self {
    case .noValues: "there is nothing to forecast from: no value is known"
    case .memory(let error): error.description
    case .tooShort(let count, let needed): "the series has \(count) values; \(needed) are needed"
    }
  }
}
