import Recurrent

/// The order of a cell's gates in Keras's arrays, and the way there and back.
struct KerasGates {
  /// For each gate in our order its place in Keras's: i f g o are i f c o; r z n are the second, the first, the third of
  /// z r h.
  private let places: [Int]

  init(_ cell: any RecurrentCell) {
    places = cell.structure.gateCount == 3 ? [1, 0, 2] : Array(0..<cell.structure.gateCount)
  }

  /// G.
  var count: Int { places.count }

  /// A bias [G·H] in our order.
  func ours<S>(_ bias: [S], hidden: Int) -> [S] {
    places.flatMap { bias[$0 * hidden..<($0 + 1) * hidden] }
  }

  /// A bias [G·H] in Keras's order. No permutation here is other than its own inverse.
  func keras<S>(_ bias: [S], hidden: Int) -> [S] { ours(bias, hidden: hidden) }

  /// Our weights [G·H, inputs] out of a kernel [inputs, G·H].
  func rows<S>(ofKernel kernel: [S], inputs: Int, hidden: Int) -> [S] {
    let width = count * hidden
    var rows: [S] = []
    rows.reserveCapacity(kernel.count)
    for place in places {
      for column in place * hidden..<(place + 1) * hidden {
        for input in 0..<inputs { rows.append(kernel[input * width + column]) }
      }
    }
    return rows
  }

  /// Our weights [G·H, inputs] out of a kernel [inputs, G·H] of CuDNNLSTM or CuDNNGRU, which has each gate's weights
  /// [H, inputs], as cuDNN wants them, under the shape [inputs, H].
  func rows<S>(ofCuDNNKernel kernel: [S], inputs: Int, hidden: Int) -> [S] {
    var rows: [S] = []
    rows.reserveCapacity(kernel.count)
    for place in places {
      for input in 0..<inputs {
        let start = (input * count + place) * hidden
        rows += kernel[start..<start + hidden]
      }
    }
    return rows
  }

  /// A kernel [inputs, G·H] out of our weights [G·H, inputs].
  func kernel<S>(ofRows rows: [S], inputs: Int, hidden: Int) -> [S] {
    var kernel: [S] = []
    kernel.reserveCapacity(rows.count)
    for input in 0..<inputs {
      for place in places {
        for row in place * hidden..<(place + 1) * hidden { kernel.append(rows[row * inputs + input]) }
      }
    }
    return kernel
  }
}

/// [columns, rows] of a matrix [rows, columns].
func transposed<S>(_ values: [S], columns: Int) -> [S] {
  let rows = values.count / columns
  var result: [S] = []
  result.reserveCapacity(values.count)
  for column in 0..<columns {
    for row in 0..<rows { result.append(values[row * columns + column]) }
  }
  return result
}
