import Recurrent

/// A stack of built-in cells once more, one unit at a time, in Double with bounds: what outputs are compared with before
/// they are timed.
struct NaiveLayers {
  private struct Layer {
    let inputWeights: [Float]
    let hiddenWeights: [Float]
    let inputBias: [Float]
    let hiddenBias: [Float]
    /// [K·H], the cell's own vectors.
    let vectors: [Float]
  }

  private let cell: String
  private let hidden: Int
  private let vocabulary: Int?
  private let layers: [Layer]
  /// In which the model is run: some products round what they multiply by weights.
  private let precision: WeightPrecision

  /// - Parameter precision: in which the model is run.
  init(_ model: Model<Float>, _ precision: WeightPrecision) throws {
    let model = try model.rounded(to: precision)
    self.precision = precision
    let configuration = model.configuration
    cell = configuration.cell.name
    hidden = configuration.hiddenSize
    vocabulary = configuration.input.vocabularySize
    layers = (0..<configuration.layerCount).map { layer in
      func values(_ name: String) -> [Float] {
        model.table["rnn.\(name)_l\(layer)"].map { model[parameter: $0.name] } ?? []
      }
      return Layer(
        inputWeights: values("weight_ih"), hiddenWeights: values("weight_hh"), inputBias: values("bias_ih"),
        hiddenBias: values("bias_hh"), vectors: values("vectors"))
    }
  }

  /// Compares [T, N, H] with the first two steps of the first and the last sequence, from the zero state.
  /// - Throws: `WrongOutput`.
  func check(_ outputs: [Float], _ shape: LayerShape, _ data: LayerData, _ label: String) throws {
    if let index = outputs.firstIndex(where: { !$0.isFinite }) {
      throw WrongOutput(label: label, what: "output \(index) is \(outputs[index])")
    }
    for sequence in Set([0, shape.batchSize - 1]).sorted() {
      let zero = [BoundedNumber](repeating: BoundedNumber(value: 0), count: hidden)
      // What lies beyond h, part by part: c, or the two of the sLSTM.
      var states = layers.map { _ in (h: zero, c: zero + zero) }
      for step in 0..<min(2, shape.steps) {
        let row = step * shape.batchSize + sequence
        var x = input(row, data, shape.inputSize)
        for (index, layer) in layers.enumerated() {
          states[index] = self.step(layer, x, states[index].h, states[index].c)
          x = states[index].h
        }
        for unit in 0..<hidden {
          let output = Double(outputs[row * hidden + unit])
          // Twice: formulas that are the same on paper only, z·(h' − n) + n for (1 − z)·n + z·h'.
          if !(abs(output - x[unit].value) <= 2 * x[unit].error + 1e-30) {
            throw WrongOutput(
              label: label,
              what: """
                unit \(unit) of sequence \(sequence) at step \(step) is \(output), expected \(x[unit].value) \
                ± \(2 * x[unit].error)
                """)
          }
        }
      }
    }
  }

  private func input(_ row: Int, _ data: LayerData, _ size: Int) -> [BoundedNumber] {
    if vocabulary != nil { return (0..<size).map { BoundedNumber(value: $0 == Int(data.tokens[row]) ? 1 : 0) } }
    return data.vectors[row * size..<(row + 1) * size].map { BoundedNumber(value: Double($0)) }
  }

