internal import Foundation
public import Recurrent

/// A function of ONNX's recurrent operators, with its parameters.
public struct Activation: Sendable, Hashable, CustomStringConvertible {
  /// By ONNX's names, which are compared without regard to case (as ONNX Runtime does).
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// max(x, 0)
    case relu = "Relu"
    /// tanh(x)
    case tanh = "Tanh"
    /// 1/(1 + e⁻ˣ)
    case sigmoid = "Sigmoid"
    /// αx + β
    case affine = "Affine"
    /// x, or αx below 0
    case leakyRelu = "LeakyRelu"
    /// x from α on, else 0
    case thresholdedRelu = "ThresholdedRelu"
    /// α·tanh(βx)
    case scaledTanh = "ScaledTanh"
    /// αx + β, kept between 0 and 1
    case hardSigmoid = "HardSigmoid"
    /// x, or α(eˣ − 1) below 0
    case elu = "Elu"
    /// x/(1 + |x|)
    case softsign = "Softsign"
    /// log(1 + eˣ)
    case softplus = "Softplus"

    /// Whether there is an α, and its value where a file names none: that of ONNX's operator of the same name.
    package var alpha: Float? {
      switch self {
      case .leakyRelu: 0.01
      case .affine, .thresholdedRelu, .scaledTanh, .elu: 1
      case .hardSigmoid: 0.2
      default: nil
      }
    }

    /// As `alpha`.
    package var beta: Float? {
      switch self {
      case .affine: 0
      case .scaledTanh: 1
      case .hardSigmoid: 0.5
      default: nil
      }
    }
  }

  /// Which function it is.
  public let kind: Kind
  /// α; 0 for functions that have none.
  public let alpha: Float
  /// β; 0 for functions that have none.
  public let beta: Float

  /// A function with its parameters.
  /// - Parameters:
  ///   - kind: which function.
  ///   - alpha: nil: ONNX's own; without meaning for functions that have none.
  ///   - beta: as `alpha`.
  public init(_ kind: Kind, alpha: Float? = nil, beta: Float? = nil) {
    self.kind = kind
    self.alpha = alpha ?? kind.alpha ?? 0
    self.beta = beta ?? kind.beta ?? 0
  }

  /// As `HardSigmoid(0.2,0.5)`.
  public var description: String {
    let parameters = [kind.alpha.map { _ in alpha }, kind.beta.map { _ in beta }].compactMap { $0 }
    return kind.rawValue + (parameters.isEmpty ? "" : "(\(parameters.map { "\($0)" }.joined(separator: ",")))")
  }

  /// The function, computed in `Double`.
  public func value<S: Scalar>(_ value: S) -> S {
    let (x, alpha, beta) = (Double(value), Double(alpha), Double(beta))
    return switch kind {
    case .relu: value > 0 || value.isNaN ? value : 0
    case .tanh: S(Foundation.tanh(x))
    case .sigmoid: S(1 / (1 + exp(-x)))
    case .affine: S(alpha * x + beta)
    case .leakyRelu: x < 0 ? S(alpha * x) : value
    case .thresholdedRelu: x < alpha ? 0 : value
    case .scaledTanh: S(alpha * Foundation.tanh(beta * x))
    case .hardSigmoid: x.isNaN ? value : S(min(max(alpha * x + beta, 0), 1))
    case .elu: x < 0 ? S(alpha * expm1(x)) : value
    case .softsign: S(x / (1 + abs(x)))
    case .softplus: S(max(x, 0) + log1p(exp(-abs(x))))
    }
  }

  /// The derivative; at a kink that of the side which the function's own definition takes.
  public func slope<S: Scalar>(_ value: S) -> S {
    let (x, alpha, beta) = (Double(value), Double(alpha), Double(beta))
    switch kind {
    case .relu: return value > 0 ? 1 : 0
    case .tanh:
      let y = Foundation.tanh(x)
      return S(1 - y * y)
    case .sigmoid:
      let y = 1 / (1 + exp(-x))
      return S(y * (1 - y))
    case .affine: return S(alpha)
    case .leakyRelu: return x < 0 ? S(alpha) : 1
    case .thresholdedRelu: return x < alpha ? 0 : 1
    case .scaledTanh:
      let y = Foundation.tanh(beta * x)
      return S(alpha * beta * (1 - y * y))
    case .hardSigmoid:
      let y = alpha * x + beta
      return y > 0 && y < 1 ? S(alpha) : 0
    case .elu: return x < 0 ? S(alpha * exp(x)) : 1
    case .softsign: return S(1 / ((1 + abs(x)) * (1 + abs(x))))
    case .softplus: return S(1 / (1 + exp(-x)))
    }
  }
}

/// A function whose argument is kept between −threshold and threshold, as ONNX's `clip` asks.
package struct ClippedActivation: Sendable, Hashable, CustomStringConvertible {
  package let activation: Activation
  /// nil: the argument is not clipped.
  package let threshold: Float?

  package var description: String { "\(activation)" + (threshold.map { " clip \($0)" } ?? "") }

  package func value<S: Scalar>(_ x: S) -> S {
    guard let threshold else { return activation.value(x) }
    return activation.value(x < S(-threshold) ? S(-threshold) : x > S(threshold) ? S(threshold) : x)
  }

  package func slope<S: Scalar>(_ x: S) -> S {
    if let threshold, abs(x) > S(threshold) { return 0 }
    return activation.slope(x)
  }
}
