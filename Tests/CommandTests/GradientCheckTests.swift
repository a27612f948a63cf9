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

  @Test func tableShowsWhereAndHowMuch() throws {
    let outcome = try Workplace().rnn("gradcheck", "--cell", "lstm", "--hidden-size", "2", "--batch-size", "3")
    let lines = outcome.text.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
    #expect(lines[1].joined(separator: " ") == "tensor elements worst at analytic numeric relative error")
    let row = try #require(lines.first { $0.contains("rnn.weight_ih_l0") })
    #expect(row.count == 7 && row[0] == "ok" && row[2] == "24")
    #expect(row[3].wholeMatch(of: #/\[[0-7],[0-2]\]/#) != nil)
    let (analytic, numeric, error) = (Double(row[4])!, Double(row[5])!, Double(row[6])!)
    #expect(abs(analytic - numeric) <= 1e-8 + 1e-5 * abs(numeric))
    #expect(analytic != 0 && error > 0 && error < 1e-5)
    // [T, N, I] and [L, N, H]
    #expect(outcome.text.contains(#/ok +input +63 +\[[0-6],[0-2],[0-2]\] /#))
    #expect(outcome.text.contains(#/ok +initial state c +6 +\[0,[0-2],[01]\] /#))
    #expect(outcome.text.contains(#/ok +linear.bias +4 +\[[0-3]\] /#))
  }

  /// Here a unit is closer to 0 than the first step.
  @Test func kinksAtADistanceDoNotFail() throws {
    let outcome = try Workplace().rnn(
      "gradcheck", "--cell", "rnn-relu", "--seed", "3", "--hidden-size", "24", "--sequence-length", "16",
      "--batch-size", "8")
    #expect(outcome.status == 0, "\(outcome.text)")
  }

  /// One unit that feeds itself with a weight above 1 grows beyond what differences in Double can resolve: a real
  /// failure, without a wrong cell.
  @Test func failureIsToldByTheExitCode() throws {
    let place = try Workplace()
    for seed in 1...20 {
      let outcome = try place.rnn(
        "gradcheck", "--cell", "rnn-relu", "--hidden-size", "1", "--sequence-length", "1000", "--batch-size", "1",
        "--input", "one-hot", "--seed", String(seed))
      if outcome.status == 0 { continue }
      expectFailure(outcome, 1, "failed the gradient check")
      #expect(outcome.text.contains("FAILED  linear.bias"))
      return
    }
    Issue.record("no seed has such a weight")
  }

  @Test(arguments: ["one-hot", "embedding", "vectors"], ["every-step", "last-step", "none"])
  func everyInputAndHead(input: String, head: String) throws {
    for loss in ["cross-entropy", "mean-squared-error"] {
      let outcome = try Workplace().rnn(
        "gradcheck", "--cell", "gru", "--layers", "2", "--hidden-size", "3", "--sequence-length", "3", "--input", input,
        "--head", head, "--loss", loss, "--dropout", "0.3", "--seed", "5")
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.text.contains("rnn.weight_ih_l1"))
    }
  }

  @Test(arguments: ["binary-cross-entropy", "mean-absolute-error", "huber", "ctc"])
  func everyLoss(loss: String) throws {
    let outcome = try Workplace().rnn("gradcheck", "--cell", "gru", "--loss", loss)
    #expect(outcome.status == 0, "\(outcome.text)\(outcome.errors)")
  }

  @Test func alignmentsNeedEveryStep() throws {
    expectFailure(
      try Workplace().rnn("gradcheck", "--loss", "ctc", "--head", "last-step"), 64, "'ctc'", "--loss", "last step")
  }

  @Test func withoutAHeadTheOutputsAreTheHiddenUnits() throws {
    let place = try Workplace()
    let outcome = try place.rnn("gradcheck", "--cell", "rnn", "--head", "none")
    #expect(outcome.status == 0 && !outcome.text.contains("linear"))
    expectFailure(
      try place.rnn("gradcheck", "--head", "none", "--output-size", "5"), 64, "--output-size", "'5'", "without a head")
    expectFailure(
      try place.rnn("gradcheck", "--head", "none", "--head-dropout", "0.5"), 64, "--head-dropout", "without a head")
  }
}
