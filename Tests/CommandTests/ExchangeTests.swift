import Foundation
import Recurrent
import RecurrentExchange
import Storage
import Testing

/// `rnn export`, `import`, `run` and `inspect` on files of other programs.
struct ExchangeTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  private func path(_ name: String) -> String { place.url(name).path }

  private func model(_ change: (inout ModelConfiguration) -> Void = { _ in }) throws -> Model<Float> {
    var configuration = ModelConfiguration(
      cell: .lstm, input: .vectors(size: 3), hiddenSize: 4, layerCount: 2, outputSize: 2)
    change(&configuration)
    return try Model<Float>(configuration, seed: 5)
  }

  /// Numbers that look random.
  private func noise(_ count: Int) -> [Float] { (0..<count).map { Float(sin(Double($0 * $0) + 0.5)) } }

  private func write(_ tensors: [(name: String, shape: [Int], values: [Float])], to name: String) throws {
    try Safetensors.write(to: path(name), tensors: tensors.map { ($0.name, .F32, $0.shape) }) {
      (tensor, file) throws(FileError) in
      let values = tensors.first { $0.name == tensor.name }!.values
      try file.write(values.span)
    }
  }

  // MARK: Export and import

  @Test(arguments: ["weights.safetensors", "weights.npz"])
  func thereAndBack(name: String) throws {
    try model().save(to: path("model.safetensors"))
    let export = try place.rnn("export", "model.safetensors", name)
    #expect(export.status == 0, "\(export.errors)")
    #expect(export.text.contains("LSTM(") && export.text.contains("(2)") == name.hasSuffix(".npz"))
    let first = try place.data(name)
    let imported = try place.rnn("import", name, "again.safetensors")
    #expect(imported.status == 0, "\(imported.errors)")
    #expect(imported.text.contains("rnn.weight_hh_l1") && imported.text.contains("lstm, 2 × 4, vectors of 3"))
    // The same weights give the same bytes: one bias where Keras has one, so compared after one round.
    try #require(try place.rnn("export", "again.safetensors", name).status == 0)
    #expect(try place.data(name) == first)
    if name.hasSuffix(".safetensors") {
      #expect(try place.data("again.safetensors") == place.data("model.safetensors"))
    }
    // An input is never written over.
    expectFailure(
      try place.rnn("export", "again.safetensors", "./again.safetensors"), 1, "again.safetensors", "overwritten")
    expectFailure(try place.rnn("import", name, name), 1, name, "overwritten")
  }

  @Test func importOptions() throws {
    let source = try model { $0.input = .vectors(size: 4) }
    try source.saveStateDictionary(to: path("weights.safetensors"))
    let symbols = try place.rnn(
      "import", "weights.safetensors", "a.safetensors", "--one-hot", "--symbols", "abé€", "--head", "last-step",
      "--precision", "double")
    #expect(symbols.status == 0, "\(symbols.errors)")
    let inspected = try place.rnn("inspect", "a.safetensors", "--json").json()
    let configuration = try #require(inspected["configuration"] as? [String: Any])
    #expect(configuration["head"] as? String == "last-step")
    #expect((inspected["vocabulary"] as? [String: Any])?["count"] as? Int == 4)
    #expect(try Model<Double>(contentsOf: path("a.safetensors")).vocabulary?.decode([2, 3]) == "é€")
    #expect(try ArrayFile(path: path("a.safetensors")).entries.allSatisfy { $0.type == "F64" })
    try place.write("d c b a a", to: "text.txt")
    expectFailure(
      try place.rnn("import", "weights.safetensors", "b.safetensors", "--one-hot", "--vocabulary", "text.txt"), 1,
      "5 symbols", "4 tokens")
    expectFailure(
      try place.rnn("import", "weights.safetensors", "b.safetensors", "--one-hot", "--symbols", "ba"), 64, "--symbols",
      "not greater")
    // A configuration as rnn inspect writes it.
    let text = try place.rnn("inspect", "a.safetensors", "--json").text
    try place.write(text, to: "config.json")
    let configured = try place.rnn("import", "weights.safetensors", "c.safetensors", "--config", "config.json")
    #expect(configured.status == 0 && configured.text.contains("last-step"), "\(configured.errors)")
    let mapped = try place.rnn(
      "import", "weights.safetensors", "d.safetensors", "--prefix", "linear=head", "--prefix", "rnn=a.b", "--ignore",
      "x")
    #expect(mapped.status == 0 && mapped.text.contains("head.weight") == false, "\(mapped.errors)")
  }

  @Test func refusedExchange() throws {
    try model { $0.isResidual = true }.save(to: path("model.safetensors"))
    for name in ["out.safetensors", "out.npz"] {
      expectFailure(try place.rnn("export", "model.safetensors", name), 1, "residual")
      #expect(!place.exists(name))
    }
    expectFailure(try place.rnn("export", "model.safetensors", "out.bin"), 64, "--format")
    expectFailure(try place.rnn("export", "model.safetensors", "out.bin", "--format", "pickle"), 64, "pickle")
    expectFailure(try place.rnn("export", "nowhere.safetensors", "out.npz"), 1, "nowhere.safetensors")
    expectFailure(try place.rnn("import", "nowhere.npz", "out.safetensors"), 1, "nowhere.npz")
    expectFailure(try place.rnn("import", "model.safetensors", "out.safetensors"), 1, "a model of this program")
    try write([("a.weight", [2, 2], noise(4))], to: "foreign.safetensors")
    expectFailure(try place.rnn("import", "foreign.safetensors", "out.safetensors"), 1, "a.weight", "weight_ih_l0")
    expectFailure(
      try place.rnn("import", "foreign.safetensors", "out.safetensors", "--prefix", "nothing"), 64, "--prefix")
    expectFailure(
      try place.rnn("import", "foreign.safetensors", "out.safetensors", "--config", "c.json", "--one-hot"), 64,
      "--one-hot")
    try place.write("{\"cell\": \"lstm\"", to: "c.json")
    expectFailure(
      try place.rnn("import", "foreign.safetensors", "out.safetensors", "--config", "c.json"), 1, "c.json")
    try place.write("{\"cell\": \"lstm\"}", to: "c.json")
    expectFailure(
      try place.rnn("import", "foreign.safetensors", "out.safetensors", "--config", "c.json"), 1, "c.json", "input")
    try model().saveKeras(to: path("keras.npz"))
    expectFailure(try place.rnn("import", "keras.npz", "out.safetensors", "--ignore", "x"), 64, "--ignore", "Keras")
    #expect(!place.exists("out.safetensors"))
  }

  // MARK: Run

  /// Runs a model as a program would, and as the command does.
  private func check(
    _ model: Model<Float>, steps: Int, sequences: Int, lengths: [Int]? = nil, options: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try model.save(to: path("model.safetensors"))
    let configuration = model.configuration
    let size = configuration.input.size
    let vectors = noise(steps * sequences * size)
    var state = RecurrentState<Float>(zerosFor: configuration, batchSize: sequences)
    state.values = noise(state.values.count)
    let directions = configuration.directions.count * configuration.layerCount
    var tensors = [(name: "input", shape: [steps, sequences, size], values: vectors)]
    for (part, name) in zip(0..<state.partCount, ["initial_h", "initial_c"]) {
      tensors.append((name, [directions, sequences, configuration.hiddenSize], state[part: part]))
    }
    try Safetensors.write(
      to: path("x.safetensors"),
      tensors: tensors.map { ($0.name, .F32, $0.shape) } + (lengths == nil ? [] : [("lengths", .U8, [sequences])])
    ) { (tensor, file) throws(FileError) in
      if let found = tensors.first(where: { $0.name == tensor.name }) {
        let values = found.values
        try file.write(values.span)
      } else {
        let bytes = (lengths ?? []).map { UInt8($0) }
        try file.write(bytes.span)
      }
    }
    let outcome = try place.rnn(
      ["run", "model.safetensors", "--input", "x.safetensors", "--output", "y.safetensors", "--threads", "1"] + options)
    try #require(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
    let result = try ArrayFile(path: path("y.safetensors"))

    var pass = try RecurrentPass<Float>(
      model, steps: steps, batchSize: sequences, isRagged: lengths != nil, threads: 1)
    pass.initialState = state
    if let lengths {
      let parts = lengths.enumerated().map { sequence, length in
        (0..<length).flatMap { step -> [Float] in
          let start = (step * sequences + sequence) * size
          return Array(vectors[start..<start + size])
        }
      }
      pass.forward(.vectors(Sequences(parts, width: size)))
    } else {
      pass.forward(vectors: vectors.span)
    }
    let width = configuration.outputSize
    var expected: [Float]
    if let lengths, !configuration.head.isPooled {
      expected = [Float](repeating: 0, count: steps * sequences * width)
      let outputs = pass.outputSequences
      for (sequence, length) in lengths.enumerated() {
        for (index, value) in outputs[sequence].enumerated() {
          expected[(index / width * sequences + sequence) * width + index % width] = value
        }
        #expect(outputs[sequence].count == length * width)
      }
    } else {
      expected = pass.outputs
    }
    // Products of fewer rows may add in another order: a few roundoffs of numbers below 1, over a state that forgets.
    let output: [Float] = try result.values("output")
    try #require(output.count == expected.count, sourceLocation: sourceLocation)
    let worst = zip(output, expected).map { abs($0 - $1) }.max()!
    #expect(worst <= 64 * Float.ulpOfOne, "\(worst)", sourceLocation: sourceLocation)
    let final = pass.finalState
    for (part, name) in zip(0..<state.partCount, ["final_h", "final_c"]) {
      let values: [Float] = try result.values(name)
      #expect(result.entry(name)?.shape == [directions, sequences, configuration.hiddenSize])
      let worst = zip(values, final[part: part]).map { abs($0 - $1) }.max()!
      #expect(worst <= 64 * Float.ulpOfOne, "\(name): \(worst)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: ModelConfiguration.Head.allCases, [Directions.forward, .both(merge: .concatenate)])
  func heads(head: ModelConfiguration.Head, directions: Directions) throws {
    let configuration = ModelConfiguration(
      cell: .lstm, input: .vectors(size: 3), hiddenSize: 4, layerCount: 2, directions: directions,
      outputSize: head == .none ? 4 * directions.count : 2, head: head)
    let model = try Model<Float>(configuration, seed: 7)
    try check(model, steps: 6, sequences: 3)
    try check(model, steps: 6, sequences: 3, lengths: [2, 6, 0])
  }

  /// 200 sequences of 90 steps are more than a piece holds.
  @Test(arguments: [ModelConfiguration.Head.everyStep, .lastStep])
  func pieces(head: ModelConfiguration.Head) throws {
    let model = try Model<Float>(
      ModelConfiguration(cell: .gru, input: .vectors(size: 1), hiddenSize: 2, outputSize: 2, head: head), seed: 7)
    try check(model, steps: 90, sequences: 200)
    try check(model, steps: 90, sequences: 200, lengths: (0..<200).map { $0 * 7 % 91 })
  }

  @Test func ordersAndKindsOfFiles() throws {
    let model = try Model<Float>(
      ModelConfiguration(
        cell: .gru, input: .embedding(vocabularySize: 5, size: 3), hiddenSize: 4, outputSize: 2), seed: 1)
    try model.save(to: path("model.safetensors"))
    // Whole numbers in floats are no tokens; in 64 bits they are.
    func tokens(_ shape: [Int], _ values: [UInt8], _ name: String = "x.safetensors") throws {
      try Safetensors.write(to: path(name), tensors: [("words", .I64, shape)]) { (_, file) throws(FileError) in
        let bytes: [UInt8] = values.flatMap { [$0, 0, 0, 0, 0, 0, 0, 0] as [UInt8] }
        try file.write(bytes.span)
      }
    }
    func run(_ output: String, _ options: String...) throws -> ArrayFile {
      let outcome = try place.rnn(
        ["run", "model.safetensors", "--input", "x.safetensors", "--output", output] + options)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try ArrayFile(path: path(output))
    }
    try tokens([3, 2], [0, 1, 2, 3, 4, 0])
    let timeFirst = try run("a.safetensors")
    try tokens([2, 3], [0, 2, 4, 1, 3, 0])
    let batchFirst = try run("b.npz", "--batch-first", "--input-tensor", "words")
    #expect(timeFirst.entry("output")?.shape == [3, 2, 2] && batchFirst.entry("output")?.shape == [2, 3, 2])
    let (a, b): ([Float], [Float]) = (try timeFirst.values("output"), try batchFirst.values("output"))
    for step in 0..<3 {
      for sequence in 0..<2 {
        let (left, right) = ((step * 2 + sequence) * 2, (sequence * 3 + step) * 2)
        #expect(a[left..<left + 2] == b[right..<right + 2])
      }
    }
    #expect(try timeFirst.values("final_h", as: Float.self) == batchFirst.values("final_h", as: Float.self))
    try tokens([3], [0, 2, 4])
    let single = try run("c.npy")
    #expect(single.entry("")?.shape == [3, 2])
    // Alone it may go through other products than beside another.
    let alone: [Float] = try single.values("")
    for step in 0..<3 {
      for unit in 0..<2 { #expect(abs(alone[step * 2 + unit] - a[step * 4 + unit]) <= 16 * Float.ulpOfOne) }
    }
    let state = try run("d.safetensors", "--precision", "double")
    #expect(state.entry("final_h")?.shape == [1, 4] && state.entry("output")?.type == "F64")
  }

  @Test func refusedRuns() throws {
    try model().save(to: path("model.safetensors"))
    func run(_ options: String...) throws -> Outcome {
      try place.rnn(["run", "model.safetensors", "--input", "x.safetensors", "--output", "y.npy"] + options)
    }
    expectFailure(try run(), 1, "x.safetensors")
    try write([("input", [2, 2, 4], noise(16))], to: "x.safetensors")
    expectFailure(try run(), 1, "[2, 2, 4]", "[T, N, 3]")
    try write([("input", [2, 0, 3], [])], to: "x.safetensors")
    expectFailure(try run(), 1, "[2, 0, 3]", "none of them 0")
    try write([("one", [1, 3], noise(3)), ("two", [1, 3], noise(3))], to: "x.safetensors")
    expectFailure(try run(), 1, "\"input\"", "one", "two")
    let other = try run("--input-tensor", "two")
    #expect(other.status == 0 && other.errors.contains("x.safetensors: \"one\": the model has no such input"))
    try write([("input", [1, 2, 3], noise(6)), ("initial_h", [2, 2, 4], noise(16))], to: "x.safetensors")
    expectFailure(try run(), 1, "initial_c")
    try write([("input", [1, 2, 3], noise(6)), ("lengths", [2], [1, 1])], to: "x.safetensors")
    expectFailure(try run(), 1, "lengths", "whole numbers")
    expectFailure(try run("--lengths-tensor", "sizes"), 1, "sizes")
    expectFailure(
      try place.rnn("run", "model.safetensors", "--input", "x.safetensors", "--output", "y.txt"), 64, ".npz")
    expectFailure(
      try place.rnn("run", "model.safetensors", "--input", "x.safetensors", "--output", "./x.safetensors"), 1,
      "overwritten")
    let tokens = ModelConfiguration(cell: .gru, input: .oneHot(vocabularySize: 3), hiddenSize: 2, outputSize: 3)
    try Model<Float>(tokens, seed: 1).save(to: path("model.safetensors"))
    try write([("input", [1, 2], [0, 1])], to: "x.safetensors")
    expectFailure(try run(), 1, "whole numbers")
    try Safetensors.write(to: path("x.safetensors"), tensors: [("input", .U8, [1, 2])]) { (_, file) throws(FileError) in
      let bytes: [UInt8] = [2, 3]
      try file.write(bytes.span)
    }
    expectFailure(try run(), 1, "token 3 at [0, 1]", "0..<3")
    #expect(place.exists("y.npy") == true, "of the one run that went well")
  }

  /// A graph without an input for lengths must not seem to respect them.
  @Test func tensorsThatAGraphDoesNotTake() throws {
    try model().save(to: path("model.safetensors"))
    try #require(try place.rnn("export", "model.safetensors", "model.onnx").status == 0)
    let sequences: (name: String, shape: [Int], values: [Float]) = ("input", [1, 2, 3], noise(6))
    for (tensors, isNoted) in [([sequences], false), ([sequences, ("lengths", [2], [1, 1])], true)] {
      try write(tensors, to: "x.safetensors")
      let outcome = try place.rnn("run", "model.onnx", "--input", "x.safetensors", "--output", "y.npy")
      #expect(outcome.status == 0)
      #expect(outcome.errors.contains("\"lengths\": the model has no such input") == isNoted, "\(outcome.errors)")
    }
  }

  // MARK: Inspect

  @Test func inspectedFiles() throws {
    try model().saveStateDictionary(to: path("weights.safetensors"))
    var outcome = try place.rnn("inspect", "weights.safetensors")
    #expect(outcome.status == 0 && outcome.text.contains("PyTorch state dictionary: lstm, 2 × 4"), "\(outcome.text)")
    #expect(outcome.text.contains("rnn.weight_hh_l1  F32   16 × 4"))
    let found = try place.rnn("inspect", "weights.safetensors", "--json").json()
    #expect((found["configuration"] as? [String: Any])?["cell"] as? String == "lstm")
    #expect((found["arrays"] as? [Any])?.count == 10)

    try model().saveKeras(to: path("weights.npz"))
    outcome = try place.rnn("inspect", "weights.npz")
    #expect(outcome.text.contains("Keras weights: lstm, 2 × 4") && outcome.text.contains("0.recurrent_kernel"))

    try write([("gru.weight_ih_l0", [6, 2], noise(12))], to: "part.safetensors")
    outcome = try place.rnn("inspect", "part.safetensors")
    #expect(outcome.status == 0 && outcome.text.contains("but part.safetensors has no tensor \"gru.weight_hh_l0\""))

    try NPYFile.write(to: path("a.npy"), shape: [2, 3], values: noise(6))
    outcome = try place.rnn("inspect", "a.npy")
    #expect(outcome.status == 0 && outcome.text.contains("2 × 3") && outcome.text.contains("float32"))
    try place.data("a.npy").dropLast().write(to: place.url("cut.npy"))
    expectFailure(try place.rnn("inspect", "cut.npy"), 1, "cut.npy", "takes 24 bytes")
  }

  /// A pipe can be read only once.
  @Test func inspectedPipes() throws {
    try model().save(to: path("model.safetensors"))
    let script = "\"$0\" inspect <(cat model.safetensors)"
    let outcome = try place.run("/bin/bash", ["-c", script, Workplace.command.path])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text == (try place.rnn("inspect", "model.safetensors").text))
  }
}
