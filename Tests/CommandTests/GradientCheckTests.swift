import Foundation
import Testing

struct GradientCheckTests {
  @Test func everyCellPasses() throws {
    let outcome = try Workplace().rnn("gradcheck", "--hidden-size", "3", "--sequence-length", "3")
    #expect(outcome.status == 0, "\(outcome.errors)")
    for part in ["rnn-relu\n", "lstm\n", "gru-reset-before\n", "rnn.weight_hh_l0", "initial state c", "linear.bias"] {
      #expect(outcome.text.contains(part))
    }
    #expect(!outcome.text.contains("FAILED"))
  }

  /// A kink is where central differences are wrong: a real failure, without a wrong cell.
  @Test func failureIsToldByTheExitCode() throws {
    let place = try Workplace()
    for seed in 1...20 {
      let outcome = try place.rnn(
        "gradcheck", "--cell", "rnn-relu", "--hidden-size", "24", "--sequence-length", "16", "--batch-size", "8",
        "--seed", String(seed))
      if outcome.status == 0 { continue }
      expectFailure(outcome, 1, "failed the gradient check")
      #expect(outcome.text.contains("FAILED  rnn."))
      return
    }
    Issue.record("no seed came near a kink")
  }

  @Test(arguments: ["one-hot", "embedding", "vectors"], ["every-step", "last-step"])
  func everyInputAndHead(input: String, head: String) throws {
    for loss in ["cross-entropy", "mean-squared-error"] {
      let outcome = try Workplace().rnn(
        "gradcheck", "--cell", "gru", "--layers", "2", "--hidden-size", "3", "--sequence-length", "3", "--input", input,
        "--head", head, "--loss", loss, "--dropout", "0.3", "--seed", "5")
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.text.contains("rnn.weight_ih_l1"))
    }
  }
}
