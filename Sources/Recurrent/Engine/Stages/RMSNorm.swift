internal import Kernels

/// The norm by the root mean square: each row of what it reads divided by that, and multiplied by a gain for each unit
/// (Zhang & Sennrich 2019, eq. 4, with ε = 10⁻⁶ under the root). What a row was divided by is found again on the way back.
struct RMSNorm: Sendable {
  /// [1, W]
  let gain: Region
  /// [R, W] what it reads.
  let input: Region
  /// [R, W]; without a backward pass maybe of a block of rows alone.
  let outputs: Region
  /// [R, W] dL/d(gain) by each row; empty without a backward pass.
  private let gainTerms: Region

  /// - Parameters:
  ///   - gain: where it stands.
  ///   - rows: of the outputs.
  init(
    _ name: String, gain: Int, of input: Region, rows: Int, _ sizes: BatchSizes, _ arenas: inout ArenaLayout
  ) {
    self.gain = Region(offset: gain, rows: 1, columns: input.columns)
    self.input = input
    outputs = arenas.matrix(name, .workspace, rows, input.columns)
    gainTerms = arenas.matrix("d\(name) gain", .workspace, sizes.isTraining ? rows : 0, input.columns)
  }

  /// - Parameter keptRow: the row that the first one of the outputs is.
  func forward<S: Scalar>(rows: Range<Int>, keptFrom keptRow: Int = 0, in memory: Memory<S>) {
    memory.normalize(input.rows(rows), gain: gain, into: outputs.rows(rows.moved(by: -keptRow)))
  }

  /// - Parameters:
  ///   - gradient: [R, W] dL/d(outputs).
  ///   - result: [R, W] dL/d(input), which may be the same place where nothing is added to.
  func backward<S: Scalar>(
    _ gradient: Region, rows: Range<Int>, adding adds: Bool, into result: Region, in memory: Memory<S>
  ) {
    memory.normalizeGradient(
      gradient.rows(rows), input.rows(rows), gain: gain, adds: adds, into: result.rows(rows),
      terms: gainTerms.rows(rows))
  }

  /// - Parameter shift: from a parameter to its gradient.
  func gradientTasks(shift: Int) -> [GradientTask] {
    let pieces = Pieces(of: gain.columns, atMost: 128)
    return (0..<pieces.count).map {
      .bias(outputs: gainTerms.columns(pieces[$0]), bias: .init(sums: gain.columns(pieces[$0]).moved(by: shift)))
    }
  }
}
