import Recurrent
import Testing

@Suite("Early stopping")
struct EarlyStoppingTests {
  @Test("Stops after so many evaluations in a row without a new lowest loss")
  func patience() {
    var stopping = EarlyStopping(patience: 2)
    let losses = [3, 2, 2.5, 1.5, 1.5, 1.4, 1.6, 1.41]
    let stops = losses.map { stopping.shouldStop(after: $0) }
    #expect(stops == losses.indices.map { $0 == 7 })
    #expect(stopping.lowestLoss == 1.4)
    #expect(stopping.evaluationsWithoutProgress == 2)
  }

  /// Neither progress nor a reason to go on.
  @Test("A loss that is not a number counts as none")
  func notANumber() {
    var stopping = EarlyStopping(patience: 1)
    let stops = [1, .nan].map { stopping.shouldStop(after: $0) }
    #expect(stops == [false, true])
    #expect(stopping.lowestLoss == 1)
  }
}
