import Recurrent
import Tables

/// Japanese vowels (Kudo, Toyama & Shimbo 1999): which of nine speakers said a vowel, by a reservoir's last state; of 12
/// channels over 7 to 29 steps, 270 to fit to and 370 to measure on.
struct VowelsTask {
  private let training: LabelledSequences
  private let test: LabelledSequences
  private let classes: [String]

  /// - Parameter folder: of JapaneseVowels_TRAIN.ts and JapaneseVowels_TEST.ts.
  init(folder: String) throws {
    training = try LabelledSequences(tsFile: folder + "/JapaneseVowels_TRAIN.ts")
    test = try LabelledSequences(tsFile: folder + "/JapaneseVowels_TEST.ts")
    classes = training.classes
  }

  /// The share of the test part whose speaker is found; the penalty by leave-one-out.
  func rightShare<S: Scalar>(
    units: Int, _ kind: ReservoirConfiguration.Connections, seed: UInt64, threads: Int, _ scalar: S.Type
  ) throws -> Double {
    var reservoir = ReservoirConfiguration(
      inputSize: training.features.count, outputSize: classes.count, unitCount: units)
    reservoir.connections = kind
    (reservoir.spectralRadius, reservoir.leakRate, reservoir.inputScaling, reservoir.biasScaling) = (0.9, 0.1, 1, 0.2)
    reservoir.head = .lastStep
    let model = try Model<S>(reservoir, seed: seed).fittingHead(
      to: input(training), .classes(labels(training)), threads: threads
    ).model
    let outputs = try model.predict(input(test), threads: threads)
    let truth = try labels(test)
    let right = truth.indices.filter { index in
      let row = outputs[index]
      return row.indices.max { row[$0] < row[$1] }.map { $0 - row.startIndex } == Int(truth[index][0])
    }
    return Double(right.count) / Double(truth.count)
  }

  private func input<S: Scalar>(_ data: LabelledSequences) -> ModelInput<S> {
    .vectors(data.items.map { $0.values.map { S($0) } })
  }

  private func labels(_ data: LabelledSequences) throws -> [[Int32]] { try data.classNumbers(classes) }
}
