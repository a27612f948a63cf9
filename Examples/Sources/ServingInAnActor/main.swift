// Serving: an actor holds one pass and the state of each session, and goes on with whichever session is asked for.
import Recurrent

/// Sensors report one number at a time; the model says what it expects next.
actor Forecaster {
  private var pass: InferencePass<Float>
  private var states: [String: RecurrentState<Float>] = [:]
  private let start: RecurrentState<Float>

  init(_ model: Model<Float>) throws {
    let pass = try InferencePass(model, steps: 1, batchSize: 1, threads: 1)
    start = pass.state
    self.pass = pass
  }

  /// One step of one session.
  func expect(after value: Float, session: String) -> Float {
    pass.state = states[session] ?? start
    pass.run(vectors: [value].span)
    states[session] = pass.state
    return pass.output(row: 0)[0]
  }
}

// A model of two waves, one step ahead.
var generator = SeededGenerator(seed: 1)
func wave(_ name: Int, _ step: Int) -> Float { name == 0 ? [0, 1, 0, -1][step % 4] : [1, 1, -1, -1, 0][step % 5] }
let configuration = ModelConfiguration(cell: .gru, input: .vectors(size: 1), hiddenSize: 12, outputSize: 1)
var trainer = try Trainer(
  Model<Float>(configuration, seed: 1), batchSize: 2, sequenceLength: 40, loss: .meanSquaredError,
  optimizer: .adam(learningRate: 0.02))
let inputs = (0..<40).flatMap { step in (0..<2).map { wave($0, step) } }
let targets = (1...40).flatMap { step in (0..<2).map { wave($0, step) } }
for _ in 0..<300 { _ = trainer.step(.vectors(inputs), .values(targets)) }

// Two tasks stream at once; the actor takes one step after the other.
let forecaster = try Forecaster(trainer.model())
let errors = await withTaskGroup(of: Float.self) { group in
  for name in 0..<2 {
    group.addTask {
      var worst: Float = 0
      for step in 0..<39 {
        let expected = await forecaster.expect(after: wave(name, step), session: "sensor \(name)")
        if step >= 10 { worst = max(worst, abs(expected - wave(name, step + 1))) }
      }
      return worst
    }
  }
  var errors: [Float] = []
  for await error in group { errors.append(error) }
  return errors
}
print("worst error of each session: \(errors)")
print("both sessions go on where they were: \(errors.allSatisfy { $0 < 0.3 })")
