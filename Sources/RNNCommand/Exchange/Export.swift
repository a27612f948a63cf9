import ArgumentParser
import Recurrent
import RecurrentExchange
import RecurrentONNX

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model for another framework.",
    discussion: """
      safetensors  a state dictionary that PyTorch's load_state_dict takes: modules named embedding, rnn and linear
      keras        arrays in the order of get_weights(), in a .npz or .safetensors file; in Python: \
      model.set_weights(list(numpy.load("model.npz").values()))
      onnx         a graph for ONNX Runtime: input [T, N, I] or tokens [T, N], output [T, N, O] or [N, O]

      Standard output says which layers to make in Python. A model that the other framework has no layers for is refused.
      """)

  @Argument(help: "The model file.") var model: String
  @Argument(help: "The file to write.") var target: String

  @Option(
    help: ArgumentHelp("The format. (default: .safetensors: safetensors; .npz: keras; .onnx: onnx)", valueName: "name"))
  var format: ExchangeFormat?

  func validate() throws {
    try checkPath(target, "<target>")
    guard format != nil || ExchangeFormat(path: target) != nil else {
      throw ValidationError("The end of '\(target)' is that of no format: give '--format <name>'")
    }
  }

  func run() throws {
    try refuse(target, over: [model])
    switch Precision(of: try ArrayFile(path: model)) {
    case .float: try write(Model<Float>(contentsOf: model))
    case .double: try write(Model<Double>(contentsOf: model))
    }
  }

  private func write<S: Scalar>(_ model: Model<S>) throws {
    NonFinite.warn(model.nonFiniteParameters, in: self.model)
    switch format ?? ExchangeFormat(path: target)! {
    case .safetensors:
      try model.saveStateDictionary(to: target)
      try output(FrameworkLayers.pytorch(model.configuration).joined(separator: "\n"))
    case .keras:
      try model.saveKeras(to: target)
      try output(FrameworkLayers.keras(model.configuration).joined(separator: "\n"))
    case .onnx:
      try model.saveONNX(to: target)
      try output(try ONNXDescription(ONNXModel(contentsOf: target)).ports)
    }
  }
}
