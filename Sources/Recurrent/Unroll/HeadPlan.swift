internal import Kernels

/// Where the linear layer on top keeps everything.
struct HeadPlan: Sendable {
  /// [O, W]
  var weights: WeightPlan
  /// [1, O]
  var bias: Matrix
  /// What it reads, [R, W] or [N, W]: the top layer's outputs, or a place of its own where layers are gathered side by
  /// side or steps are pooled.
  var input: Matrix
  /// `input` after dropout; nil without.
  var dropped: Matrix?
  /// dL/d(input), of its shape.
  var inputGradient: Matrix?

  var read: Matrix { dropped ?? input }
}
