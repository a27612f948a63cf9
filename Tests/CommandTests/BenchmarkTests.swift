import Foundation
import Recurrent
import Testing

/// Command lines of `rnn-bench` that cannot be right: code 64 and one line. They are refused before anything is measured,
/// so that a debug build can be asked.
struct BenchmarkUsageTests {
  @Test(arguments: [
    ("1,2", "expected T,N,I,H or T,N,I,H,L"), ("1,2,3,4,5,6", "expected T,N,I,H or T,N,I,H,L"),
    ("", "expected T,N,I,H"),
    ("0,1,2,3", "T is '0'"), ("1,0,2,3", "N is '0'"), ("1,2,0,3", "I is '0'"), ("1,2,3,0", "H is '0'"),
    ("1,2,3,4,0", "L is '0'"), ("1,2,3,4,1001", "from 1 to 1000"), ("a,b,c,d", "T is 'a'"), ("1,-2,3,4", "N is '-2'"),
    ("1,2,3.5,4", "I is '3.5'"), ("1,2,hot,4", "I is 'hot'"), ("1,2,0hot,4", "I is '0hot'"),
    ("1,2,3,4hot", "H is '4hot'"),
    ("1, 2,3,4", "N is ' 2'"), ("1,2,3,", "H is ''"), ("99999999999999999999,1,1,1", "from 1 to 1000000"),
  ])
  func shapes(shape: String, reason: String) throws {
    let outcome = try Workplace().bench(["layers", "--shape", shape])
    expectFailure(outcome, 64, "--shape", "'\(shape)'", reason, command: "rnn-bench")
  }

  @Test(arguments: [
    ["layers", "--cell", "transformer"], ["layers", "--mode", "sideways"], ["layers", "--threads", "0"],
    ["layers", "--threads", "1025"], ["layers", "--rounds", "0"], ["layers", "--rounds", "many"],
    ["stream", "--hidden", "0"], ["stream", "--layers", "0"], ["stream", "--cell", "x"], ["peak", "--threads", "-1"],
    ["matmul", "--size", "0"], ["everything"], ["tasks", "--task", "flying"], ["tasks", "--cell", "x"],
    ["tasks", "--seed", "-1"], ["tasks", "--threads", "1025"], ["tasks", "--updates", "0"], ["link", "--bytes", "7"],
    ["link", "--seconds", "0"],
  ])
  func flags(arguments: [String]) throws {
    expectFailure(try Workplace().bench(arguments), 64, arguments.last!, command: "rnn-bench")
  }

  @Test(arguments: [
    ["layers", "--dump", "file"], ["layers", "--on-request"], ["stream", "--on-request", "--hidden", "8"],
    [
      "layers", "--on-request", "--cell", "rnn", "--shape", "1,1,1,1", "--mode", "infer", "--threads", "1", "--threads",
      "2",
    ],
  ])
  func exactlyOneCase(arguments: [String]) throws {
    expectFailure(try Workplace().bench(arguments), 64, "needs exactly one case", command: "rnn-bench")
  }
}

/// `rnn-bench link` and `rnn-bench scaling`, which measure nothing here.
struct ScalingTests {
  @Test("A link is between processes")
  func alone() throws {
    expectFailure(
      try Workplace().bench(["link"]), 64, "an exchange needs two processes or more", command: "rnn-bench")
  }

  /// By hand: 10 ms of fixed work and 1 ms a row; 1 GB/s, so that 1 MB go in 1 ms.
  private static let measured = """
    {"links": [{"name": "slow", "alpha_microseconds": 100, "megabytes_per_second": 1000}],
     "networks": [{"name": "net", "parameters": 500000, "rows": [10, 64], "milliseconds": [20, 74],
       "parts": [{"share": 0.75, "left": 0.25}, {"share": 0.25, "left": 0}]}]}
    """

