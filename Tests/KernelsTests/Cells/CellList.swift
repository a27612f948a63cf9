import CKernels
import Kernels
import Testing

/// What a cell of the list says of itself, once more.
struct ListedCell: Sendable, CustomTestStringConvertible {
  let name: String
  /// Of [H] in a row.
  let gates: Int, states: Int, saved: Int, vectors: Int
  var hasTwoStages = false

  var testDescription: String { name }

  static let all = [
    ListedCell(name: "elman_tanh", gates: 1, states: 1, saved: 0, vectors: 0),
    ListedCell(name: "elman_relu", gates: 1, states: 1, saved: 0, vectors: 0),
    ListedCell(name: "lstm", gates: 4, states: 2, saved: 1, vectors: 0),
    ListedCell(name: "lstm_peephole", gates: 4, states: 2, saved: 1, vectors: 3),
    ListedCell(name: "lstm_coupled", gates: 3, states: 2, saved: 1, vectors: 0),
    ListedCell(name: "gru", gates: 4, states: 1, saved: 0, vectors: 0),
    ListedCell(name: "gru_before", gates: 3, states: 1, saved: 1, vectors: 0, hasTwoStages: true),
    ListedCell(name: "mingru", gates: 2, states: 1, saved: 0, vectors: 0),
    ListedCell(name: "indrnn", gates: 1, states: 1, saved: 0, vectors: 1),
    ListedCell(name: "minlstm", gates: 3, states: 1, saved: 1, vectors: 0),
    ListedCell(name: "rglru", gates: 3, states: 1, saved: 2, vectors: 1),
    ListedCell(name: "slstm", gates: 4, states: 3, saved: 0, vectors: 0),
    ListedCell(name: "leaky", gates: 1, states: 1, saved: 0, vectors: 1),
    ListedCell(name: "rnn_norm", gates: 1, states: 1, saved: 0, vectors: 2),
    ListedCell(name: "lstm_norm", gates: 4, states: 2, saved: 5, vectors: 10),
    ListedCell(name: "gru_norm", gates: 4, states: 1, saved: 4, vectors: 8),
  ]
}
