import AllocationCounter
import Recurrent
import Testing

/// A plan lists what the engine allocates, to the byte: arenas are the only allocations on cache lines. Counted in a process
/// of its own, where nothing else runs.
@Suite("What a plan says is allocated", .enabled(if: allocation_counter_works(), "glibc without a sanitizer"))
struct PlanAllocationTests {
  @Test("Trainings of every cell and input, ragged, in segments, both ways, of every kind of loss")
  func trainings() async {
    await #expect(processExitsWith: .success) {
      for cell in BuiltInCells.all {
        for input in InputKind.allCases {
          var configuration = ModelConfiguration(
            cell: cell, input: input.input(size: 9), hiddenSize: 12, layerCount: 2, outputSize: 30, dropout: 0.5)
          try expectListed(configuration)
          try expectListed(configuration, isRagged: true)
          try expectListed(configuration, recomputing: .segments(ofSteps: 7))
          configuration.directions = .both(merge: .concatenate)
          configuration.headDropout = 0.5
          try expectListed(configuration, loss: .meanSquaredError)
          configuration.head = .maxOverSteps
          configuration.zoneout = Zoneout(hidden: 0.1, cell: 0.1)
          configuration.trainsInitialState = true
          try expectListed(configuration, loss: .crossEntropy(classWeights: [Double](repeating: 1, count: 30)))
        }
      }
      let labelled = ModelConfiguration(cell: .gru, input: .vectors(size: 6), hiddenSize: 18, outputSize: 9)
      try expectListed(labelled, loss: .ctc(maximumLabels: 5))
      var chained = ModelConfiguration(
        cell: .gru,
        input: .features(
          [.init(vocabularySize: 6, size: 3)],
          letters: LetterEncoder(vocabularySize: 3, size: 4, hiddenSize: 3, count: 2)), hiddenSize: 18, outputSize: 9)
      chained.crf = CRFConstraints.none
      try expectListed(chained, loss: .crf, isRagged: true)
      var projected = ModelConfiguration(cell: .lstm, input: .vectors(size: 6), hiddenSize: 18, outputSize: 9)
      projected.projectionSize = 7
      projected.recurrentDropout = 0.2
      for products in Products.allCases { try expectListed(projected, products: products) }
      projected.lowerRanks()
      for products in Products.allCases { try expectListed(projected, products: products) }
      projected.directions = .both(merge: .concatenate)
      try expectListed(projected, isRagged: true)
    }
  }

  @Test("A budget of recomputation is kept by what is allocated")
  func budget() async {
    await #expect(processExitsWith: .success) {
      let configuration = ModelConfiguration(
        cell: .lstm, input: .vectors(size: 20), hiddenSize: 40, layerCount: 2, outputSize: 10)
      let model = try Model<Float>(configuration, seed: 1)
      let bytes = 6 << 20
      let allocated = try alignedBytes {
        _ = try Trainer(
          model, batchSize: 8, sequenceLength: 1000, recomputing: .withinMemory(bytes: bytes), threads: 1)
      }
      #expect(allocated <= bytes && allocated > bytes / 4)
    }
  }
}

/// That making a trainer allocates what its plan says; the few cache lines over which workers meet are none of its.
private func expectListed(
  _ configuration: ModelConfiguration, loss: Loss = .crossEntropy, isRagged: Bool = false,
  recomputing: Recomputation = .none, products: Products = .automatic
) throws {
  let model = try Model<Float>(configuration, seed: 1)
  var planned = 0
  let allocated = try alignedBytes {
    let trainer = try Trainer(
      model, batchSize: 3, sequenceLength: 20, loss: loss, isRagged: isRagged, recomputing: recomputing,
      products: products, threads: 1)
    planned = trainer.plan.totalBytes
  }
  #expect(allocated == planned, "\(configuration.cell.name), \(loss), \(recomputing)")
}

private func alignedBytes(_ body: () throws -> Void) rethrows -> Int {
  allocation_counter_start()
  try body()
  allocation_counter_stop()
  return allocation_counter_aligned_bytes()
}
