import ArgumentParser
import Storage
import Recurrent
import RecurrentExchange
import RecurrentONNX

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a model on sequences and write its outputs.",
    discussion: """
      The input, a .safetensors, .npz or .npy file, has the tensor "input": vectors [T, N, I] or whole numbers [T, N] for \
      tokens, T steps of N sequences; or one sequence, [T, I] or [T]. Besides, in files of several tensors: "lengths" [N] \
      where sequences end before T, and "initial_h" and, for an LSTM, "initial_c", [L·D, N, H] as in PyTorch.

      The output, of the same kinds, has "output", [T, N, O] or [N, O], 0 where a sequence is over, and "final_h" and \
      "final_c" as in PyTorch; a .npy file has the output alone.

      With --stream the steps of one sequence come on standard input as they happen, a line each: the numbers of a vector, or a token's \
      number, with commas or spaces between them. Each is answered at once by a line of outputs, and the state is kept; an empty line is \
      answered by one, and begins a new sequence.

      Of an .onnx file the inputs and outputs are those that it names (rnn inspect shows them), in its own order of \
      dimensions.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String

  @Option(reading: "The sequences.") var input: String?
  @Option(writing: "The file to write; what is no file gets safetensors.") var output: String?

  @Flag(help: "Answer each line of standard input, which is a step, with a line.")
  var stream = false

  @Flag(help: "Sequences come before steps, in the input and in the output: [N, T, …].")
  var batchFirst = false

  @Option(help: ArgumentHelp("The input's name. (default: input, or the only tensor)", valueName: "name"))
  var inputTensor: String?

  @Option(
    help: ArgumentHelp("The name of the sequences' lengths. (default: lengths, if there are any)", valueName: "name"))
  var lengthsTensor: String?

  @Option(
    help: ArgumentHelp(
      "Compute in float or double, or in float with the weights that products read in bfloat16, bfloat16-dot, float16 or "
        + "int8. (default: as the model is kept)", valueName: "name"))
  var precision: RunPrecision?

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  func validate() throws {
    if stream {
      let others = ["--input", "--output", "--batch-first", "--input-tensor", "--lengths-tensor"]
      if let option = others.first(where: GivenOptions.names.contains) {
        throw ValidationError("'\(option)' is for files, and excludes '--stream'")
      }
      return
    }
    guard input != nil, let output else {
      throw ValidationError("'--input <file>' and '--output <file>' are needed, or '--stream'")
    }
    guard FilePlace(output).isStream || [".safetensors", ".npz", ".npy"].contains(where: { output.hasSuffix($0) })
    else {
      throw ValidationError(
        "The value '\(output)' is invalid for '--output <file>': expected .safetensors, .npz or .npy")
    }
  }

  func run() throws {
    let outputs = try FileUse(
      reading: [(model, "<model>"), (stream ? DescriptorPath.standardInput : input, "--input")],
      writing: [(output, "--output", .results(ArrayFile.Kind(path: output ?? "")))]
    ).hold()
    defer { outputs.release() }
    Note.threads(threads)
    switch try ExchangeFile(path: model) {
    case .graph(let graph): try run(graph)
    case .arrays(let file):
      if precision == .double || precision == nil && Precision(of: file) == .double {
        try runOrStream(Model<Double>(file, path: model), .full)
      } else {
        let model = try Model<Float>(file, path: model)
        try runOrStream(model, PrecisionOption.weights(precision?.stored, of: model, multiplying.choice))
      }
    }
  }

  private func run(_ graph: ONNXModel) throws {
    if stream {
      throw Failure(
        message:
          "\(printable(model)) is an ONNX graph, which does not go step by step: rnn import makes a model of it first",
        status: .usage)
    }
    for (name, isGiven) in [
      ("--batch-first", batchFirst), ("--input-tensor", inputTensor != nil),
      ("--lengths-tensor", lengthsTensor != nil),
      ("--precision", precision != nil),
    ] where isGiven {
      throw Failure(message: "\(name) is not for ONNX models, which say it themselves", status: .usage)
    }
    NonFinite.warn(graph.nonFiniteValues, in: model)
    let (inputs, unused) = try ONNXExchange.inputs(of: graph, from: ArrayFile(sequences: input ?? ""))
    warn(unused)
    let results = try graph.run(inputs, products: multiplying.choice, threads: threads ?? 0)
    var tensors: [(name: String, tensor: ONNXTensor)] = []
    for port in graph.outputs {
      guard let tensor = results[port.name] else { continue }
      guard !tensors.contains(where: { $0.name == port.name }), port.name != "__metadata__", tensor.shape.count <= 8
      else {
        throw Failure(message: "\(printable(model)): no file of arrays can hold the output \"\(printable(port.name))\"")
      }
      tensors.append((port.name, tensor))
    }
    guard !tensors.isEmpty else { throw Failure(message: "\(printable(model)) has no outputs") }
    // One file has one type: doubles hold floats, truth values, and whole numbers that are not too large, exactly.
    for (name, tensor) in tensors {
      guard case .int64(let values) = tensor.values,
        let large = values.first(where: { Int64(exactly: Double($0)) != $0 })
      else { continue }
      throw Failure(
        message: "the output \"\(printable(name))\" has the whole number \(large), which no floating-point number holds"
      )
    }
    if tensors.contains(where: { $0.tensor.type != .float }) {
      try write(
        tensors.map { RunResult<Double>.NamedArray(name: $0.name, shape: $0.tensor.shape, values: $0.tensor.doubles) })
    } else {
      try write(
        tensors.map { RunResult<Float>.NamedArray(name: $0.name, shape: $0.tensor.shape, values: $0.tensor.floats) })
    }
  }

  private func runOrStream<S: Scalar>(_ model: Model<S>, _ weights: WeightPrecision) throws {
    guard model.configuration.attention == nil else {
      throw Failure(message: "\(self.model) attends to a memory, which a file of inputs does not have")
    }
    NonFinite.warn(model.nonFiniteParameters, in: self.model)
    guard stream else { return try run(model, weights) }
    try StreamRun<S>.refuseWhole(model.configuration, self.model)
    var run = try StreamRun(model, products: multiplying.choice, weights: weights, threads: threads ?? 0)
    try run.run()
  }

  private func run<S: Scalar>(_ model: Model<S>, _ weights: WeightPrecision) throws {
    let names = RunInput<S>.Names(input: inputTensor, lengths: lengthsTensor)
    let input = try RunInput(
      ArrayFile(sequences: self.input ?? ""), for: model.configuration, names: names, isBatchFirst: batchFirst)
    warn(input.unused)
    let result = try RunResult(
      model, input, products: multiplying.choice, weights: weights, threads: threads ?? 0)
    let arrays = result.arrays(isBatchFirst: batchFirst)
    try write(arrays)
  }

  /// A tensor of a name that is not the model's may be meant all the same.
  private func warn(_ unused: [String]) {
    guard !unused.isEmpty else { return }
    Note.warning("\(input ?? ""): \(ExchangeError.list(unused)): the model has no such input")
  }

  private func write<S: Scalar>(_ all: [RunResult<S>.NamedArray]) throws {
    guard let output else { stop("what is written needs a file") }
    let arrays = output.hasSuffix(".npy") ? Array(all.prefix(1)) : all
    if output.hasSuffix(".npy") {
      try NPYFile.write(to: output, shape: arrays[0].shape, values: arrays[0].values)
    } else if output.hasSuffix(".npz") {
      try NPZFile.write(to: output, arrays: arrays.map { ($0.name, $0.shape) }) { arrays[$0].values }
    } else {
      let type = MemoryLayout<S>.size == 4 ? Safetensors.DType.F32 : .F64
      try Safetensors.write(to: output, tensors: arrays.map { ($0.name, type, $0.shape) }) {
        (tensor, file) throws(FileError) in
        let values = arrays.first { $0.name == tensor.name }!.values
        try file.write(values.span)
      }
    }
    try report(table(arrays.map { [printable($0.name, limit: 80), shapeText($0.shape)] }), besides: output)
  }
}