  /// h and c after one step of one layer.
  private func step(
    _ layer: Layer, _ x: [BoundedNumber], _ h: [BoundedNumber], _ c: [BoundedNumber]
  ) -> (h: [BoundedNumber], c: [BoundedNumber]) {
    func sum(_ gate: Int, _ unit: Int, _ operand: [BoundedNumber]) -> BoundedNumber {
      total(inputs(layer, gate * hidden + unit, x), hiddens(layer, gate * hidden + unit, operand), x.count + hidden + 2)
    }
    let units = 0..<hidden
    func vector(_ index: Int) -> [BoundedNumber] {
      layer.vectors[index * hidden..<(index + 1) * hidden].map { BoundedNumber(value: Double($0)) }
    }
    func norm(_ index: Int, _ a: [BoundedNumber]) -> [BoundedNumber] {
      let (gain, bias) = (vector(index), vector(index + layer.vectors.count / hidden / 2))
      let normalized = BoundedNumber.normalized(a)
      return units.map { gain[$0] * normalized[$0] + bias[$0] }
    }
    switch cell {
    case "rnn": return (units.map { sum(0, $0, h).tanh }, c)
    case "rnn-relu": return (units.map { sum(0, $0, h).rectified }, c)
    case "lstm":
      let next = units.map { unit in
        sum(1, unit, h).sigmoid * c[unit] + sum(0, unit, h).sigmoid * sum(2, unit, h).tanh
      }
      return (units.map { sum(3, $0, h).sigmoid * next[$0].tanh }, next)
    case "gru":
      return (
        units.map { unit in
          let (r, z) = (sum(0, unit, h).sigmoid, sum(1, unit, h).sigmoid)
          let row = 2 * hidden + unit
          let fromInput = total(inputs(layer, row, x), (0, 0, 0), x.count + 1)
          let n = (fromInput + r * total(hiddens(layer, row, h), (0, 0, 0), hidden + 1)).tanh
          return (1 - z) * n + z * h[unit]
        }, c
      )
    case "gru-reset-before":
      let reset = units.map { sum(0, $0, h).sigmoid * h[$0] }
      return (
        units.map { unit in
          let z = sum(1, unit, h).sigmoid
          return (1 - z) * sum(2, unit, reset).tanh + z * h[unit]
        }, c
      )
    case "lstm-peephole":
      let next = units.map { unit in
        (sum(1, unit, h) + vector(1)[unit] * c[unit]).sigmoid * c[unit]
          + (sum(0, unit, h) + vector(0)[unit] * c[unit]).sigmoid * sum(2, unit, h).tanh
      }
      return (units.map { (sum(3, $0, h) + vector(2)[$0] * next[$0]).sigmoid * next[$0].tanh }, next)
    case "lstm-coupled":
      let next = units.map { unit in
        let i = sum(0, unit, h).sigmoid
        return (1 - i) * c[unit] + i * sum(1, unit, h).tanh
      }
      return (units.map { sum(2, $0, h).sigmoid * next[$0].tanh }, next)
    case "rnn-norm": return (norm(0, units.map { sum(0, $0, h) }).map(\.tanh), c)
    case "lstm-norm":
      let gates = (0..<4).map { gate in norm(gate, units.map { sum(gate, $0, h) }) }
      let next = units.map { gates[1][$0].sigmoid * c[$0] + gates[0][$0].sigmoid * gates[2][$0].tanh }
      let squashed = norm(4, next).map(\.tanh)
      return (units.map { gates[3][$0].sigmoid * squashed[$0] }, next)
    case "gru-norm":
      let q = norm(0, units.map { total(hiddens(layer, 2 * hidden + $0, h), (0, 0, 0), hidden + 1) })
      let a = norm(3, units.map { total(inputs(layer, 2 * hidden + $0, x), (0, 0, 0), x.count + 1) })
      let (r, z) = (norm(1, units.map { sum(0, $0, h) }), norm(2, units.map { sum(1, $0, h) }))
      let n = units.map { (a[$0] + r[$0].sigmoid * q[$0]).tanh }
      return (units.map { (1 - z[$0].sigmoid) * n[$0] + z[$0].sigmoid * h[$0] }, c)
    case "mingru":
      return (
        units.map { unit in
          let z = total(inputs(layer, unit, x), (0, 0, 0), x.count + 1).sigmoid
          return (1 - z) * h[unit] + z * total(inputs(layer, hidden + unit, x), (0, 0, 0), x.count + 1)
        }, c
      )
    case "minlstm":
      return (
        units.map { unit in
          func gate(_ index: Int) -> BoundedNumber {
            total(inputs(layer, index * hidden + unit, x), (0, 0, 0), x.count + 1)
          }
          let (f, i) = (gate(0).sigmoid, gate(1).sigmoid)
          let p = f * (f + i).reciprocal
          return p * h[unit] + (1 - p) * gate(2)
        }, c
      )
    case "rglru":
      return (
        units.map { unit in
          func gate(_ index: Int) -> BoundedNumber {
            total(inputs(layer, index * hidden + unit, x), (0, 0, 0), x.count + 1)
          }
          let rate = BoundedNumber(value: 8) * vector(0)[unit].softplus * gate(0).sigmoid
          let inlet = (rate + rate).complementOfDecay.squareRoot
          return rate.decay * h[unit] + inlet * gate(1).sigmoid * gate(2)
        }, c
      )
    case "slstm":
      let offset = BoundedNumber(value: 32)
      let kept = units.map { c[hidden + $0] + BoundedNumber(value: -32) + (-1 * sum(1, $0, h)).softplus * -1 }
      let differences = units.map { kept[$0] + -1 * sum(0, $0, h) }
      let means = units.map { unit in
        let p = differences[unit].sigmoid
        return p * c[unit] + (1 - p) * sum(2, unit, h).tanh
      }
      let weights = units.map { offset + (sum(0, $0, h) + differences[$0].softplus) }
      return (units.map { sum(3, $0, h).sigmoid * means[$0] }, means + weights)
    case "indrnn":
      return (
        units.map { unit in
          (total(inputs(layer, unit, x), (0, 0, 0), x.count + 1) + vector(0)[unit] * h[unit]).rectified
        }, c
      )
    case "leaky":
      return (
        units.map { unit in
          let rate = vector(0)[unit]
          return (1 - rate) * h[unit] + rate * sum(0, unit, h).tanh
        }, c
      )
    default: preconditionFailure("no naive form of the cell \(cell)")
    }
  }

