import ArgumentParser
import Recurrent

/// How large a measured stack of layers is: T,N,I,H or T,N,I,H,L; `65hot` for I: tokens of which there are 65.
struct LayerShape: Hashable, Sendable {
  /// T
  var steps: Int
  /// N
  var batchSize: Int
  /// I, or the vocabulary of one-hot tokens.
  var inputSize: Int
  var isOneHot = false
  /// H
  var hiddenSize: Int
  /// L
  var layerCount = 1

  init(_ steps: Int, _ batchSize: Int, _ inputSize: Int, _ hiddenSize: Int, layers: Int = 1, oneHot: Bool = false) {
    (self.steps, self.batchSize, self.inputSize, self.hiddenSize) = (steps, batchSize, inputSize, hiddenSize)
    (layerCount, isOneHot) = (layers, oneHot)
  }

  /// - Throws: `ValidationError` that says which number is at fault.
  init(parsing text: String) throws {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 4 || parts.count == 5 else {
      throw ValidationError("expected T,N,I,H or T,N,I,H,L, for example 64,32,256,256 or 50,50,65hot,128,2")
    }
    let names = ["T", "N", "I", "H", "L"]
    var numbers: [Int] = []
    for (name, part) in zip(names, parts) {
      let digits = name == "I" && part.hasSuffix("hot") ? part.dropLast(3) : part
      let most = name == "L" ? Self.mostLayers : Self.largestSize
      guard let number = Int(digits), (1...most).contains(number) else {
        throw ValidationError("\(name) is '\(part)'; expected a whole number from 1 to \(most)")
      }
      numbers.append(number)
    }
    self.init(
      numbers[0], numbers[1], numbers[2], numbers[3], layers: numbers.count > 4 ? numbers[4] : 1,
      oneHot: parts[2].hasSuffix("hot"))
  }

  /// What is larger is a typing error; what fits into memory is for the plan to say.
  static let largestSize = 1_000_000
  static let mostLayers = 1000

  var input: ModelConfiguration.Input {
    isOneHot ? .oneHot(vocabularySize: inputSize) : .vectors(size: inputSize)
  }

  /// `65hot`, or 128 as it is.
  var inputLabel: String { isOneHot ? "\(inputSize)hot" : "\(inputSize)" }

  /// Floating-point operations of all matrix products of a forward pass: 2·T·N·G·H·(I + H) a layer. One-hot tokens are
  /// gathered, which is no product, and cells without a recurrent product have no H there. A training step has three times as many.
  func forwardFlops(_ structure: CellStructure) -> Double {
    let recurrent = structure.recurrentProduct == .none ? 0 : hiddenSize
    var columns = 0.0
    for layer in 0..<layerCount {
      let input = layer > 0 ? hiddenSize : isOneHot ? 0 : inputSize
      columns += Double(input + recurrent)
    }
    return 2 * Double(steps) * Double(batchSize) * Double(structure.gateCount) * Double(hiddenSize) * columns
  }

  /// Few and many sequences, small and large layers, long sequences, one-hot characters; and sizes that no vector
  /// length divides, beside round ones of about as many operations.
  static let grid: [LayerShape] = [
    .init(100, 1, 128, 128), .init(100, 1, 512, 512), .init(50, 2, 128, 128), .init(50, 8, 128, 128),
    .init(50, 32, 64, 128), .init(64, 8, 256, 256), .init(64, 32, 256, 256), .init(64, 64, 256, 256),
    .init(64, 16, 512, 512), .init(64, 64, 512, 512), .init(64, 32, 1024, 1024), .init(1000, 16, 128, 128),
    .init(200, 32, 16, 256), .init(50, 50, 65, 128, layers: 2, oneHot: true), .init(50, 20, 33, 100),
    .init(50, 24, 32, 96),
  ]
}
