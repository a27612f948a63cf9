internal import Kernels
public import Recurrent

/// Why there is no forecast.
public enum ForecastingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// No value is known.
  case noValues
  /// The memory does not suffice.
  case memory(PlanError)
  /// A backtest needs values before its first origin.
  case tooShort(count: Int, needed: Int)
  /// No value of one of several series is known.
  case noValuesOf(series: String)
  /// A covariate must be known as far as is forecast.
  case covariateEnds(series: String, covariate: String, steps: Int, needed: Int)
  /// Values came for a series that the forecaster was not fitted to.
  case unknownSeries(String)

  public var description: String {
    switch self {
    case .noValues: "there is nothing to forecast from: no value is known"
    case .memory(let error): error.description
    case .tooShort(let count, let needed): "the series has \(count) values; \(needed) are needed"
    case .noValuesOf(let series): "there is nothing to forecast series \(series) from: no value is known"
    case .covariateEnds(let series, let covariate, let steps, let needed):
      "\(covariate) of series \(series) is known \(steps) steps after the last value; \(needed) are to be forecast"
    case .unknownSeries(let series): "the forecaster was not fitted to a series \(series)"
    }
  }
}

extension ForecastingError {
  /// Gets OpenBLAS ready: else a fit that had no memory would only look like one that came to nothing.
  static func admitOpenBLAS() throws(ForecastingError) {
    do throws(MemoryShortage) { try OpenBLAS.warmUp() } catch {
      throw .memory(
        .exceedsMemory(what: "what OpenBLAS works in", needed: error.needed, available: error.available))
    }
  }

  /// Of sums whose rows are finite: only the memory may not suffice.
  init(_ error: RidgeError) {
    switch error {
    case .memory(let error): self = .memory(error)
    case .notFinite, .noRows, .tooManyFolds, .notConverged, .notPositiveDefinite: self = .noValues
    }
  }
}
