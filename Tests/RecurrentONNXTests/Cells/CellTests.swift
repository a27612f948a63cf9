import Recurrent
import RecurrentONNX
import Testing

/// The cells of this module: their derivatives, and that they compute what the built-in ones do.
@Suite struct CellTests {
  /// Smooth ones, and with kinks: the gradient check steps around a kink.
  static let functions =
    Activation.Kind.allCases.map { Activation($0) } + [
      Activation(.affine, alpha: 0.7, beta: 0.1), Activation(.leakyRelu, alpha: 0.3),
      Activation(.scaledTanh, alpha: 0.8, beta: 0.6), Activation(.hardSigmoid, alpha: 0.3, beta: 0.4),
      Activation(.elu, alpha: 0.5),
    ]

  static let cells: [any RecurrentCell] =
    functions.flatMap { function -> [any RecurrentCell] in
      [
        ONNXElmanCell(activation: function), ONNXElmanCell(activation: function, clip: 0.5),
        ONNXLSTMCell(candidate: function), ONNXLSTMCell(output: function, isCoupled: true),
        ONNXLSTMCell(gate: function, clip: 0.6), ONNXLSTMCell(gate: function, isCoupled: true),
        ONNXGRUCell(gate: function), ONNXGRUCell(candidate: function, clip: 0.4),
        ONNXResetBeforeGRUCell(gate: function), ONNXResetBeforeGRUCell(candidate: function, clip: 0.4),
      ]
    }

  @Test(arguments: 0..<10) func gradients(kind: Int) throws {
    for index in stride(from: kind, to: Self.cells.count, by: 10) {
      let cell = Self.cells[index]
      // A jump has no derivative to compare: a threshold at 0 is none.
      if cell.name.contains("ThresholdedRelu") { continue }
      let report = try checkGradients(of: cell, hiddenSize: 3, steps: 4)
      #expect(report.passes, "\(cell.name)\n\(report)")
    }
  }

  @Test func gradientsOfAThreshold() throws {
    let function = Activation(.thresholdedRelu, alpha: 0)
    for cell: any RecurrentCell in [ONNXElmanCell(activation: function), ONNXGRUCell(candidate: function)] {
      let report = try checkGradients(of: cell, hiddenSize: 3, steps: 4)
      #expect(report.passes, "\(cell.name)\n\(report)")
    }
  }

  /// The same weights, the same outputs to the rounding of `Double`.
  @Test func defaultsAreTheBuiltInCells() throws {
    let pairs: [(any RecurrentCell, any RecurrentCell)] = [
      (ONNXElmanCell(activation: Activation(.tanh)), ElmanCell.rnn),
      (ONNXElmanCell(activation: Activation(.relu)), ElmanCell.rnnReLU),
      (ONNXLSTMCell(), PeepholeLSTMCell.lstmPeephole),
      (ONNXGRUCell(), GRUCell.gru),
      (ONNXResetBeforeGRUCell(), ResetBeforeGRUCell.gruResetBefore),
    ]
    var generator = SplitMix(state: 1)
    let inputs = (0..<6 * 2 * 3).map { _ in generator.next() }
    for (ours, builtIn) in pairs {
      var model = try Model<Double>(ModelConfiguration(cell: ours, input: .vectors(size: 3), hiddenSize: 5), seed: 3)
      if ours.structure.vectorCount > 0 {
        model[parameter: "rnn.vectors_l0"] = (0..<15).map { _ in generator.next() }
      }
      var other = try Model<Double>(
        ModelConfiguration(cell: builtIn, input: .vectors(size: 3), hiddenSize: 5), seed: 4)
      for entry in other.table.entries { other[parameter: entry.name] = model[parameter: entry.name] }
      var first = try InferencePass(model, steps: 6, batchSize: 2, threads: 1)
      var second = try InferencePass(other, steps: 6, batchSize: 2, threads: 1)
      first.run(vectors: inputs.span, continuing: true)
      second.run(vectors: inputs.span, continuing: true)
      let (a, b) = (first.outputs, second.outputs)
      let difference = zip(a, b).map { abs($0 - $1) }.max()!
      #expect(difference < 1e-14, "\(ours.name)")
    }
  }

  @Test func activationsAreWhatTheyAreNamed() {
    let at = 0.75
    let expected: [(Activation.Kind, Double, Double)] = [
      (.relu, 0.75, 0), (.tanh, 0.635_148_952_387_287_3, -0.635_148_952_387_287_3),
      (.sigmoid, 0.679_178_699_175_392_7, 0.320_821_300_824_607_3), (.affine, 0.75, -0.75),
      (.leakyRelu, 0.75, -0.007_5), (.thresholdedRelu, 0, 0), (.hardSigmoid, 0.65, 0.35),
      (.elu, 0.75, -0.527_633_447_258_985_3), (.softsign, 0.75 / 1.75, -0.75 / 1.75),
      (.softplus, 1.136_871_006_066_209, 0.386_871_006_066_209),
    ]
    for (kind, above, below) in expected {
      let function = Activation(kind)
      let (first, second) = (function.value(at), function.value(-at))
      // α and β are `Float`s.
      #expect(abs(first - above) < 1e-8, "\(kind)")
      #expect(abs(second - below) < 1e-8, "\(kind)")
    }
    #expect(Activation(.softplus).value(1000.0) == 1000)
    #expect(Activation(.softplus).value(-1000.0) == 0)
    #expect(Activation(.sigmoid).value(-1000.0) == 0)
    #expect(Activation(.relu).value(Float.nan).isNaN)
  }
}

/// Uniform numbers in −1..<1.
struct SplitMix {
  var state: UInt64

  mutating func next() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1
  }
}
