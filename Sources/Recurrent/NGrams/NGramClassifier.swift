internal import Foundation
internal import Storage

/// A linear classifier on the n-grams of a text's characters: multinomial logistic regression. Trained in a second, it is what a
/// network must beat, and for telling languages apart hard to beat (Cavnar & Trenkle 1994; Joulin et al. 2017).
///
/// The features of a text are its n-grams, the text standing between two marks, each counted and all scaled to a sum of squares
/// of 1. Their weights follow AdaGrad (Duchi, Hazan & Singer 2011), text by text in a shuffled order, and are rounded to
/// bfloat16 at the end. What comes once in all texts is left out.
public struct NGramClassifier: Sendable, Hashable {
  /// Lengths of the n-grams, in characters.
  public let orders: ClosedRange<Int>
  /// C.
  public let classCount: Int
  /// Of the n-grams that are known, ascending.
  let hashes: [UInt32]
  /// [n-grams, C]
  var weights: [Float]
  /// [C]
  var biases: [Float]

  /// How many n-grams are known.
  public var featureCount: Int { hashes.count }

  /// How it is trained.
  public struct Options: Sendable, Hashable {
    /// Passes over the texts.
    public var epochs = 10
    /// Of AdaGrad, at the start; it falls on a line to 0.
    public var learningRate = 0.3
    /// The most weights: n-grams times classes. The most frequent n-grams are kept.
    public var weightLimit = 1 << 21
    /// Of the order.
    public var seed: UInt64 = 0

    /// The usual options.
    public init() {}
  }

  init(orders: ClosedRange<Int>, classCount: Int, hashes: [UInt32], weights: [Float], biases: [Float]) {
    (self.orders, self.classCount, self.hashes) = (orders, classCount, hashes)
    (self.weights, self.biases) = (weights, biases)
  }

