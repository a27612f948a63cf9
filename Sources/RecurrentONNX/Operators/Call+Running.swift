extension Call {
  /// The results, one for each output that there can be.
  package func run() throws(ONNXError) -> [ONNXTensor?] {
    switch node.kind {
    case .rnn, .lstm, .gru: try RecurrentLayer(self).run(self)
    case .matMul: [try matrixProduct()]
    case .gemm: [try generalProduct()]
    case .add, .subtract, .multiply, .divide: [try arithmetic()]
    case .reduceMean, .reduceMax, .reduceSum: [try reduction()]
    case .tanh, .relu, .sigmoid: [try function()]
    case .softmax, .logSoftmax: [try softmax()]
    case .cast: [try cast()]
    case .identity: [try required(0)]
    case .dropout: try dropout()
    case .gather: [try gather()]
    case .slice: [try slice()]
    case .concat: [try concatenation()]
    case .split: try split()
    case .transpose: [try transpose()]
    case .reshape: [try reshape()]
    case .squeeze: [try squeeze()]
    case .unsqueeze: [try unsqueeze()]
    case .flatten: [try flatten()]
    case .expand: [try expand()]
    case .shape: [try shape()]
    case .oneHot: [try oneHot()]
    case .constant: [try constant()]
    case .constantOfShape: [try constantOfShape()]
    case .range: [try range()]
    case .less, .greater, .equal: [try comparison()]
    case .choose: [try choice()]
    }
  }
}
