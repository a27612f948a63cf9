// Serving: one packed copy of the weights, a state of a few hundred bytes for each session, and no thread. An actor holds the
// sessions of its sensors; many tasks ask it at once.
import Recurrent

/// Sensors report one number at a time; the model says what it expects next.
actor Forecaster {
  private let server: InferenceServer<Float>
  private var sessions: [String: InferenceSession<Float>] = [:]

  init(_ model: Model<Float>) throws { server = try InferenceServer(model) }

  /// One step of one sensor's session, which goes on from where it stood.
  func expect(after value: Float, of sensor: String) -> Float {
    let session = sessions[sensor] ?? server.open()
    sessions[sensor] = session
    return session.run(.vectors([value]))[0]
  }

  /// One step of several sensors at once, in one batch: each gets what it would get alone.
  func expect(after values: [String: Float]) -> [String: Float] {
    let names = values.keys.sorted()
    let chosen = names.map { name in sessions[name] ?? server.open() }
    for (name, session) in zip(names, chosen) { sessions[name] = session }
    let outputs = server.run(chosen, .vectors(names.map { values[$0]! }))
    return Dictionary(uniqueKeysWithValues: names.indices.map { (names[$0], outputs[$0].first!) })
  }
}

// A model of two waves, one step ahead.
func wave(_ name: Int, _ step: Int) -> Float { name == 0 ? [0, 1, 0, -1][step % 4] : [1, 1, -1, -1, 0][step % 5] }
let configuration = ModelConfiguration(cell: .gru, input: .vectors(size: 1), hiddenSize: 12, outputSize: 1)
var trainer = try Trainer(
  Model<Float>(configuration, seed: 1), batchSize: 2, sequenceLength: 40, loss: .meanSquaredError,
  optimizer: .adam(learningRate: 0.02))
let inputs = (0..<40).flatMap { step in (0..<2).map { wave($0, step) } }
let targets = (1...40).flatMap { step in (0..<2).map { wave($0, step) } }
for _ in 0..<300 { _ = trainer.step(.vectors(inputs), .values(targets)) }

// Eight tasks stream at once.
let forecaster = try Forecaster(trainer.model())
let worst = await withTaskGroup(of: Float.self) { group in
  for sensor in 0..<8 {
    group.addTask {
      var worst: Float = 0
      for step in 0..<39 {
        let expected = await forecaster.expect(after: wave(sensor % 2, step), of: "sensor \(sensor)")
        if step >= 10 { worst = max(worst, abs(expected - wave(sensor % 2, step + 1))) }
      }
      return worst
    }
  }
  var worst: Float = 0
  for await error in group { worst = max(worst, error) }
  return worst
}
print("worst error of 8 sessions: \(worst)")

// More at once than the server computes at a time.
let crowd = await forecaster.expect(
  after: Dictionary(uniqueKeysWithValues: (0..<100).map { ("visitor \($0)", wave($0 % 2, 0)) }))
print("\(crowd.count) sessions in one call")

let together = await forecaster.expect(after: ["sensor 0": wave(0, 39), "sensor 1": wave(1, 39)])
print("together: \(together.sorted { $0.key < $1.key }.map { "\($0.key) expects \($0.value)" })")
print("every session goes on where it was: \(worst < 0.3 && abs(together["sensor 0"]! - wave(0, 40)) < 0.3)")
