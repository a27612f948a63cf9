import Recurrent

/// Networks of which it is known how they behave, and what to run them on.
enum DiagnosedNetwork {
  /// A tanh map with the recurrent matrix given, h = tanh(W·h + x).
  static func map(_ recurrent: [Double], size: Int) throws -> Model<Double> {
    var model = try Model<Double>(
      ModelConfiguration(cell: .rnn, input: .vectors(size: size), hiddenSize: size), seed: 1)
    model[parameter: "rnn.weight_hh_l0"] = recurrent
    model[parameter: "rnn.weight_ih_l0"] = (0..<size * size).map { $0 % (size + 1) == 0 ? 1 : 0 }
    for name in ["rnn.bias_ih_l0", "rnn.bias_hh_l0"] {
      model[parameter: name] = [Double](repeating: 0, count: size)
    }
    return model
  }

  /// W of independent normal entries of variance g²/N.
  static func random(gain: Double, size: Int, seed: UInt64 = 1) throws -> Model<Double> {
    var generator = SeededGenerator(seed: seed)
    let scale = gain / Double(size).squareRoot()
    return try map((0..<size * size).map { _ in scale * generator.normal() }, size: size)
  }

  /// An orthogonal W times `gain`.
  static func orthogonal(gain: Double, size: Int) throws -> Model<Double> {
    let start = try Model<Double>(
      ModelConfiguration(cell: .rnn, input: .vectors(size: size), hiddenSize: size), initialization: .orthogonal,
      seed: 2)
    return try map(start[parameter: "rnn.weight_hh_l0"].map { gain * $0 }, size: size)
  }

  /// [steps, width] of normal numbers.
  static func noise(_ steps: Int, width: Int, scale: Double = 1, seed: UInt64 = 5) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<steps * width).map { _ in scale * generator.normal() }
  }
}
