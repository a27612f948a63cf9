import Recurrent
import Testing

/// Times of steps, made up, and what follows from them.
@Suite("Sharing on trial")
struct SharingTrialTests {
  /// Takes steps, of `alone` or `shared` microseconds.
  /// - Returns: how many were shared.
  private func take(_ steps: Int, _ trial: inout SharingTrial, alone: Int, shared: Int, rows: Int = 1) -> Int {
    var count = 0
    for _ in 0..<steps {
      let shares = trial.shares(rows: rows)
      count += shares ? 1 : 0
      trial.note(.microseconds(shares ? shared : alone))
    }
    return count
  }

  @Test("What is faster shared is shared, but for the first steps")
  func faster() {
    var trial = SharingTrial()
    #expect(take(16, &trial, alone: 300, shared: 160) == 0)
    #expect(take(1000, &trial, alone: 300, shared: 160) == 1000)
  }

  @Test("What is not is not, and tried ever more rarely")
  func slower() {
    var trial = SharingTrial()
    // A little slower: each trial is twelve steps, after 16, 64, 256, 1024 and 4096.
    #expect(take(6000, &trial, alone: 300, shared: 290) == 5 * 12)
    // Much slower: one.
    trial = SharingTrial()
    #expect(take(6000, &trial, alone: 300, shared: 10_000) == 5)
  }

  @Test("The first steps of a trial may be slow: workers wake, and their caches are cold")
  func coldCaches() {
    var trial = SharingTrial()
    #expect(take(16, &trial, alone: 300, shared: 160) == 0)
    #expect(take(4, &trial, alone: 300, shared: 2000) == 4)
    #expect(!trial.isSharing)
    #expect(take(1000, &trial, alone: 300, shared: 160) == 1000)
    #expect(trial.isSharing)
  }

  @Test("A machine that becomes busy, and free again")
  func changes() {
    var trial = SharingTrial()
    _ = take(100, &trial, alone: 300, shared: 160)
    // Two steps, and then trials after 64 and 256.
    #expect(take(1000, &trial, alone: 300, shared: 10_000) <= 2 + 3)
    #expect(take(5000, &trial, alone: 300, shared: 160) >= 3000)
  }

  @Test("A slow step now and then changes nothing")
  func outliers() {
    var trial = SharingTrial()
    _ = take(20, &trial, alone: 300, shared: 160)
    for _ in 0..<100 {
      #expect(take(30, &trial, alone: 300, shared: 160) == 30)
      #expect(take(1, &trial, alone: 300, shared: 20_000) == 1)
    }
  }

  @Test("Steps of other sizes are judged anew")
  func rows() {
    var trial = SharingTrial()
    #expect(take(100, &trial, alone: 300, shared: 160) == 84)
    #expect(take(16, &trial, alone: 3000, shared: 1600, rows: 16) == 0)
    #expect(take(16, &trial, alone: 3000, shared: 1600, rows: 16) == 16)
  }
}
