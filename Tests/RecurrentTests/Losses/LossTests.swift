import Foundation
import Recurrent
import Testing

@Suite("Losses in training")
struct LossTests {
  static let losses: [Loss] = [
    .crossEntropy(classWeights: [1, 0.5, 2]), .crossEntropy(labelSmoothing: 0.1), .crossEntropy(ignoring: 1),
    .crossEntropy(classWeights: [1, 0.5, 2], labelSmoothing: 0.1, ignoring: -1), .binaryCrossEntropy,
    .binaryCrossEntropy(positiveWeight: 2), .meanAbsoluteError, .huber(delta: 0.5),
  ]

  @Test("The trainer's loss is that of its outputs, and the same bits at any number of workers", arguments: losses)
  func workers(loss: Loss) throws {
    var problem = try Problem.random(
      .gru, Shape(steps: 5, batchSize: 7, inputSize: 3, hiddenSize: 6, seed: 2), loss: loss)
    if case "binaryCrossEntropy" = loss.description { problem.values = problem.values.map { abs($0) } }
    if loss.description == "crossEntropy" {
      for row in stride(from: 0, to: problem.classes.count, by: 4) where loss == Self.losses[3] {
        problem.classes[row] = -1
      }
    }
    var results: [[Float]] = []
    for threads in 1...3 {
      var trainer = try Trainer<Float>(
        problem.model(), batchSize: 7, sequenceLength: 5, loss: loss, optimizer: .sgd(learningRate: 1), threads: threads
      )
      trainer.state = problem.state()
      var pass = try RecurrentPass<Float>(problem.model(), steps: 5, batchSize: 7, threads: threads)
      pass.initialState = problem.state()
      problem.forward(&pass)
      let (expected, gradient) =
        loss.targets == .classes
        ? loss.evaluate(pass.outputs, outputSize: 3, classes: problem.classes)
        : loss.evaluate(pass.outputs, outputSize: 3, values: problem.values.map { Float($0) })
      pass.backward(outputGradient: gradient.span)
      let report = problem.step(&trainer)
      #expect(report.loss == expected)
      let model = trainer.model()
      // One step of gradient descent with rate 1 leaves p − g.
      let bias = zip(problem.parameters["linear.bias"]!, pass.gradient(of: "linear.bias")).map { Float($0) - $1 }
      #expect(model[parameter: "linear.bias"] == bias)
      results.append([Float(report.loss)] + model.table.entries.flatMap { model[parameter: $0.name] })
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test("Weights of 1, no smoothing and nothing ignored are the plain loss, to the bit")
  func neutral() {
    let outputs: [Float] = [1, -2, 0.5, 3, 0, -1]
    let plain = Loss.crossEntropy.evaluate(outputs, outputSize: 3, classes: [0, 2])
    for loss in [Loss.crossEntropy(classWeights: [1, 1, 1]), .crossEntropy(ignoring: 9), .crossEntropy()] {
      let other = loss.evaluate(outputs, outputSize: 3, classes: [0, 2])
      #expect(other.loss == plain.loss && other.gradient == plain.gradient)
    }
    #expect(Loss.crossEntropy() == .crossEntropy && Loss.crossEntropy(ignoring: 9) != .crossEntropy)
  }

  @Test("Nothing to compare with costs nothing")
  func empty() {
    let outputs: [Double] = [1, -2, 0.5, 3, 0, -1]
    let losses: [(Loss, [Int32])] = [
      (.crossEntropy(ignoring: -1), [-1, -1]), (.crossEntropy(labelSmoothing: 0.5, ignoring: 1), [1, 1]),
      (.crossEntropy(classWeights: [0, 1, 1]), [0, 0]),
      (.crossEntropy(classWeights: [0, 1, 1], labelSmoothing: 0.1), [0, 0]),
    ]
    for (loss, classes) in losses {
      let (value, gradient) = loss.evaluate(outputs, outputSize: 3, classes: classes)
      #expect(value == 0 && gradient == [0, 0, 0, 0, 0, 0])
    }
  }

  @Test("An ignored row has no gradient, whatever it holds")
  func ignored() {
    let (loss, gradient) = Loss.crossEntropy(ignoring: -100).evaluate(
      [.nan, .infinity, 1, 1] as [Float], outputSize: 2, classes: [-100, 1])
    #expect(abs(loss - log(2)) < 1e-7)
    #expect(gradient == [0, 0, 0.5, -0.5])
  }

  @Test("Large logits of the binary cross-entropy stay finite and exact")
  func saturation() {
    let (loss, gradient) = Loss.binaryCrossEntropy.evaluate(
      [1e4, -1e4, 1e4, -1e4] as [Float], outputSize: 4, values: [1, 0, 0, 1])
    #expect(loss == 5e3)
    #expect(gradient == [0, 0, 0.25, -0.25])
  }
}
