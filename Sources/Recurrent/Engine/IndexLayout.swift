internal import Kernels

/// Where the engine keeps its whole numbers: places in an arena of Int32. R is T·N.
struct IndexLayout: Sendable {
  /// [R] in the order of time; of a batch that is recomputed in segments, all of it. Of several tokens a step [F, R].
  let tokens: Int
  /// [T + 1] the first row of each step, then the number of rows.
  let starts: Int
  /// [N] the sequence in each slot of a step.
  let order: Int
  /// [N] the length of the sequence in each slot.
  let lengths: Int
  /// [N] whether a sequence starts from the trained initial state.
  let isFresh: Int
  /// [N] `isFresh` of the first segment, where a batch is taken segment by segment.
  let wasFresh: Int
  /// For layers that run both ways.
  let mirror: Mirror?

  struct Mirror: Sendable {
    /// [R] the row that a row is for the other direction.
    let rows: Int
    /// [R] the tokens in the other direction's order; empty for vectors.
    let tokens: Int
  }

  init(_ configuration: ModelConfiguration, steps: Int, batchSize: Int, _ arenas: inout ArenaLayout) {
    let rows = steps * batchSize
    tokens = arenas.integers(
      "tokens", .workspace, [configuration.input.vocabularySize == nil ? 0 : rows * configuration.input.tokensPerStep])
    starts = arenas.integers("first rows of steps", .workspace, [steps + 1])
    order = arenas.integers("order of sequences", .workspace, [batchSize])
    lengths = arenas.integers("lengths", .workspace, [batchSize])
    isFresh = arenas.integers("fresh sequences", .workspace, [batchSize])
    wasFresh = arenas.integers("first segment's fresh sequences", .workspace, [batchSize])
    if configuration.directions == .forward {
      mirror = nil
    } else {
      mirror = Mirror(
        rows: arenas.integers("mirrored rows", .workspace, [rows]),
        tokens: arenas.integers("mirrored tokens", .workspace, [configuration.isInputGathered ? rows : 0]))
    }
  }
}
