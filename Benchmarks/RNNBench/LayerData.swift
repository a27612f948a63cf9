import Storage
import Recurrent

/// Random inputs and dL/d(outputs) of a case; the same numbers in every run.
struct LayerData {
  /// [T, N, I], or empty.
  var vectors: [Float] = []
  /// [T, N], or empty.
  var tokens: [Int32] = []
  /// [T, N, H]
  var gradient: [Float] = []

  /// - Throws: `PlanError` where they would not fit into memory.
  init(_ shape: LayerShape) throws {
    let rows = shape.steps * shape.batchSize
    let columns = (shape.isOneHot ? 1 : shape.inputSize) + shape.hiddenSize
    let (count, overflow) = rows.multipliedReportingOverflow(by: 8 * columns)
    let available = SystemMemory.available()
    if overflow || count > available {
      throw PlanError.exceedsMemory(
        what: "the data of \(shape.steps) steps of \(shape.batchSize) sequences", needed: overflow ? .max : count,
        available: available)
    }
    var generator = SeededGenerator(seed: 2)
    if shape.isOneHot {
      tokens = (0..<rows).map { _ in Int32(generator.uniform() * Double(shape.inputSize)) }
    } else {
      vectors = (0..<rows * shape.inputSize).map { _ in Float(generator.uniform(-1, 1)) }
    }
    gradient = (0..<rows * shape.hiddenSize).map { _ in Float(generator.uniform(-1, 1)) }
  }
}
