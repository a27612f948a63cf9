import ArgumentParser
import Recurrent
import Storage
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

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @Argument(writing: "The file to write.") var target: String

  @Option(
    help: ArgumentHelp("The format. (default: .safetensors: safetensors; .npz: keras; .onnx: onnx)", valueName: "name"))
  var format: ExchangeFormat?

  func validate() throws {
    guard format != nil || ExchangeFormat(path: target) != nil else {
      throw ValidationError("The end of '\(target)' is that of no format: give '--format <name>'")
    }
  }

  func run() throws {
    let format = format ?? ExchangeFormat(path: target)!
    let kind = format == .onnx ? OutputKind.graph : .weights(ArrayFile.Kind(path: target))
    let outputs = try FileUse(reading: [(model, "<model>")], writing: [(target, "<target>", kind)]).hold()
    defer { outputs.release() }
    let file = try ArrayFile(path: model)
    switch Precision(of: file) {
    case .float: try write(Model<Float>(file, path: model), format)
    case .double: try write(Model<Double>(file, path: model), format)
    }
  }

  private func write<S: Scalar>(_ model: Model<S>, _ format: ExchangeFormat) throws {
    NonFinite.warn(model.nonFiniteParameters, in: self.model)
    if model.storedPrecision != .full {
      Note.note("\(self.model) has its weights in \(model.storedPrecision); \(target) has the same numbers in float")
    }
    if model.annotations[NGramClassifier.annotation] != nil {
      Note.warning(
        "\(self.model) decides along with a linear model on n-grams, which \(target) has not: it holds the network alone"
      )
    }
    if let ranks = model.configuration.rankDescription {
      Note.note("\(self.model) has matrices of low rank (\(ranks)); \(target) has them multiplied out")
    }
    switch format {
    case .safetensors:
      try model.saveStateDictionary(to: target)
      try report(FrameworkLayers.pytorch(model.configuration).joined(separator: "\n"), besides: target)
    case .keras:
      try model.saveKeras(to: target)
      try report(FrameworkLayers.keras(model.configuration).joined(separator: "\n"), besides: target)
    case .onnx:
      try model.saveONNX(to: target)
      try report(ONNXDescription(ONNXModel(bytes: model.onnx(), file: target)).ports, besides: target)
    }
  }
}
