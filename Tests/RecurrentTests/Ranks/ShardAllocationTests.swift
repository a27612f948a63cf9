import AllocationCounter
import Recurrent
import TestSupport
import Testing

/// See `AllocationTests`.
@Suite(
  "Allocations of shards", .enabled(if: isOptimized, "an optimised build"),
  .enabled(if: allocation_counter_works(), "glibc without a sanitizer"))
struct ShardAllocationTests {
  @Test("A step in shards allocates nothing")
  func steps() async {
    await #expect(processExitsWith: .success) {
      let tokens = [Int32](repeating: 1, count: 5 * 8)
      let vectors = [Float](repeating: 0.5, count: 5 * 8 * 3)
      let lengths = [5, 5, 0, 2, 1, 4]
      let sequences = Sequences(values: [Int32](repeating: 2, count: 17), lengths: lengths)
      for threads in [1, 2] {
        let streams = try TokenStreams([Int32](repeating: 3, count: 1000), batchSize: 8, sequenceLength: 5)
        let cases: [(ModelInput<Float>, ModelTarget<Float>, ModelConfiguration.Input)] = [
          (.tokens(tokens), .classes(tokens), .oneHot(vocabularySize: 5)),
          (streams.input(0), streams.target(0), .embedding(vocabularySize: 5, size: 4)),
          (.tokens(sequences), .classes(sequences), .oneHot(vocabularySize: 5)),
          (.vectors(vectors), .classes(tokens), .vectors(size: 3)),
        ]
        for (index, (input, target, kind)) in cases.enumerated() {
          let configuration = ModelConfiguration(
            cell: .lstm, input: kind, hiddenSize: 16, layerCount: 2, outputSize: 5, dropout: 0.2)
          var trainer = try Trainer<Float>(
            Model(configuration, seed: 1), batchSize: 8, sequenceLength: 5, clipping: GradientClipping(norm: 1),
            carriesState: true, isRagged: index == 2, shards: 4, threads: threads)
          let count = fewestAllocations { _ = trainer.step(input, target) }
          #expect(count == 0, "\(count) in ten steps of \(threads) workers, case \(index)")
        }
      }
    }
  }
}
