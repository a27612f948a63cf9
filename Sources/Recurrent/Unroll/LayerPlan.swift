internal import Kernels

/// How the recurrences of a layer are tied to each other and to the layers below and above. Rows of [R, ·] are in the
/// order of time.
struct LayerPlan: Sendable {
  /// Its recurrences in `Plan.recurrences`, the forward direction first.
  let recurrences: Range<Int>
  /// nil for one direction.
  let merge: Directions.Merge?
  /// [R, I] what it reads; nil for one-hot tokens.
  let input: Matrix?
  /// Whether that is added to its output.
  let addsInput: Bool
  /// [R, U] its output.
  let outputs: Matrix
  /// Whether `outputs` is a place of its own, and not the states of the one recurrence.
  let ownsOutputs: Bool
  /// [R, U] the output after dropout; nil without.
  var dropped: Matrix?
  /// Columns of what the head reads, where it reads all layers.
  let headColumns: Range<Int>?

  /// What the layer above reads: [R, U].
  var passedUp: Matrix { dropped ?? outputs }
}
