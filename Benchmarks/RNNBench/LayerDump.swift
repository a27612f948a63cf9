import Storage
import Recurrent

extension MeasuredLayers {
  /// Writes a safetensors file with what another library needs to do the same, and with what came out of the last run:
  /// `input` [T, N, I] or `tokens` [T, N]; the parameters under PyTorch's names; `output` [T, N, H]; `h_n`, and for an
  /// LSTM `c_n`, [L, N, H]; after training also `output_gradient` [T, N, H] and `d.` with a parameter's name or `input`.
  /// - Throws: `CheckpointError.io`.
  func dump(to path: String) throws {
    let (t, n, h, l) = (shape.steps, shape.batchSize, shape.hiddenSize, shape.layerCount)
    let step = steps[0]
    var tensors: [(name: String, shape: [Int], values: [Float])] = model.table.entries.map {
      ($0.name.withoutModule, $0.shape, model[parameter: $0.name])
    }
    if !shape.isOneHot { tensors.append(("input", [t, n, shape.inputSize], data.vectors)) }
    tensors.append(("output", [t, n, h], step.outputs))
    let state = step.finalState
    for (part, name) in ["h_n", "c_n"].prefix(state.partCount).enumerated() {
      tensors.append((name, [l, n, h], state[part: part]))
    }
    if mode == .train {
      tensors.append(("output_gradient", [t, n, h], data.gradient))
      tensors += step.gradients
    }
    let values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.values) })
    let tokens = data.tokens.flatMap { token in (0..<4).map { UInt8(truncatingIfNeeded: token >> (8 * $0)) } }
    try Safetensors.write(
      to: path,
      tensors: tensors.map { (name: $0.name, dtype: .F32, shape: $0.shape) }
        + (shape.isOneHot ? [(name: "tokens", dtype: .I32, shape: [t, n])] : []),
      metadata: [
        (key: "cell", value: model.configuration.cell.name), (key: "mode", value: mode.rawValue),
        (key: "shape", value: shape.label),
      ]
    ) { (tensor, file) throws(FileError) in
      if let values = values[tensor.name] { try file.write(values.span) } else { try file.write(tokens.span) }
    }
  }
}
