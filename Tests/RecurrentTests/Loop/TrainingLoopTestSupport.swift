import Foundation
import Recurrent

/// Small trainings of every kind.
enum LoopTask: String, CaseIterable, Sendable {
  case streams, sequences, equalLengths, labelOfSequence, ownLoss, closure, closureWithLoss, accumulated, plateau

  static let classes = 5

  /// What is trained, on what, and what it is measured on.
  struct Parts: ~Copyable {
    var trainer: Trainer<Float>
    let data: TrainingData<Float>
    let held: ValidationData<Float>
    var options: TrainingOptions
  }

  func parts(epochs: Int = 4) throws -> Parts {
    let isPooled = self == .labelOfSequence
    var configuration = ModelConfiguration(
      cell: GRUCell.gru, input: .oneHot(vocabularySize: Self.classes), hiddenSize: 6, outputSize: Self.classes,
      head: isPooled ? .lastStep : .everyStep, headDropout: 0.2)
    if hasOwnLoss { configuration.outputSize = 1 }
    let isRagged = ![.streams, .equalLengths, .closure, .closureWithLoss].contains(self)
    let isAccumulated = self == .accumulated
    let trainer = try Trainer(
      Model<Float>(configuration, seed: 3), batchSize: 4, sequenceLength: 8, loss: hasOwnLoss ? .custom : .crossEntropy,
      optimizer: .adam(learningRate: 0.02), schedule: self == .plateau ? .constant : .cosine(warmUp: 2, total: 40),
      clipping: GradientClipping(norm: 1), carriesState: self == .streams, isRagged: isRagged,
      accumulatesGradients: isAccumulated, threads: 1, seed: 5)
    var options = TrainingOptions(.epochs(epochs))
    if isAccumulated { options.batchesPerStep = 3 }
    if self == .plateau { options.plateau = ReduceOnPlateau(factor: 0.5, patience: 1) }
    options.generationLimit = 0
    options.savePause = .zero
    return Parts(trainer: trainer, data: data, held: held, options: options)
  }

  private var hasOwnLoss: Bool { self == .ownLoss || self == .closureWithLoss }

  /// 26 sequences in batches of 4; of streams 10 windows.
  private var data: TrainingData<Float> {
    let tokens = Self.sequences(26, seed: 7, equal: self == .equalLengths)
    let targets = tokens.map { $0.map { ($0 + 1) % Int32(Self.classes) } }
    switch self {
    case .streams:
      let text = (0..<400).map { Int32(($0 * $0 + $0 / 3) % Self.classes) }
      // 400 tokens are enough for 4·8 + 1.
      return TrainingData((try? TokenStreams(text, batchSize: 4, sequenceLength: 8))!)
    case .equalLengths:
      return TrainingData(
        inputs: .tokens(Array(tokens[..<24])), targets: .classes(Array(targets[..<24])), batchSize: 4, seed: 9)
    case .labelOfSequence:
      return TrainingData(inputs: .tokens(tokens), targets: .classes(tokens.map { $0[0] }), batchSize: 4, seed: 9)
    case .ownLoss:
      return TrainingData(inputs: .tokens(tokens), batchSize: 4, seed: 9) { sequences in
        Self.loss(sequences.flatMap { tokens[$0].map { Float($0) / 4 } })
      }
    case .closure:
      return TrainingData(batchesPerEpoch: 5) { epoch, batch in
        let tokens = Self.flat(epoch, batch)
        return (.tokens(tokens), .classes(tokens.map { ($0 + 1) % Int32(Self.classes) }))
      }
    case .closureWithLoss:
      return TrainingData(
        batchesPerEpoch: 5,
        withLoss: { epoch, batch in
          let tokens = Self.flat(epoch, batch)
          return (.tokens(tokens), Self.loss(tokens.map { Float($0) / 4 }))
        })
    case .sequences, .accumulated, .plateau:
      return TrainingData(inputs: .tokens(tokens), targets: .classes(targets), batchSize: 4, seed: 9)
    }
  }

  private var held: ValidationData<Float> {
    let tokens = Self.sequences(4, seed: 8, equal: false)
    if hasOwnLoss {
      return ValidationData { trainer in
        try trainer.evaluate(.tokens(tokens), loss: Self.loss(tokens.flatMap { $0.map { Float($0) / 4 } })).loss
      }
    }
    if self == .labelOfSequence {
      return ValidationData(inputs: .tokens(tokens), targets: .classes(tokens.map { $0[0] }))
    }
    return ValidationData(
      inputs: .tokens(tokens), targets: .classes(tokens.map { $0.map { ($0 + 1) % Int32(Self.classes) } }))
  }

  private static func sequences(_ count: Int, seed: UInt64, equal: Bool) -> [[Int32]] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let length = 1 + Int(generator.next() % 8)
      return (0..<(equal ? 8 : length)).map { _ in Int32(generator.next() % UInt64(classes)) }
    }
  }

  /// [8, 4]
  private static func flat(_ epoch: Int, _ batch: Int) -> [Int32] {
    var generator = SeededGenerator(seed: UInt64(1000 * epoch + batch))
    return (0..<32).map { _ in Int32(generator.next() % UInt64(classes)) }
  }

  /// The mean of (output − value)².
  private static func loss(_ values: [Float]) -> CustomLoss<Float> {
    { outputs, gradient in
      var loss = 0.0
      for row in outputs.indices {
        let error = outputs[row] - values[row]
        loss += Double(error * error) / Double(outputs.count)
        gradient[row] = 2 * error / Float(outputs.count)
      }
      return loss
    }
  }
}

extension TrainingLoop<Float> {
  /// A task's loop, its files at `path`.
  static func of(
    _ task: LoopTask, path: String? = nil, resuming: Bool = false, replacing: Bool = false, epochs: Int = 4,
    _ change: (inout TrainingOptions) -> Void = { _ in }
  ) throws -> TrainingLoop<Float> {
    let parts = try task.parts(epochs: epochs)
    var options = parts.options
    change(&options)
    let (data, held) = (parts.data, parts.held)
    return try TrainingLoop(
      parts.trainer, data, options, validation: held, checkpoint: path, resuming: resuming, replacing: replacing)
  }
}