  @Test("The table is what the model says, and the picture is drawn")
  func table() throws {
    let place = try Workplace()
    try place.write(Self.measured, to: "m.json")
    let outcome = try place.bench(["scaling", "m.json", "--chart", "m.svg"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    // Two nodes: 2 MB·½·2 in 2 ms, and three latencies of one peer: 2.3 ms beside 74. In two parts there are five latencies, and the
    // first part, there after three quarters of the 74 ms, is hidden: 0.5 + 0.5 ms are left, in half the bytes 0.25 + 0.5.
    #expect(String(decoding: outcome.output, as: UTF8.self).contains("| net | slow | 97/99/99 |"))
    // 32 rows take 42 ms: 74/(42 + 2.3), 74/(42 + 1) and 74/(42 + 0.75).
    #expect(String(decoding: outcome.output, as: UTF8.self).contains("| net | slow | 1.7/1.7/1.7 |"))
    #expect(try String(decoding: place.data("m.svg"), as: UTF8.self).hasPrefix("<svg"))
  }

  @Test("What cannot be read is said")
  func unreadable() throws {
    let place = try Workplace()
    expectFailure(try place.bench(["scaling", "none.json"]), 1, "none.json", command: "rnn-bench")
    try place.write("[1]", to: "m.json")
    expectFailure(try place.bench(["scaling", "m.json"]), 1, "m.json", command: "rnn-bench")
  }
}

/// Whole runs, short ones. A debug build refuses to measure.
@Suite(.enabled(if: isOptimized, "an optimised build"))
struct BenchmarkRunTests {
  @Test func layers() throws {
    let place = try Workplace()
    let outcome = try place.bench([
      "layers", "--shape", "5,3,4,6", "--shape", "4,2,7hot,5,2", "--rounds", "1", "--threads", "1", "--threads", "2",
      "--json", "out.json",
    ])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let results = try #require(try JSONSerialization.jsonObject(with: place.data("out.json")) as? [[String: Any]])
    #expect(results.count == 2 * 3 * 2 * 2)
    for result in results {
      #expect(
        result.keys.sorted() == [
          "batch", "cell", "gigaflops", "hidden", "input", "layers", "milliseconds_median", "milliseconds_min", "mode",
          "peak_fraction", "products", "scalar", "steps", "threads",
        ])
    }
    // 6·T·N·G·H·(I + H) operations of matrix products.
    let first = results[0]
    #expect(first["cell"] as? String == "rnn" && first["mode"] as? String == "train")
    let speed = try #require(first["gigaflops"] as? Double) * #require(first["milliseconds_median"] as? Double)
    #expect(abs(speed * 1e6 - 6 * 5 * 3 * 6 * (4 + 6)) < 1e-6)
    #expect(first["input"] as? Int == 4)
    #expect(results.last?["input"] as? String == "7hot")
  }

  @Test(arguments: ["train", "infer"], ["4", "7hot"])
  func dumpAndRequests(mode: String, input: String) throws {
    let place = try Workplace()
    let outcome = try place.bench(
      [
        "layers", "--shape", "5,3,\(input),6,2", "--cell", "lstm", "--mode", mode, "--threads", "1", "--dump",
        "case.safetensors", "--on-request",
      ], input: "0\n0.001\n")
    try #require(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.count == 3 && lines[0] == "ready")
    for (index, line) in lines.dropFirst().enumerated() {
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: [Double]])
      let times = try #require(object["milliseconds"])
      #expect(index == 0 ? times.count == 1 : times.reduce(0, +) >= 1)
    }

