internal import Foundation
internal import Kernels

/// A model that runs freely, each output its next input, as a dynamical system of its own.
public struct ClosedLoopSpectrum: Sendable, Hashable {
  /// Its Lyapunov exponents in nats a step, the largest first. The largest is below 0 where it comes to rest, 0 where it is
  /// periodic, above where it is chaotic.
  public let exponents: [Double]
  /// Steps over which they were averaged.
  public let steps: Int

  package init(exponents: [Double], steps: Int) { (self.exponents, self.steps) = (exponents, steps) }

  /// The dimension of what it moves on (Kaplan & Yorke 1979): exponents whose sum is not below 0, and the share of the
  /// next that makes it 0; nil where that takes more exponents than there are.
  public var dimension: Double? {
    var sum = 0.0
    for (index, exponent) in exponents.enumerated() {
      if sum + exponent < 0 { return Double(index) + sum / -exponent }
      sum += exponent
    }
    return nil
  }
}

extension ModelConfiguration {
  /// Why a model cannot be looked at while it runs freely; nil where it can.
  package var closedLoopObstacle: String? {
    if input.vocabularySize != nil {
      return "the model reads tokens, and what it draws of its outputs has no derivative"
    }
    if head != .everyStep || directions != .forward || attention != nil || outputSize != input.size {
      return "outputs can be fed back to a model that runs forward, with an output at every step as wide as its input"
    }
    if isResidual || blocks != nil { return "the head of residual layers reads more than the states" }
    return nil
  }
}

/// The derivative of a step of a model that runs freely, by the whole state: what the step does with the state, and with
/// the input that the head made of the state.
struct ClosedLoop: ~Copyable {
  private var pass: RecurrentPass<Double>
  /// One sequence, and one for each vector.
  private let single: RecurrentState<Double>, zeros: RecurrentState<Double>
  /// [O, W]
  private let weights: [Double]
  /// Rows of the state that the head reads, in the order of its columns.
  private let read: [Range<Int>]
  private let model: Model<Double>
  private let count: Int

  init<S: Scalar>(_ source: Model<S>, count: Int, threads: Int) throws(PlanError) {
    let configuration = source.configuration
    let model = try Model<Double>(source)
    let single = RecurrentState<Double>(zerosFor: configuration, batchSize: 1)
    let count = min(count, single.values.count)
    pass = try RecurrentPass(model, steps: 1, batchSize: count, inputGradient: true, threads: threads)
    zeros = RecurrentState(zerosFor: configuration, batchSize: count)
    let top = configuration.layerCount - 1
    read = (configuration.headReadsAllLayers ? 0...top : top...top).map { single.range(0, $0, 0) }
    weights = model[parameter: "linear.weight"]
    (self.model, self.single, self.count) = (model, single, count)
  }

  /// Lets the model run on `vectors` and then freely, and follows so many steps of that.
  mutating func spectrum(
    after vectors: [Double], steps: Int, threads: Int, using generator: inout SeededGenerator
  ) throws(DiagnosisError) -> ClosedLoopSpectrum {
    let places = try run(after: vectors, steps: steps, threads: threads)
    var frame = try OrthonormalFrame(rows: single.values.count, columns: count)
    try frame.start(using: &generator)
    var sums = ExponentSums(count: count, size: single.values.count)
    let settled = steps / 10
    for (index, place) in places.reversed().enumerated() {
      multiply(&frame.vectors, at: place)
      try frame.orthonormalize()
      if index >= settled { sums.add(frame.stretches) }
    }
    return ClosedLoopSpectrum(exponents: sums.exponents, steps: sums.steps)
  }

  /// Where a step begins.
  private struct Place {
    var state: RecurrentState<Double>
    var input: [Double]
  }

  private func run(after vectors: [Double], steps: Int, threads: Int) throws(DiagnosisError) -> [Place] {
    var running: InferencePass<Double>
    do throws(PlanError) {
      running = try InferencePass(model, steps: 1, batchSize: 1, threads: threads)
    } catch { throw .plan(error) }
    let width = model.configuration.input.size
    for start in stride(from: 0, to: vectors.count, by: width) {
      running.run(vectors: vectors.span.extracting(start..<start + width), continuing: start > 0)
    }
    var places: [Place] = []
    for _ in 0..<steps {
      let place = Place(state: running.state, input: running.outputs)
      guard place.input.allSatisfy(\.isFinite) else { throw .notFinite(what: "what the model generates") }
      running.run(vectors: place.input.span, continuing: true)
      places.append(place)
    }
    return places
  }

  /// Replaces each column v by Jᵀ·v.
  private mutating func multiply(_ vectors: inout ColumnMatrix<Double>, at place: Place) {
    pass.initialState = place.state.selecting([Int](repeating: 0, count: count))
    pass.forward(.vectors([[Double]](repeating: place.input, count: count).flatMap { $0 }))
    var gradient = zeros
    gradient.setColumns(vectors)
    pass.backward(finalStateGradient: gradient)
    pass.initialStateGradient.copyColumns(into: &vectors)
    // What came by way of the input: [count, O]·[O, W].
    let outputs = model.configuration.outputSize
    let fedBack = DoubleProducts.product(
      pass.inputGradient, weights, rows: count, inner: outputs, columns: weights.count / outputs)
    var first = 0
    for rows in read {
      for column in 0..<count {
        for (offset, row) in rows.enumerated() {
          vectors.values[column * vectors.rows + row] += fedBack[column * (weights.count / outputs) + first + offset]
        }
      }
      first += rows.count
    }
  }
}

extension Model where S == Double {
  /// The same numbers in double precision.
  fileprivate init<Other: Scalar>(_ other: Model<Other>) throws(PlanError) {
    var configuration = other.configuration
    (configuration.dropout, configuration.headDropout, configuration.recurrentDropout) = (0, 0, 0)
    (configuration.weightDropout, configuration.embeddingDropout) = (0, 0)
    try self.init(zeros: configuration, vocabulary: nil)
    for entry in table.entries { setParameter(entry, to: other[parameter: entry.name].map { Double($0) }) }
  }
}
