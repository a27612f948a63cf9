import Foundation
import RecurrentONNX
import Testing

/// What others compute: ONNX's own tests, ONNX Runtime, PyTorch.
@Suite struct ConformanceTests {
  /// ONNX's 18 tests of RNN, LSTM and GRU by their names.
  static let nodeTests = [
    "test_simple_rnn_defaults", "test_simple_rnn_with_initial_bias", "test_simple_rnn_batchwise",
    "test_simple_rnn_reverse", "test_simple_rnn_bidirectional", "test_rnn_seq_length",
    "test_lstm_defaults", "test_lstm_with_initial_bias", "test_lstm_with_peepholes", "test_lstm_batchwise",
    "test_lstm_reverse", "test_lstm_bidirectional",
    "test_gru_defaults", "test_gru_with_initial_bias", "test_gru_seq_length", "test_gru_batchwise",
    "test_gru_reverse", "test_gru_bidirectional",
  ]

  /// ONNX's tolerance is |ours − theirs| ≤ 10⁻⁷ + 10⁻³·|theirs|. Ours is a few roundings of `Float`, 2⁻²⁴ each, on values
  /// up to 1 through at most two steps.
  @Test(arguments: nodeTests) func nodeTest(_ name: String) throws {
    let test = Case("Node/\(name)")
    let relative = try test.largestDifference(floor: 1e-4)
    #expect(relative <= 1e-3, "by ONNX's own tolerance")
    let absolute = try test.largestDifference(floor: 1)
    print("\(name): largest difference \(absolute)")
    #expect(absolute <= 8 * 0x1p-24)
  }

  @Test func thereAreNoOtherNodeTests() {
    #expect(Case.all(in: "Node").map(\.testDescription).sorted() == Self.nodeTests.map { "Node/\($0)" }.sorted())
  }

  /// ONNX Runtime computes in `Float`, too: both round. The values are of the order of 1.
  @Test(arguments: Case.all(in: "Runtime")) func agreesWithONNXRuntime(_ test: Case) throws {
    let difference = try test.largestDifference(floor: 1)
    #expect(difference <= 1e-5, "\(difference)")
  }

  @Test(arguments: Case.all(in: "PyTorch")) func agreesWithPyTorch(_ test: Case) throws {
    let difference = try test.largestDifference(floor: 1)
    #expect(difference <= 1e-5, "\(difference)")
  }

  /// `scripts/compare-onnxruntime` makes the cases and reads the line.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["RECURRENT_RUNTIME_CASES"] != nil))
  func agreesOnGivenCases() throws {
    let directory = URL(filePath: ProcessInfo.processInfo.environment["RECURRENT_RUNTIME_CASES"]!)
    var differences: [(difference: Double, name: String)] = []
    for test in Case.all(in: ".", of: directory) {
      differences.append((try test.largestDifference(floor: 1), test.testDescription))
    }
    differences.sort { $0.difference > $1.difference }
    for (difference, name) in differences.prefix(5) { print("\(name): \(difference)") }
    let worst = try #require(differences.first)
    print("\(differences.count) models; largest difference \(worst.difference) (\(worst.name))")
    #expect(worst.difference <= 1e-5)
  }
}
