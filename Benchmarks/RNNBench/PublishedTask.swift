import ArgumentParser
import Recurrent
import Tasks

/// The tasks of `rnn-bench tasks`, with models and settings that learn them.
enum PublishedTask: String, ExpressibleByArgument, CaseIterable {
  case adding, copying, addition, mul100

  /// The cells that are tried where none is named.
  var cells: [any RecurrentCell] {
    switch self {
    case .adding, .copying: [LSTMCell.lstm, GRUCell.gru]
    // KANN's GRU.
    case .addition, .mul100: [ResetBeforeGRUCell.gruResetBefore]
    }
  }

  func course(_ cell: some RecurrentCell, seed: UInt64) -> Course {
    var course: Course
    switch self {
    case .adding:
      course = Course(
        AddingProblem(steps: 100), cell: cell, hiddenSize: 64, batchSize: 32, updates: 20_000,
        optimizer: .adam(learningRate: 0.003))
      course.goal = 0.01
    case .copying:
      course = Course(
        CopyMemory(delay: 100), cell: cell, hiddenSize: 64, batchSize: 32, updates: 20_000,
        optimizer: .adam(learningRate: 0.01))
      course.goal = course.task.baseline / 2
      course.testInterval = 500
    case .addition:
      course = Course(
        BinaryArithmetic(.addition, seed: seed), cell: cell, hiddenSize: 64, batchSize: 64,
        updates: Self.updates(epochs: 5), optimizer: .rmsprop(learningRate: 0.01, decay: 0.9))
      course.goal = 1e-4
    case .mul100:
      course = Course(
        BinaryArithmetic(.multiplication, seed: seed), cell: cell, hiddenSize: 160, batchSize: 64,
        updates: Self.updates(epochs: 25), optimizer: .adam(learningRate: 0.004))
      course.layerCount = 2
      course.schedule = .cosine(warmUp: 100, total: course.updates)
      course.goal = course.task.baseline / 10
      course.testInterval = BinaryArithmetic.sampleCount / 64
    }
    // The forget gate starts open for about as many steps as the task remembers.
    if self == .copying, cell.structure.forgetGate != nil { course.initialization.forgetGateBias = 5 }
    course.seed = seed
    return course
  }

  private static func updates(epochs: Int) -> Int { epochs * BinaryArithmetic.sampleCount / 64 }

  /// KANN's README applies what was learnt to greater numbers.
  func afterword(_ model: Model<Float>, _ course: Course) throws -> String? {
    guard let task = course.task as? BinaryArithmetic else { return nil }
    switch self {
    case .addition: return "400958 + 737471 = \(try task.result(400_958, 737_471, by: model)) (1138429)"
    case .mul100:
      return """
        15327156194621249 · 97 = \(try task.result(15_327_156_194_621_249, 97, by: model)) (1486734150878261153)
        """
    case .adding, .copying: return nil
    }
  }
}
