internal import Recurrent

/// LSTMs whose output is projected, h = W_hr·ĥ with ĥ = o·tanh(c). ONNX's LSTM has no projection, but ĥ is one without:
/// its recurrent product is W_hh·h' = (W_hh·W_hr)·ĥ', and h is a product with its output. A start h₀ ≠ 0 has no ĥ₀ of its
/// own: what it gives the gates of a direction's first step, W_hh·h₀, comes in through the input, with columns that hold h₀
/// at that step and 0 at all others.
extension ModelExporter {
  /// What the products with W_hr need; nil without projection.
  package struct Projection {
    /// W_hh [D, 4·H, P].
    package let hidden: Value
    /// W_hr of each direction, transposed, [D, H, P].
    package let transposed: Value
    /// W_hh·W_hr [D, 4·H, H].
    package let product: Value
  }

  package mutating func addProjection(_ layer: Int) -> Projection? {
    guard let size = configuration.projectionSize else { return nil }
    let hidden = configuration.hiddenSize(ofLayer: layer)
    let recurrent = builder.parameter(
      "rnn.weight_hh_l\(layer)", arranged("weight_hh", layer, size: hidden * size),
      shape: [directions, cell.blocks.count * hidden, size])
    let values = (0..<directions).flatMap { model[parameter: parameter("weight_hr", layer, $0)] }
    let projection = builder.parameter("rnn.weight_hr_l\(layer)", values, shape: [directions, size, hidden])
    return Projection(
      hidden: recurrent,
      transposed: builder.transpose(projection, [0, 2, 1], name: "rnn_l\(layer).weight_hr_transposed"),
      product: builder.node("MatMul", recurrent, projection, name: "rnn_l\(layer).weight_hh_hr"))
  }

  /// The input with the columns of the start, and the weights that read them.
  /// - Parameter start: h₀, [D, N, P].
  package mutating func addStart(
    _ start: Value, _ projection: Projection, to input: Value, _ weights: Value, _ layer: Int
  ) -> (input: Value, weights: Value) {
    let name = "rnn_l\(layer).start"
    var (inputs, columns) = ([input], [weights])
    for direction in 0..<directions {
      let state = builder.element(direction, of: start, axis: 0, name: name)
      let isFirst = direction == 0 ? isFirstStep() : isLastStep()
      inputs.append(builder.node("Where", isFirst, state, zero(), name: name + ".at_first_step"))
      guard directions > 1 else {
        columns.append(projection.hidden)
        continue
      }
      // Each direction reads its own columns.
      let own = builder.constant(
        (0..<directions).map { S($0 == direction ? 1 : 0) }, shape: [directions, 1, 1], "direction_\(direction)")
      columns.append(builder.node("Mul", projection.hidden, own, name: name + ".weights"))
    }
    return (
      builder.concatenate(inputs, axis: 2, name: name + ".input"),
      builder.concatenate(columns, axis: 2, name: name + ".all_weights")
    )
  }

  /// - Parameter states: [T, D, N, H] or [D, N, H].
  package mutating func project(_ states: Value, _ projection: Projection?, name: String) -> Value {
    guard let projection else { return states }
    return builder.node("MatMul", states, projection.transposed, name: name)
  }
}
