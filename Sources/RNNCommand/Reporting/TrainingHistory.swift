import Recurrent
import Storage

/// What a page shows of the steps and evaluations so far; kept in the page, for a training that goes on.
struct TrainingHistory {
  /// Of one step, or the mean of several.
  struct Step {
    var step: Double
    var loss: Double
    var gradientNorm: Double
    var learningRate: Double
    /// Of what the training counts, a second.
    var speed: Double
  }

  struct Evaluation {
    var step: Int
    var loss: Double
  }

  struct Sample {
    var step: Int
    var text: String
  }

  private(set) var steps: [Step] = []
  private(set) var evaluations: [Evaluation] = []
  private(set) var samples: [Sample] = []
  private(set) var best: Evaluation?
  /// Steps at which the training went on.
  private(set) var resumptions: [Int] = []
  /// Steps of each entry but the last.
  private var stride = 1
  private var inLast = 0

  // Where they are more, neighbours become one.
  private static let (mostSteps, mostEvaluations, mostSamples) = (2000, 1000, 8)

  mutating func add(_ new: Step) {
    if inLast == 0 || inLast == stride {
      if steps.count == Self.mostSteps { halveSteps() }
      steps.append(new)
      inLast = 1
      return
    }
    inLast += 1
    let share = 1 / Double(inLast)
    let last = steps[steps.count - 1]
    steps[steps.count - 1] = last.moved(to: new, by: share)
  }

  mutating func add(_ new: Evaluation) {
    if evaluations.count == Self.mostEvaluations {
      evaluations = evaluations.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    }
    evaluations.append(new)
    if new.loss.isFinite, new.loss < best?.loss ?? .infinity { best = new }
  }

  /// The first and the last stay, of those between every other where they are too many.
  mutating func add(_ new: Sample) {
    if samples.count == Self.mostSamples {
      samples = samples.enumerated().filter { $0.offset % 2 == 0 || $0.offset == samples.count - 1 }.map(\.element)
    }
    samples.append(new)
  }

  private mutating func halveSteps() {
    steps = Swift.stride(from: 0, to: steps.count - 1, by: 2).map { steps[$0].moved(to: steps[$0 + 1], by: 0.5) }
    stride *= 2
  }
}

extension TrainingHistory.Step {
  /// Numbers that are not finite stay so, and are seen as gaps.
  fileprivate func moved(to other: Self, by share: Double) -> Self {
    func between(_ first: Double, _ second: Double) -> Double { first + (second - first) * share }
    return Self(
      step: between(step, other.step), loss: between(loss, other.loss),
      gradientNorm: between(gradientNorm, other.gradientNorm), learningRate: between(learningRate, other.learningRate),
      speed: between(speed, other.speed))
  }
}

// MARK: In the page

extension TrainingHistory {
  /// Numbers that are not finite become null.
  var json: JSON {
    func numbers(_ values: [Double]) -> JSON { .array(values.map { JSON(finite: $0) }) }
    return .object([
      (key: "stride", value: .integer(stride)),
      (key: "step", value: numbers(steps.map(\.step))), (key: "loss", value: numbers(steps.map(\.loss))),
      (key: "gradient_norm", value: numbers(steps.map(\.gradientNorm))),
      (key: "learning_rate", value: numbers(steps.map(\.learningRate))),
      (key: "speed", value: numbers(steps.map(\.speed))),
      (key: "evaluation_step", value: .array(evaluations.map { .integer($0.step) })),
      (key: "evaluation_loss", value: numbers(evaluations.map(\.loss))),
      (key: "best_step", value: best.map { .integer($0.step) } ?? .null),
      (key: "best_loss", value: JSON(finite: best?.loss)),
      (key: "sample_step", value: .array(samples.map { .integer($0.step) })),
      (key: "sample_text", value: .array(samples.map { .string($0.text) })),
      (key: "resumed_at", value: .array(resumptions.map { .integer($0) })),
    ])
  }

  /// The part up to `step`, where a training goes on; nil where the JSON is none that `json` made.
  init?(_ json: JSON, resumingAt step: Int) {
    func numbers(_ key: String) -> [Double]? { json[key]?.array?.map { $0.number ?? .nan } }
    func counts(_ key: String) -> [Int]? { json[key]?.array?.map { $0.integer ?? .max } }
    guard let places = numbers("step"), let losses = numbers("loss"), let norms = numbers("gradient_norm"),
      let rates = numbers("learning_rate"), let speeds = numbers("speed"), let stride = json["stride"]?.integer,
      (1...1 << 40).contains(stride), [losses, norms, rates, speeds].allSatisfy({ $0.count == places.count }),
      let evaluationSteps = counts("evaluation_step"), let evaluationLosses = numbers("evaluation_loss"),
      evaluationLosses.count == evaluationSteps.count,
      let sampleSteps = counts("sample_step"), let texts = json["sample_text"]?.array?.map({ $0.string ?? "" }),
      texts.count == sampleSteps.count, let resumptions = counts("resumed_at")
    else { return nil }
    self.stride = stride
    steps = places.indices.map {
      Step(step: places[$0], loss: losses[$0], gradientNorm: norms[$0], learningRate: rates[$0], speed: speeds[$0])
    }.filter { (0...Double(step)).contains($0.step) }.suffix(Self.mostSteps)
    evaluations = zip(evaluationSteps, evaluationLosses).map { Evaluation(step: $0, loss: $1) }
      .filter { $0.step <= step }.suffix(Self.mostEvaluations)
    samples = zip(sampleSteps, texts).map { Sample(step: $0, text: $1) }.filter { $0.step <= step }
      .suffix(Self.mostSamples)
    if let place = json["best_step"]?.integer, place <= step, let loss = json["best_loss"]?.number {
      best = Evaluation(step: place, loss: loss)
    } else {
      best = evaluations.filter(\.loss.isFinite).min { $0.loss < $1.loss }
    }
    self.resumptions = resumptions.filter { $0 < step }.suffix(100) + [step]
  }
}