    // The package's own pass on what was dumped.
    let file = try SafetensorsFile(path: place.url("case.safetensors").path)
    func values(_ name: String, _ shape: [Int]) throws -> [Float] {
      try file.doubles(name, shape: shape).map { Float($0) }
    }
    let isOneHot = input.hasSuffix("hot")
    var model = try Model<Float>(
      ModelConfiguration(
        cell: .lstm, input: isOneHot ? .oneHot(vocabularySize: 7) : .vectors(size: 4), hiddenSize: 6, layerCount: 2),
      seed: 0)
    for entry in model.table.entries {
      model[parameter: entry.name] = try values(String(entry.name.dropFirst(4)), entry.shape)
    }
    guard !isOneHot else {
      #expect(try file.tensor("tokens").shape == [5, 3])
      return
    }
    var pass = try RecurrentPass(model, steps: 5, batchSize: 3, inputGradient: true, threads: 1)
    let vectors = try values("input", [5, 3, 4])
    pass.forward(vectors: vectors.span)
    // Few rows are multiplied otherwise in inference: 12 terms at most, each sum exact to 12 roundoffs of its magnitude.
    let outputs = try values("output", [5, 3, 6])
    #expect(zip(pass.outputs, outputs).allSatisfy { abs($0 - $1) < 1e-5 })
    let states = try values("h_n", [2, 3, 6]) + values("c_n", [2, 3, 6])
    #expect(zip(pass.finalState.values, states).allSatisfy { abs($0 - $1) < 1e-5 })
    guard mode == "train" else { return }
    let gradient = try values("output_gradient", [5, 3, 6])
    pass.backward(outputGradient: gradient.span)
    #expect(try values("d.input", [5, 3, 4]) == pass.inputGradient)
    for entry in model.table.entries {
      #expect(try values("d." + entry.name.dropFirst(4), entry.shape) == pass.gradient(of: entry.name))
    }
  }

  @Test func stream() throws {
    let place = try Workplace()
    let arguments = ["stream", "--hidden", "16", "--threads", "1"]
    let outcome = try place.bench(arguments + ["--rounds", "1", "--json", "out.json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let results = try #require(try JSONSerialization.jsonObject(with: place.data("out.json")) as? [[String: Any]])
    #expect(results.map { $0["cell"] as? String } == ["rnn", "lstm", "gru"])
    #expect(results.map { $0["weight_bytes"] as? Int } == [1, 4, 3].map { 4 * 2 * 16 * 16 * $0 })
    let requested = try place.bench(arguments + ["--cell", "gru", "--on-request"], input: "0\n")
    #expect(requested.text.hasPrefix("ready\n{\"milliseconds\":["))
  }

  @Test func tasks() throws {
    let learnt = try Workplace().bench(["tasks", "--task", "addition", "--threads", "1"])
    #expect(learnt.status == 0, "\(learnt.errors)")
    let lines = learnt.text.split(separator: "\n")
    #expect(lines.count == 4 && lines[2].hasPrefix("| addition | gru-reset-before, 1 × 64 | "))
    #expect(lines[3] == "400958 + 737471 = 1138429 (1138429)")
    let missed = try Workplace().bench(["tasks", "--task", "addition", "--updates", "1", "--threads", "1"])
    #expect(missed.status == 1)
    #expect(missed.errors == "rnn-bench: error: not learnt within the updates: addition (gru-reset-before)\n")
    #expect(missed.text.contains("| addition | gru-reset-before, 1 × 64 | 1 | "))
  }

  @Test func requestsThatAreNoNumbers() throws {
    let outcome = try Workplace().bench(
      ["stream", "--hidden", "8", "--cell", "rnn", "--threads", "1", "--on-request"], input: "0\nsoon\n")
    expectFailure(outcome, 1, "'soon'", "number of seconds", command: "rnn-bench")
  }

  @Test(arguments: [
    ["layers", "--shape", "1000000,1000000,1000000,1000000"], ["layers", "--shape", "1000000,1000000,10,10,1000"],
    ["stream", "--hidden", "1000000", "--layers", "1000"],
  ])
  func tooLarge(arguments: [String]) throws {
    expectFailure(try Workplace().bench(arguments), 1, "memory", command: "rnn-bench")
  }

  @Test func unwritableFiles() throws {
    let arguments = ["layers", "--shape", "1,1,1,1", "--cell", "rnn", "--mode", "infer", "--threads", "1"]
    for option in ["--json", "--dump"] {
      expectFailure(
        try Workplace().bench(arguments + [option, "nowhere/file"]), 1, "nowhere/file", command: "rnn-bench")
    }
    expectFailure(
      try Workplace().bench(arguments + ["--json", "file", "--dump", "./file"]), 64, "same file", command: "rnn-bench")
    let outcome = try Workplace().bench(arguments + ["--rounds", "1", "--json", "-"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try JSONSerialization.jsonObject(with: outcome.output) is [[String: Any]])
  }
}

/// Whether assertions are compiled out.
private let isOptimized: Bool = {
  var optimized = true
  assert({ optimized = false }() == ())
  return optimized
}()
