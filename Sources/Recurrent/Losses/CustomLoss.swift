internal import Kernels

/// A loss of one's own: from the outputs, [rows, O], to the loss, and its gradient by the outputs, [rows, O], which is 0
/// before. Rows are [T, N]; in a ragged training, and where lengths differ, the rows of the first sequence, then those of
/// the next; with one output for each sequence, [N].
///
///     trainer.step(.vectors(x)) { outputs, gradient in
///       var loss = 0.0
///       for row in outputs.indices {
///         let error = outputs[row] - y[row]
///         loss += Double(error * error) / Double(outputs.count)
///         gradient[row] = 2 * error / Float(outputs.count)
///       }
///       return loss
///     }
///
/// The gradient is that of the number returned: a mean has the 1/count in both. A step allocates nothing if the closure
/// does not. A loss or gradient that is not finite updates nothing, as with every loss.
public typealias CustomLoss<S: Scalar> = (_ outputs: Span<S>, _ gradient: inout MutableSpan<S>) -> Double

/// What a loss of one's own works on.
struct CustomLossRegions: Sendable, BitwiseCopyable {
  /// [rows, O] in the order of the sequences; empty where the rows of outputs stand in that order.
  let outputs: Region
  /// [rows, O]
  let gradient: Region

  init(rows: Int, columns: Int, copiesOutputs: Bool, _ arenas: inout ArenaLayout) {
    outputs = arenas.matrix("outputs in order", .workspace, copiesOutputs ? rows : 0, columns, padded: false)
    gradient = arenas.matrix("gradient of the loss", .workspace, rows, columns, padded: false)
  }
}
