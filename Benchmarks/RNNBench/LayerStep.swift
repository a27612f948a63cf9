import ArgumentParser
import Recurrent

enum LayerMode: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// Weights packed, forward, backward to the parameters and to vectors of input: a training step without an update.
  case train
  /// Forward over the whole sequence from the zero state, the weights packed beforehand.
  case infer
}

/// What is timed: one call of a pass on data that stay.
protocol LayerStep: AnyObject {
  func run()
  /// [T, N, H] of the last run.
  var outputs: [Float] { get }
  var finalState: RecurrentState<Float> { get }
  /// What back-propagation gave in the last run, by name: `d.` and the parameter or `input`. Nothing in inference.
  var gradients: [(name: String, shape: [Int], values: [Float])] { get }
}

extension LayerMode {
  func step(
    _ model: Model<Float>, _ shape: LayerShape, _ data: LayerData, _ plan: Plan, threads: Int
  ) throws -> any LayerStep {
    switch self {
    case .train: try TrainingStep(model, shape, data, plan, threads: threads)
    case .infer: try InferenceStep(model, shape, data, plan, threads: threads)
    }
  }
}

private final class TrainingStep: LayerStep {
  private var pass: RecurrentPass<Float>
  private let shape: LayerShape
  private let data: LayerData

  init(
    _ model: Model<Float>, _ shape: LayerShape, _ data: LayerData, _ plan: Plan, threads: Int
  ) throws {
    (self.shape, self.data) = (shape, data)
    pass = try RecurrentPass(
      model, steps: shape.steps, batchSize: shape.batchSize, inputGradient: !shape.isOneHot,
      products: plan.products, precision: plan.precision, threads: threads)
  }

  func run() {
    let (tokens, vectors, gradient) = (data.tokens, data.vectors, data.gradient)
    pass.parametersChanged()
    if shape.isOneHot { pass.forward(tokens: tokens.span) } else { pass.forward(vectors: vectors.span) }
    pass.backward(outputGradient: gradient.span)
  }

  var outputs: [Float] { pass.outputs }
  var finalState: RecurrentState<Float> { pass.finalState }

  var gradients: [(name: String, shape: [Int], values: [Float])] {
    var gradients = parameters.map { name, shape in
      (name: "d." + name.withoutModule, shape: shape, values: pass.gradient(of: name))
    }
    if !shape.isOneHot {
      gradients.append(("d.input", [shape.steps, shape.batchSize, shape.inputSize], pass.inputGradient))
    }
    return gradients
  }

  private var parameters: [(String, [Int])] {
    pass.plan.buffers.filter { $0.lifetime == .parameters }.map { ($0.name, $0.shape) }
  }
}

private final class InferenceStep: LayerStep {
  private var pass: InferencePass<Float>
  private let shape: LayerShape
  private let data: LayerData

  init(
    _ model: Model<Float>, _ shape: LayerShape, _ data: LayerData, _ plan: Plan, threads: Int
  ) throws {
    (self.shape, self.data) = (shape, data)
    pass = try InferencePass(
      model, steps: shape.steps, batchSize: shape.batchSize, products: plan.products, precision: plan.precision,
      threads: threads)
  }

  func run() {
    let (tokens, vectors) = (data.tokens, data.vectors)
    pass.resetState()
    if shape.isOneHot {
      pass.run(tokens: tokens.span, continuing: true)
    } else {
      pass.run(vectors: vectors.span, continuing: true)
    }
  }

  var outputs: [Float] { pass.outputs }
  var finalState: RecurrentState<Float> { pass.state }
  var gradients: [(name: String, shape: [Int], values: [Float])] { [] }
}

extension String {
  /// `weight_ih_l0` of `rnn.weight_ih_l0`: as a PyTorch module of its own has it.
  var withoutModule: String { hasPrefix("rnn.") ? String(dropFirst(4)) : self }
}