  /// Trains on texts.
  ///
  /// - Parameters:
  ///   - texts: as `TextTokenizer.normalized(_:)` leaves them.
  ///   - classes: one for each text, in `0..<classCount`.
  ///   - classCount: C.
  ///   - classWeights: what an example of each class counts, [C]; empty: 1.
  ///   - orders: lengths of the n-grams; `3...3` are trigrams.
  ///   - options: how it is trained.
  public init(
    training texts: [String], classes: [Int32], classCount: Int, classWeights: [Double] = [],
    orders: ClosedRange<Int> = 3...3, options: Options = Options()
  ) {
    require(texts.count == classes.count, "expected a class for each of \(texts.count) texts, got \(classes.count)")
    require(
      orders.lowerBound >= 1 && orders.upperBound <= Self.longest,
      "n-grams have 1 to \(Self.longest) characters, got \(orders)")
    require(classWeights.isEmpty || classWeights.count == classCount, "expected \(classCount) class weights")
    require(
      classes.allSatisfy { $0 >= 0 && $0 < classCount }, "expected classes in 0..<\(classCount)")
    let grams = texts.map { Self.hashes(of: $0, orders) }
    var counts: [UInt32: Int] = [:]
    for text in grams { for hash in text { counts[hash, default: 0] += 1 } }
    let frequent = counts.filter { $0.value > 1 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let known = frequent.prefix(max(1, options.weightLimit / classCount)).map(\.key).sorted()
    self.init(
      orders: orders, classCount: classCount, hashes: known,
      weights: [Float](repeating: 0, count: known.count * classCount),
      biases: [Float](repeating: 0, count: classCount))
    let places = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, Int32($0)) })
    var features = Features()
    for text in grams { features.append(text.compactMap { places[$0] }) }
    fit(features, classes, classWeights.isEmpty ? [Double](repeating: 1, count: classCount) : classWeights, options)
    weights = weights.map { Float(bitPattern: UInt32(Self.rounded($0)) << 16) }
  }

  /// log p of each class, [C].
  public func logProbabilities(_ text: String) -> [Double] {
    var features = Features()
    features.append(Self.hashes(of: text, orders).compactMap { place(of: $0) })
    var scores = biases.map { Double($0) }
    for (feature, value) in features[0] {
      for index in 0..<classCount { scores[index] += Double(value * weights[Int(feature) * classCount + index]) }
    }
    let greatest = scores.max() ?? 0
    let sum = greatest + log(scores.reduce(0) { $0 + exp($1 - greatest) })
    return scores.map { $0 - sum }
  }

  private func place(of hash: UInt32) -> Int32? {
    var (low, high) = (0, hashes.count)
    while low < high {
      let middle = (low + high) / 2
      if hashes[middle] < hash { low = middle + 1 } else { high = middle }
    }
    return low < hashes.count && hashes[low] == hash ? Int32(low) : nil
  }

  // MARK: N-grams

  /// The n-grams of a text between two marks, as hashes of 32 bits (FNV-1a, folded): of 100,000 n-grams one in 40,000 shares
  /// its hash with another.
  static func hashes(of text: String, _ orders: ClosedRange<Int>) -> [UInt32] {
    let scalars = [0x02] + text.unicodeScalars.map(\.value) + [0x03]
    var result: [UInt32] = []
    result.reserveCapacity(scalars.count * orders.count)
    for start in scalars.indices {
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for length in 1...orders.upperBound where start + length <= scalars.count {
        hash = (hash ^ UInt64(scalars[start + length - 1])) &* 0x100_0000_01B3
        if length >= orders.lowerBound {
          let mixed = (hash ^ hash >> 29) &* 0xBF58_476D_1CE4_E5B9
          result.append(UInt32(truncatingIfNeeded: mixed >> 32))
        }
      }
    }
    return result
  }

  /// The features of texts, one after the other.
  fileprivate struct Features {
    private var numbers: [Int32] = []
    private var values: [Float] = []
    private var starts = [0]

    var count: Int { starts.count - 1 }

    /// - Parameter found: a text's n-grams, as often as they come.
    mutating func append(_ found: [Int32]) {
      let sorted = found.sorted()
      let first = numbers.count
      for number in sorted {
        if numbers.count > first, numbers[numbers.count - 1] == number {
          values[values.count - 1] += 1
        } else {
          numbers.append(number)
          values.append(1)
        }
      }
      let squares = values[first...].reduce(0) { $0 + $1 * $1 }
      for index in first..<values.count { values[index] /= squares.squareRoot() }
      starts.append(numbers.count)
    }

    subscript(text: Int) -> Zip2Sequence<ArraySlice<Int32>, ArraySlice<Float>> {
      let range = starts[text]..<starts[text + 1]
      return zip(numbers[range], values[range])
    }
  }

  // MARK: Training

  private mutating func fit(_ features: Features, _ classes: [Int32], _ classWeights: [Double], _ options: Options) {
    guard features.count > 0 else { return }
    var generator = SeededGenerator(seed: options.seed)
    var squares = [Float](repeating: 1e-8, count: weights.count)
    var biasSquares = [Float](repeating: 1e-8, count: classCount)
    var probabilities = [Float](repeating: 0, count: classCount)
    let total = Float(options.epochs * features.count)
    var done: Float = 0
    for _ in 0..<options.epochs {
      for text in features.indices(shuffledBy: &generator) {
        let (row, truth) = (features[text], Int(classes[text]))
        let rate = Float(options.learningRate) * (1 - done / total)
        done += 1
        for index in 0..<classCount { probabilities[index] = biases[index] }
        for (feature, value) in row {
          let place = Int(feature) * classCount
          for index in 0..<classCount { probabilities[index] += value * weights[place + index] }
        }
        Self.softmax(&probabilities)
        probabilities[truth] -= 1
        // From here on they are the gradient by the scores.
        let weight = Float(classWeights[truth])
        for index in 0..<classCount {
          probabilities[index] *= weight
          biasSquares[index] += probabilities[index] * probabilities[index]
          biases[index] -= rate * probabilities[index] / biasSquares[index].squareRoot()
        }
        for (feature, value) in row {
          let place = Int(feature) * classCount
          for index in 0..<classCount {
            let gradient = value * probabilities[index]
            squares[place + index] += gradient * gradient
            weights[place + index] -= rate * gradient / squares[place + index].squareRoot()
          }
        }
      }
    }
  }

  private static func softmax(_ scores: inout [Float]) {
    let greatest = scores.max() ?? 0
    var sum: Float = 0
    for index in scores.indices {
      scores[index] = exp(scores[index] - greatest)
      sum += scores[index]
    }
    for index in scores.indices { scores[index] /= sum }
  }
}

extension NGramClassifier.Features {
  fileprivate func indices(shuffledBy generator: inout SeededGenerator) -> [Int] {
    (0..<count).shuffled(using: &generator)
  }
}
