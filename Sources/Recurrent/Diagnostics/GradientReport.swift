internal import Foundation
internal import Storage

/// What a gradient check found, tensor by tensor.
public struct GradientReport: Sendable, CustomStringConvertible {
  /// The comparison of one tensor's gradient.
  public struct Tensor: Sendable, Hashable {
    /// A parameter's name, or `input`, `initial state h`, `initial state c`.
    public let name: String
    /// That of the parameter; [T, N, I] of the input; [L, N, H] of a part of the initial state.
    public let shape: [Int]
    /// Where analytic and numeric gradient differ most, relative to what was allowed there: row-major, from 0.
    public let worstIndex: Int
    /// dL/dx by back-propagation, at the worst place.
    public let analytic: Double
    /// dL/dx by a central difference, at the worst place.
    public let numeric: Double
    /// |analytic − numeric| at the worst place, over the largest entry of either.
    public let relativeError: Double

    /// |analytic − numeric| at the worst place, over what was allowed there.
    public var worstExcess: Double { Self.excess(analytic, numeric) }
    /// Whether every element lies within the tolerance.
    public var passes: Bool { worstExcess <= 1 }

    /// Elements of the tensor.
    public var count: Int { shape.reduce(1, *) }

    /// `worstIndex` as an index in every dimension of `shape`.
    public var worstPosition: [Int] {
      var rest = worstIndex
      return shape.reversed().map { size in
        defer { rest /= size }
        return rest % size
      }.reversed()
    }
  }

  /// Parameters in the order of the model's table, then the input, then the parts of the initial state.
  public let tensors: [Tensor]
  /// Whether every element of every tensor lies within the tolerance.
  public var passes: Bool { tensors.allSatisfy(\.passes) }
  /// The tensor with the largest relative error.
  public var worst: Tensor { tensors.max { $0.relativeError < $1.relativeError }! }

  /// A table with a line for each tensor.
  public var description: String {
    var rows = [["", "tensor", "elements", "worst at", "analytic", "numeric", "relative error"]]
    for tensor in tensors {
      rows.append([
        tensor.passes ? "ok" : "FAILED", tensor.name, String(tensor.count),
        "[\(tensor.worstPosition.map(String.init).joined(separator: ","))]",
        String(format: "%+.9e", tensor.analytic), String(format: "%+.9e", tensor.numeric),
        String(format: "%.1e", tensor.relativeError),
      ])
    }
    return table(rows, right: [2, 3, 4, 5, 6])
  }
}

extension GradientReport.Tensor {
  /// |analytic − numeric| over what is allowed.
  static func excess(_ analytic: Double, _ numeric: Double) -> Double {
    abs(analytic - numeric) / (1e-8 + 1e-5 * abs(numeric))
  }

  init(_ name: String, shape: [Int], _ analytic: [Double], _ numeric: [Double]) {
    require(analytic.count == numeric.count, "\(name): \(analytic.count) gradients of \(numeric.count)")
    let excess = zip(analytic, numeric).map(Self.excess)
    // NaN compares as neither: it must not look like the smallest excess.
    let worst = excess.indices.max { excess[$0] < excess[$1] || excess[$1].isNaN } ?? 0
    let largest = (analytic + numeric).map { abs($0) }.max() ?? 0
    self.init(
      name: name, shape: shape, worstIndex: worst, analytic: analytic[worst], numeric: numeric[worst],
      relativeError: abs(analytic[worst] - numeric[worst]) / max(largest, .leastNormalMagnitude))
  }
}
