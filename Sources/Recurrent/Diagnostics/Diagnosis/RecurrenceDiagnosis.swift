/// What was found of one direction of a layer.
public struct RecurrenceDiagnosis: Sendable {
  /// The layer's number, from 0.
  public let layer: Int
  /// Whether it is the direction from the end to the beginning.
  public let isReverse: Bool
  /// The recurrent matrix of each gate; empty for cells without.
  public internal(set) var matrices: [MatrixSpectrum] = []
  /// How the step stretches small changes of the state; nil where the state is too large for it.
  public internal(set) var stepJacobian: StepJacobianSpectrum?
  /// Conditional Lyapunov exponents in nats a step, the largest first: the rates at which small changes of the state grow
  /// under this input. −∞: no change survives.
  public internal(set) var exponents: [Double] = []
  /// Steps over which the exponents were averaged.
  public internal(set) var exponentSteps = 0
  /// The norm of the gradient k steps back, of a unit gradient at the output; the first is 1, 0 steps back. The geometric mean
  /// over places in the sequences and directions.
  public internal(set) var gradientNorms: [Double] = []
  /// How each gate stands.
  public internal(set) var gates: [GateUse] = []
  /// What the units do.
  public internal(set) var units = UnitUse()
  /// Which part of the input so many steps ago (the first: 0 steps) can be read off the output linearly: R² on held-out steps.
  /// Empty where there are too few steps.
  public internal(set) var memory: [Double] = []

  init(layer: Int, isReverse: Bool) { (self.layer, self.isReverse) = (layer, isReverse) }

  /// Steps that the output remembers in all: the sum of `memory` (Jaeger 2001), nil where it could not be had.
  public var memoryCapacity: Double? { memory.isEmpty ? nil : memory.dropFirst().reduce(0, +) }

  /// The first number of steps back at which the gradient is below a hundredth of what it was; nil: none of those that were
  /// followed.
  public var gradientReach: Int? { gradientNorms.firstIndex { $0 < Self.vanished } }

  /// The share of a gradient that counts as nothing: beside others of full size it steers no training.
  static let vanished = 0.01

  /// `layer 0`, `layer 1 reverse`.
  public var name: String { "layer \(layer)" + (isReverse ? " reverse" : "") }
}

/// The spectrum of a gate's recurrent matrix.
public struct MatrixSpectrum: Sendable, Hashable {
  /// Of the gate.
  public let gate: String
  /// The largest first.
  public let singularValues: [Double]
  /// The largest magnitude of an eigenvalue (`SpectralRadius`); nil where the matrix is not square.
  public let spectralRadius: Double?
}

/// The singular values of the step's derivative by the state, along sequences: how much a step stretches or shrinks small
/// changes.
public struct StepJacobianSpectrum: Sendable, Hashable {
  /// Steps at which it was taken.
  public let count: Int
  /// The largest of each of the steps, their mean.
  public let largest: Double
  /// The middle one of each of the steps, their mean.
  public let median: Double
  /// Share of the singular values, over all steps, between 0.9 and 1.1: directions that a step neither stretches nor shrinks.
  public let nearOne: Double
}

/// How a gate stands over all units and steps.
public struct GateUse: Sendable, Hashable {
  /// What its values can be.
  public enum Kind: String, Sendable, Hashable {
    /// Between 0, closed, and 1, open.
    case sigmoid
    /// Between −1 and 1.
    case tanh
    /// Not known: the gate of a cell of your own, or one without bounds.
    case other
  }

  /// As in the cell's documentation; for cells of your own its number.
  public let name: String
  /// What its values can be.
  public let kind: Kind
  /// Whether an open gate keeps the state of the step before.
  public let keepsState: Bool
  /// The mean value; nil where it is not known.
  public internal(set) var mean: Double?
  /// Share of the values below 0.1 (of −1…1: below −0.95), nil where it is not known.
  public internal(set) var low: Double?
  /// Share of the values above 0.9 (of −1…1: above 0.95), nil where it is not known.
  public internal(set) var high: Double?
  /// The norm of the derivative of the next state by the gate's pre-activation, its mean over units and steps; nil where the
  /// state is too large for it.
  public internal(set) var sensitivity: Double?
  /// Share of units and steps at which that is below 0.01: what the gate is told makes no difference.
  public internal(set) var insensitive: Double?
}

/// What the units of an output do over all steps.
public struct UnitUse: Sendable, Hashable {
  /// P: units of the output.
  public internal(set) var count = 0
  /// Units whose deviation is below a thousandth of the largest: they say nothing.
  public internal(set) var dead: [Int] = []
  /// Units that follow another of a lower number: their correlation is above 0.99 or below −0.99.
  public internal(set) var redundant: [Int] = []
  /// Dimensions that the states fill: the participation ratio (Σλ)²/Σλ² of their covariance's eigenvalues.
  public internal(set) var effectiveRank = 0.0
  /// Principal components that hold 99 % of the variance.
  public internal(set) var rank99 = 0
}
