import Foundation
import Recurrent
import Testing

/// PyTorch's losses and their gradients by given outputs; `Fixtures/README.md` describes the file.
@Suite("Losses against PyTorch")
struct LossParityTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    var targets: String
    let loss: Loss
    /// What would come of a mistake: it must not pass.
    let mistaken: Loss
    var outputs = "outputs"
    var testDescription: String { name }
  }

  private static let weights = [0.5, 2, 0, 1.25, 3]

  static let cases: [Case] = [
    Case(
      name: "cross_entropy", targets: "classes", loss: .crossEntropy, mistaken: .crossEntropy(labelSmoothing: 1e-9)),
    Case(
      name: "cross_entropy.weights", targets: "classes", loss: .crossEntropy(classWeights: weights),
      mistaken: .crossEntropy(classWeights: [0.5, 2, 1e-9, 1.25, 3])),
    Case(
      name: "cross_entropy.smoothing", targets: "classes", loss: .crossEntropy(labelSmoothing: 0.1),
      mistaken: .crossEntropy),
    Case(
      name: "cross_entropy.ignoring", targets: "gaps", loss: .crossEntropy(ignoring: -100),
      mistaken: .crossEntropy(labelSmoothing: 1e-9, ignoring: -100)),
    Case(
      name: "cross_entropy.ignoring_class", targets: "classes", loss: .crossEntropy(ignoring: 0),
      mistaken: .crossEntropy(ignoring: 1)),
    Case(
      name: "cross_entropy.weights_smoothing", targets: "classes",
      loss: .crossEntropy(classWeights: weights, labelSmoothing: 0.3),
      mistaken: .crossEntropy(classWeights: weights, labelSmoothing: 0.3, ignoring: 2)),
    Case(
      name: "cross_entropy.all", targets: "gaps",
      loss: .crossEntropy(classWeights: weights, labelSmoothing: 0.3, ignoring: -100),
      mistaken: .crossEntropy(labelSmoothing: 0.3, ignoring: -100)),
    Case(
      name: "binary", targets: "chances", loss: .binaryCrossEntropy,
      mistaken: .binaryCrossEntropy(positiveWeight: 1 + 1e-9)),
    Case(
      name: "binary.weight", targets: "chances", loss: .binaryCrossEntropy(positiveWeight: 2.5),
      mistaken: .binaryCrossEntropy),
    Case(
      name: "binary.weights", targets: "chances", loss: .binaryCrossEntropy(positiveWeights: weights),
      mistaken: .binaryCrossEntropy(positiveWeights: weights.reversed())),
    Case(name: "squared", targets: "values", loss: .meanSquaredError, mistaken: .huber(delta: 1e9)),
    Case(name: "absolute", targets: "values", loss: .meanAbsoluteError, mistaken: .huber(delta: 0.5)),
    Case(name: "huber", targets: "values", loss: .huber(), mistaken: .huber(delta: 1 + 1e-9)),
    Case(name: "huber.wide", targets: "values", loss: .huber(delta: 2.5), mistaken: .huber()),
    Case(
      name: "pinball", targets: "measured", loss: .pinball(quantiles: [0.1, 0.5, 0.9]),
      mistaken: .pinball(quantiles: [0.1, 0.5, 0.9 + 1e-9]), outputs: "marks"),
    Case(
      name: "gaussian", targets: "measured", loss: .gaussian, mistaken: .pinball(quantiles: [0.5, 0.6]),
      outputs: "spread"),
    Case(
      name: "student_t", targets: "measured", loss: .studentT, mistaken: .pinball(quantiles: [0.1, 0.5, 0.9]),
      outputs: "heavy"),
    Case(
      name: "negative_binomial", targets: "counts", loss: .negativeBinomial,
      mistaken: .negativeBinomial(scales: [1 + 1e-7]), outputs: "rates"),
    Case(
      name: "negative_binomial.scales", targets: "counts", loss: .negativeBinomial(scales: [1, 20, 0.5]),
      mistaken: .negativeBinomial(scales: [1, 0.5, 20]), outputs: "rates"),
    Case(name: "ctc", targets: "labels", loss: .ctc(), mistaken: .ctc(blank: 3)),
    Case(name: "ctc.blank", targets: "labels", loss: .ctc(blank: 2, maximumLabels: 4), mistaken: .ctc()),
    Case(
      name: "ctc.zero_infinity", targets: "labels", loss: .ctc(maximumLabels: 4, zeroInfinity: true), mistaken: .ctc()),
  ]

  private let file: SafetensorsFile

  init() throws {
    file = try SafetensorsFile(path: Fixture.directory.appending(path: "Losses/losses.safetensors").path)
  }

  @Test("Loss and gradient", arguments: cases)
  func parity(of own: Case) throws {
    let expected = (loss: try file.doubles(own.name + ".loss")[0], gradient: try file.doubles(own.name + ".gradient"))
    let outputs = try outputs(of: own)
    let double = try evaluate(own.loss, own, outputs)
    let bounds = try bounds(own, outputs)
    let u = 0x1p-53
    #expect(abs(double.loss - expected.loss) <= 2 * u * bounds.loss, "\(double.loss), PyTorch \(expected.loss)")
    #expect(distance(double.gradient, expected.gradient) <= 2 * u * bounds.gradient)
    #expect(2 * u * max(bounds.loss, bounds.gradient) < 1e-11, "a bound that tests nothing")

    // In single precision against double precision on the same, rounded numbers.
    let rounded = outputs.map { Float($0) }
    let single = try evaluate(own.loss, own, rounded)
    let reference = try evaluate(own.loss, own, rounded.map { Double($0) })
    #expect(abs(single.loss - reference.loss) <= (0x1p-24 + u) * bounds.loss, "\(single.loss), \(reference.loss)")
    #expect(distance(single.gradient.map { Double($0) }, reference.gradient) <= (0x1p-24 + u) * bounds.gradient)

    // Labels that hold the mistaken blank are refused before anything can be wrong.
    if own.targets == "labels" { return }
    let mistaken = try evaluate(own.mistaken, own, outputs)
    let isFar = distance(mistaken.gradient, expected.gradient) > 20 * u * bounds.gradient
    #expect(
      isFar || abs(mistaken.loss - expected.loss) > 20 * u * bounds.loss, "\(own.mistaken) would pass")
  }

  @Test("Labels that do not fit have an infinite loss and no gradient")
  func infinite() throws {
    let own = Case(name: "ctc.zero_infinity", targets: "labels", loss: .ctc(), mistaken: .ctc())
    let outputs = try file.doubles("logits")
    let (loss, gradient) = try evaluate(.ctc(), own, outputs)
    let expected = try file.doubles("ctc.infinite.loss")
    #expect(expected == [.infinity])
    #expect(loss == .infinity)
    let counts = try file.integers("step_counts")
    for index in gradient.indices {
      let (step, sequence) = (index / 30, index / 5 % 6)
      #expect(gradient[index].isNaN == (sequence >= 4 && step < counts[sequence]))
    }
  }

  private func outputs(of own: Case) throws -> [Double] {
    guard own.targets == "labels" else { return try file.doubles(own.outputs) }
    let logits = try file.doubles("logits")
    let sequences = try file.tensor(own.name + ".gradient").shape[1]
    return logits.indices.filter { $0 / 5 % 6 < sequences }.map { logits[$0] }
  }

  private func evaluate<S: Scalar>(
    _ loss: Loss, _ own: Case, _ outputs: [S]
  ) throws -> (loss: Double, gradient: [S]) {
    switch own.targets {
    case "labels":
      let sequences = outputs.count / 60
      var labels = try file.integers("labels")[...]
      let lists = try file.integers("label_counts").map { count in
        defer { labels = labels.dropFirst(Int(count)) }
        return labels.prefix(Int(count)).map { own.name == "ctc.blank" && $0 == 2 ? 0 : $0 }
      }
      let counts = try file.integers("step_counts").map { Int($0) }
      return loss.evaluate(
        outputs, outputSize: 5, labels: Array(lists[..<sequences]), stepCounts: Array(counts[..<sequences]))
    case "classes", "gaps":
      return loss.evaluate(outputs, outputSize: 5, classes: try file.integers(own.targets))
    default:
      let outputSize = outputs.count / 9
      return loss.evaluate(
        outputs, outputSize: outputSize, values: try file.doubles(own.targets).map { S($0) })
    }
  }

  /// How far rounding may drive a loss and its gradient, in unit roundoffs, to first order.
  ///
  /// On rows: logarithm, exponential and quotient are off by 6 roundoffs each at most, the sums over O = 5 outputs and 9
  /// rows and the targets, weights and products by less than 30; all numbers of an output's term lie below |output|,
  /// |target| and 3 (log 5, a sum of squares excepted), times a weight of at most 3 over the mean's divisor.
  ///
  /// On a mean and a variance, e^s: an exponential, a quotient and the square of a difference, of a value that may be rounded,
  /// are together off by less than 20 roundoffs of (|μ| + 2·|value|)²·e^(−s), and the sum over 27 terms by as many.
  ///
  /// On Student's t: with w = (|μ| + 2·|value|)²·e^(−2s) all terms of a value, of which there are less than 10 and each is off by
  /// less than 10 roundoffs, lie below |s| + 4·ν + w, the gradient's below 2·ν + w and e^(−s)·that.
  ///
  /// On counts: PyTorch's terms, logarithms of gamma functions, lie below c = (z + 1/α)·(log(z + 1/α) + |log αμ| + 1), its
  /// gradient's, by 1/α, below c/α.
  ///
  /// On labels: no logarithm is larger than L = T·(2·max|output| + log V). A step rounds 4 numbers of that size, the
  /// differences to the greatest and two sums, and what exponentials, logarithm and softmax add on numbers up to 1 is less
  /// than 20. A gradient, below 1/N, is e to two recursions and the total, each as wrong as the loss.
  private func bounds(_ own: Case, _ outputs: [Double]) throws -> (loss: Double, gradient: Double) {
    if own.name == "gaussian" {
      let term = try zip(0..., file.doubles("measured")).reduce(0.0) { largest, next in
        let (mean, logarithm) = (outputs[next.0 / 3 * 6 + next.0 % 3], outputs[next.0 / 3 * 6 + 3 + next.0 % 3])
        let deviation = abs(mean) + 2 * abs(next.1)
        return max(largest, abs(logarithm) + (1 + deviation) * (1 + deviation) * exp(-logarithm))
      }
      return (50 * term, 50 * term / 27)
    }
    if own.name == "student_t" {
      let term = try zip(0..., file.doubles("measured")).reduce((loss: 0.0, gradient: 0.0)) { largest, next in
        let place = next.0 / 3 * 9 + next.0 % 3
        let (inverse, degrees) = (exp(-outputs[place + 3]), 2 + log(1 + exp(outputs[place + 6])))
        let deviation = (abs(outputs[place]) + 2 * abs(next.1)) * inverse
        let size = 4 * degrees + (1 + deviation) * (1 + deviation)
        return (max(largest.loss, abs(outputs[place + 3]) + size), max(largest.gradient, size * (1 + inverse)))
      }
      return (100 * term.loss, 100 * term.gradient / 27)
    }
    if own.outputs == "rates" {
      let scales = own.name == "negative_binomial" ? [1, 1, 1] : [1, 20, 0.5]
      let term = try zip(0..., file.doubles("counts")).reduce((loss: 0.0, gradient: 0.0)) { largest, next in
        let place = next.0 / 3 * 6 + next.0 % 3
        let scale = scales[next.0 % 3]
        let mean = scale * log(1 + exp(outputs[place]))
        let inverse = scale.squareRoot() / log(1 + exp(outputs[place + 3]))
        let all = next.1 + inverse
        let size = (1 + all) * (1 + abs(log(all)) + abs(log(mean / inverse)))
        return (max(largest.loss, size), max(largest.gradient, size * (1 + inverse)))
      }
      return (50 * term.loss, 50 * term.gradient / 27)
    }
    let largest = outputs.map { abs($0) }.max()!
    if own.targets == "labels" {
      let steps = 12.0
      let logarithm = steps * (4 * steps * (2 * largest + log(5)) + 20)
      return (logarithm, 3 * logarithm / Double(outputs.count / 60))
    }
    let term = 2 * largest + 4
    return (50 * 3 * (own.name == "squared" ? term * term : term), 50 * 3 * term / 5)
  }

  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { abs($1.0 - $1.1) > $0 || ($1.0 - $1.1).isNaN ? abs($1.0 - $1.1) : $0 }
  }
}