  private typealias Sum = (value: Double, magnitude: Double, error: Double)

  private func inputs(_ layer: Layer, _ row: Int, _ x: [BoundedNumber]) -> Sum {
    let sum = BoundedNumber.sum(of: layer.inputWeights[row * x.count..<(row + 1) * x.count], operand(x))
    let bias = Double(layer.inputBias[row])
    return (sum.value + bias, sum.magnitude + abs(bias), sum.error)
  }

  private func hiddens(_ layer: Layer, _ row: Int, _ h: [BoundedNumber]) -> Sum {
    let sum = BoundedNumber.sum(of: layer.hiddenWeights[row * hidden..<(row + 1) * hidden], operand(h))
    let bias = Double(layer.hiddenBias[row])
    return (sum.value + bias, sum.magnitude + abs(bias), sum.error)
  }

  /// What a product multiplies: rounded to whole numbers of which the largest becomes 127 it is off by half a unit.
  private func operand(_ x: [BoundedNumber]) -> [BoundedNumber] {
    guard precision.roundsOperands, vocabulary == nil || x.count == hidden else { return x }
    let sizes = x.map { abs($0.value) + $0.error }
    let step = (sizes.max() ?? 0) / 127
    return zip(x, sizes).map { number, size in
      // To half a step of whole numbers; of bfloat16 by at most 2⁻⁹ of a number.
      BoundedNumber(value: number.value, error: number.error + (precision == .int8 ? step / 2 : size * 0x1p-9))
    }
  }

  /// n products and biases added up in any order are off by at most γ·Σ|w·x| with γ = n·u/(1 − n·u) (Higham 2002, eq.
  /// 3.5).
  private func total(_ a: Sum, _ b: Sum, _ terms: Int) -> BoundedNumber {
    let count = Double(terms) * BoundedNumber.unit
    return BoundedNumber(
      value: a.value + b.value, error: a.error + b.error + count / (1 - count) * (a.magnitude + b.magnitude))
  }
}

struct WrongOutput: Error, CustomStringConvertible {
  let label: String
  let what: String
  var description: String { "\(label): \(what)" }
}
