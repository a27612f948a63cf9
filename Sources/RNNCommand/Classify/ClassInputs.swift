import Recurrent

/// What a model of classes reads of sequences or texts.
enum ClassInputs {
  /// [steps, width] each, scaled.
  case vectors([[Float]], width: Int)
  /// The units of each text.
  case tokens([[Int32]])

  var count: Int {
    switch self {
    case .vectors(let vectors, _): vectors.count
    case .tokens(let tokens): tokens.count
    }
  }

  /// Steps of each.
  var lengths: [Int] {
    switch self {
    case .vectors(let vectors, let width): vectors.map { $0.count / width }
    case .tokens(let tokens): tokens.map(\.count)
    }
  }

  var input: ModelInput<Float> { input(of: Array(0..<count)) }

  func input(of indices: some Sequence<Int>) -> ModelInput<Float> {
    switch self {
    case .vectors(let vectors, let width): .vectors(Sequences(indices.map { vectors[$0] }, width: width))
    case .tokens(let tokens): .tokens(Sequences(indices.map { tokens[$0] }))
    }
  }
}
