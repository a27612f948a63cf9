import Foundation
import Recurrent

/// Formulas of the engine written once more in plain Swift, with one fault or none.
protocol Mutant: Sendable {
  static var sites: Sites { get }
  var mutation: Mutation? { get }
  init(mutation: Mutation?)
}

/// The parts of a formula, right or as the mutation has them.
extension Mutant {
  func term<S: Scalar>(_ site: Int, _ x: S) -> S {
    precondition(site < Self.sites.terms, "term \(site) of \(Self.sites.terms)")
    return switch mutation {
    case .negated(site): -x
    case .dropped(site): 0
    default: x
    }
  }

  func factor<S: Scalar>(_ site: Int, _ x: S) -> S {
    precondition(site < Self.sites.factors, "factor \(site) of \(Self.sites.factors)")
    return mutation == .ignored(factor: site) ? 1 : x
  }

  /// 1 − y
  func complement<S: Scalar>(_ site: Int, _ y: S) -> S {
    precondition(site < Self.sites.complements, "complement \(site) of \(Self.sites.complements)")
    guard case .complement(site, let wrong) = mutation else { return 1 - y }
    return switch wrong {
    case .one: 1
    case .itself: y
    case .sum: 1 + y
    case .negative: -y
    }
  }

  /// dσ(x)/dx from y = σ(x).
  func sigmoidSlope<S: Scalar>(_ site: Int, _ y: S) -> S { slope(site, y, y * (1 - y), other: 1 - y * y) }

  /// dtanh(x)/dx from y = tanh(x).
  func tanhSlope<S: Scalar>(_ site: Int, _ y: S) -> S { slope(site, y, 1 - y * y, other: y * (1 - y)) }

  private func slope<S: Scalar>(_ site: Int, _ y: S, _ right: S, other: S) -> S {
    precondition(site < Self.sites.slopes, "slope \(site) of \(Self.sites.slopes)")
    guard case .slope(site, let wrong) = mutation else { return right }
    return switch wrong {
    case .one: 1
    case .itself: y
    case .complement: 1 - y
    case .plusSquare: 1 + y * y
    case .minusSquare: -y * y
    case .timesSum: y * (1 + y)
    case .otherActivation: other
    }
  }

  func sigmoid<S: Scalar>(_ site: Int, _ x: S) -> S {
    activation(site, x, { 1 / (1 + exp(-$0)) }, other: { tanh($0) })
  }

  func tangent<S: Scalar>(_ site: Int, _ x: S) -> S {
    activation(site, x, { tanh($0) }, other: { 1 / (1 + exp(-$0)) })
  }

  func rectified<S: Scalar>(_ site: Int, _ x: S) -> S {
    activation(site, x, { max($0, 0) }, other: { tanh($0) })
  }

  private func activation<S: Scalar>(
    _ site: Int, _ x: S, _ right: (Double) -> Double, other: (Double) -> Double
  ) -> S {
    precondition(site < Self.sites.activations, "activation \(site) of \(Self.sites.activations)")
    guard case .activation(site, let wrong) = mutation else { return S(right(Double(x))) }
    return switch wrong {
    case .none: x
    case .other: S(other(Double(x)))
    }
  }

  /// Where a block of the row of gates starts, for reading.
  func read(_ block: Int, _ hidden: Int) -> Int {
    precondition(block < Self.sites.read, "block \(block) of \(Self.sites.read)")
    guard case .read(let a, let b) = mutation else { return block * hidden }
    return (block == a ? b : block == b ? a : block) * hidden
  }

  /// Where a block of the row of gates starts, for writing.
  func written(_ block: Int, _ hidden: Int) -> Int {
    precondition(block < Self.sites.written, "block \(block) of \(Self.sites.written)")
    guard case .written(let a, let b) = mutation else { return block * hidden }
    return (block == a ? b : block == b ? a : block) * hidden
  }

  /// Where a vector of the cell's own starts.
  func vector(_ index: Int, _ hidden: Int) -> Int {
    precondition(index < Self.sites.vectors, "vector \(index) of \(Self.sites.vectors)")
    guard case .vector(let a, let b) = mutation else { return index * hidden }
    return (index == a ? b : index == b ? a : index) * hidden
  }

  /// Adds to the gradient of a vector of the cell's own.
  func add<S: Scalar>(_ x: S, toVector index: Int, _ j: Int, _ hidden: Int, _ gradient: inout MutableSpan<S>) {
    precondition(index < Self.sites.vectorGradients, "vector \(index) of \(Self.sites.vectorGradients)")
    var place = index
    if case .vectorGradient(let a, let b) = mutation { place = index == a ? b : index == b ? a : index }
    gradient[place * hidden + j] = (slips(.overwrittenSum) ? 0 : gradient[place * hidden + j]) + x
  }

  func slips(_ slip: Slip) -> Bool {
    precondition(Self.sites.slips.contains(slip), "\(slip) is none of \(Self.sites.slips)")
    return mutation == .slip(slip)
  }
}
