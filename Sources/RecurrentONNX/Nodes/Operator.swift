/// The operators that are run here: those of recurrent models and of what exporters write around them.
package enum Operator: String, Sendable, CaseIterable {
  // Recurrent layers.
  case rnn = "RNN"
  case lstm = "LSTM"
  case gru = "GRU"
  // Products and arithmetic.
  case matMul = "MatMul"
  case gemm = "Gemm"
  case add = "Add"
  case subtract = "Sub"
  case multiply = "Mul"
  case divide = "Div"
  case less = "Less"
  case greater = "Greater"
  case equal = "Equal"
  case choose = "Where"
  case reduceMean = "ReduceMean"
  case reduceMax = "ReduceMax"
  case reduceSum = "ReduceSum"
  // Functions of one tensor.
  case tanh = "Tanh"
  case relu = "Relu"
  case sigmoid = "Sigmoid"
  case softmax = "Softmax"
  case logSoftmax = "LogSoftmax"
  case cast = "Cast"
  case identity = "Identity"
  case dropout = "Dropout"
  // Order and shape.
  case gather = "Gather"
  case slice = "Slice"
  case concat = "Concat"
  case split = "Split"
  case transpose = "Transpose"
  case reshape = "Reshape"
  case squeeze = "Squeeze"
  case unsqueeze = "Unsqueeze"
  case flatten = "Flatten"
  case expand = "Expand"
  case shape = "Shape"
  case oneHot = "OneHot"
  // Constants.
  case constant = "Constant"
  case constantOfShape = "ConstantOfShape"
  case range = "Range"

  /// What a node of the operator may have.
  package struct Rule {
    package var inputs: ClosedRange<Int>
    package var outputs = 1
    package var attributes: Set<String> = []
  }

  private static let recurrent: Set<String> = [
    "activations", "activation_alpha", "activation_beta", "clip", "direction", "hidden_size", "layout",
  ]

  package var rule: Rule {
    switch self {
    case .rnn: Rule(inputs: 3...6, outputs: 2, attributes: Self.recurrent)
    case .lstm: Rule(inputs: 3...8, outputs: 3, attributes: Self.recurrent.union(["input_forget"]))
    case .gru: Rule(inputs: 3...6, outputs: 2, attributes: Self.recurrent.union(["linear_before_reset"]))
    case .matMul, .add, .subtract, .multiply, .divide, .less, .greater, .equal, .expand:
      Rule(inputs: 2...2)
    case .choose, .range: Rule(inputs: 3...3)
    case .gemm: Rule(inputs: 2...3, attributes: ["alpha", "beta", "transA", "transB"])
    case .reduceMean, .reduceMax, .reduceSum:
      Rule(inputs: 1...2, attributes: ["axes", "keepdims", "noop_with_empty_axes"])
    case .tanh, .relu, .sigmoid, .identity: Rule(inputs: 1...1)
    case .softmax, .logSoftmax, .flatten: Rule(inputs: 1...1, attributes: ["axis"])
    case .cast: Rule(inputs: 1...1, attributes: ["to", "saturate", "round_mode"])
    case .dropout: Rule(inputs: 1...3, outputs: 2, attributes: ["ratio", "seed"])
    case .gather: Rule(inputs: 2...2, attributes: ["axis"])
    case .slice: Rule(inputs: 1...5, attributes: ["axes", "ends", "starts"])
    case .concat: Rule(inputs: 1...Int(Int32.max), attributes: ["axis"])
    case .split: Rule(inputs: 1...2, outputs: Int(Int32.max), attributes: ["axis", "split", "num_outputs"])
    case .transpose: Rule(inputs: 1...1, attributes: ["perm"])
    case .reshape: Rule(inputs: 2...2, attributes: ["allowzero"])
    case .squeeze, .unsqueeze: Rule(inputs: 1...2, attributes: ["axes"])
    case .shape: Rule(inputs: 1...1, attributes: ["start", "end"])
    case .oneHot: Rule(inputs: 3...3, attributes: ["axis"])
    case .constant:
      Rule(inputs: 0...0, attributes: ["value", "value_float", "value_floats", "value_int", "value_ints"])
    case .constantOfShape: Rule(inputs: 1...1, attributes: ["value"])
    }
  }
}
