import ArgumentParser
import Recurrent
import Storage
import Tables

struct Compress: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model whose matrices are products of two thin ones.",
    discussion: """
      Recurrent and input matrices are factorized (low rank) and run as two thin products: smaller, faster in training and in \
      streams. Each is cut where it costs least on the data: the mean squared error of what the matrix gives, for what it is \
      multiplied by there, is the least that its rank allows (singular values after whitening), and the biases take what is left \
      out of the mean. A matrix that would not become smaller stays whole, and so does the table of one-hot tokens.

      What was lost is made good by training on: rnn train --init-from <target>, rnn classify train --init-from <target>. The \
      last part of the data (--validation) is not looked at, and the loss is compared on it; of classes, sequences evenly \
      spread over the file.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @Argument(writing: "The file to write.") var target: String

  @Option(in: 1...largestSize, help: "Cut all matrices to this rank.")
  var rank: Int?

  @Option(
    .share,
    help: "Cut each matrix where this share of the energy is kept, the mean square of what it gives about its mean.")
  var energy: Double?

  @OptionGroup(title: "Data") var data: CompressionData

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  func validate() throws {
    guard (rank == nil) != (energy == nil) else {
      throw ValidationError(
        rank == nil
          ? "Missing expected argument: where to cut, '--rank <n>' or '--energy <x>'" : "'--rank' excludes '--energy'")
    }
    try data.validateChoice()
  }

  func run() throws {
    var files = FileUse(reading: [(model, "<model>")], writing: [(target, "<target>", .modelLike(model))])
    data.source.note(in: &files)
    let outputs = try files.hold()
    defer { outputs.release() }
    Note.threads(threads)
    let (model, parts) = try data.read(for: self.model)
    if model.storedPrecision != .full {
      Note.note("\(self.model) has its weights in \(model.storedPrecision); \(target) has the factors in float")
    }
    if parts.held == nil {
      Note.warning("nothing is kept aside: the loss is compared on the data that the matrices are cut for")
    }
    let compression = try compress(model, data.sample(of: parts.fitted, width: model.configuration.input.size))
    guard compression.model.configuration.ranks != nil else {
      throw Failure(
        message: "no matrix of \(self.model) becomes smaller: "
          + (rank.map { "factors of rank \($0) have as many numbers" } ?? "so much energy takes nearly their full rank")
      )
    }
    let part = parts.held ?? parts.fitted
    func evaluate(_ model: Model<Float>) throws -> Evaluation {
      try model.evaluate(part.input, part.target, loss: parts.loss, products: multiplying.choice, threads: threads ?? 0)
    }
    let (before, after) = (try evaluate(model), try evaluate(compression.model))
    try compression.model.save(to: target)
    try report(
      table(Self.rows(compression.matrices), right: [1, 2, 3, 4]) + "\n\n"
        + table(Self.rows(model, before, compression.model, after), right: [1, 2]),
      besides: target)
  }

  private func compress(_ model: Model<Float>, _ input: ModelInput<Float>) throws -> ModelCompression<Float> {
    let cut = rank.map { RankCut.rank($0) } ?? .energy(energy ?? 1)
    do throws(CompressionError) {
      return try model.compressed(to: cut, on: input, products: multiplying.choice, threads: threads ?? 0)
    } catch {
      switch error {
      case .unsuitable: throw Failure(message: "\(self.model): \(error)")
      case .noSteps, .notFinite, .notConverged: throw Failure(message: "\(data.place): \(error)")
      case .memory: throw Failure(message: "\(error)")
      }
    }
  }

  private static func rows(_ matrices: [CompressedMatrix]) -> [[String]] {
    [["matrix", "shape", "rank", "energy kept", "numbers"]]
      + matrices.map { matrix in
        let whole = matrix.rows * matrix.columns
        let numbers = matrix.rank.map { $0 * (matrix.rows + matrix.columns) } ?? whole
        return [
          matrix.name, "\(matrix.rows) × \(matrix.columns)", matrix.rank.map(String.init) ?? "whole",
          decimal(100 * matrix.keptEnergy, places: 2) + " %", grouped(numbers),
        ]
      }
  }

  private static func rows(
    _ model: Model<Float>, _ before: Evaluation, _ compressed: Model<Float>, _ after: Evaluation
  ) -> [[String]] {
    func bytes(_ model: Model<Float>) -> String {
      "\(ByteCount(model.parameterCount * MemoryLayout<Float>.stride))"
    }
    var rows = [["", "before", "after"], ["loss", lossText(before.loss), lossText(after.loss)]]
    if let old = before.accuracy, let new = after.accuracy { rows.append(["accuracy", decimal(old), decimal(new)]) }
    return rows + [
      ["parameters", grouped(model.parameterCount), grouped(compressed.parameterCount)],
      ["of float", bytes(model), bytes(compressed)],
    ]
  }
}
