import ArgumentParser
import Foundation
import Kernels

/// `rnn-bench matmul`
struct MatrixProductBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "matmul",
    abstract: "OpenBLAS through our wrapper, and our packed product, against naive Swift.",
    discussion: """
      Square products C = A·B, and the product of a recurrent step: the states of N sequences, [N, H], by the weights \
      of an LSTM's four gates, [H, 4H]. One thread, Float. The packed product is the one the unroll uses: its weights \
      are packed once, outside the timing.
      """)

  @Option(name: .customLong("size"), help: "A square size; may be given several times.")
  var sizes: [Int] = [64, 128, 256, 512]

  @Option(name: .customLong("step"), help: "A recurrent step as N,H; may be given several times.")
  var steps: [String] = ["1,128", "8,128", "50,128", "32,256", "64,512"]

  @Option(help: "Timed rounds of each side; the median is shown.")
  var rounds = 5

  @Option(
    name: .customLong("json"), help: "Write the results to this file, one array of objects; - for standard output.",
    transform: outputPath)
  var jsonPath: String?

  func validate() throws {
    if let size = sizes.first(where: { !(1...4096).contains($0) }) {
      throw ValidationError("--size \(size) is not in 1...4096")
    }
    if !(1...1000).contains(rounds) { throw ValidationError("--rounds \(rounds) is not in 1...1000") }
    _ = try steps.map(Self.shape(ofStep:))
  }

  func run() throws {
    try RNNBench.requireRelease()
    try verifyWritable((jsonPath, "--json"))
    let shapes =
      try sizes.map { ProductShape(label: "square \($0)", m: $0, n: $0, k: $0) }
      + steps.map(Self.shape(ofStep:))
    _ = OpenBLAS.allowsConcurrentCalls  // sets it to one thread
    print("# \(OpenBLAS.description), 1 thread, Float; GF/s, median of \(rounds) rounds")
    print(ProductResult.header)
    var results: [ProductResult] = []
    for shape in shapes {
      let result = try measure(shape)
      print(result.line)
      results.append(result)
    }
    if let jsonPath { try writeJSON(results, to: jsonPath) }
  }

  private static func shape(ofStep text: String) throws -> ProductShape {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).compactMap { Int($0) }
    guard numbers.count == 2, numbers.allSatisfy({ (1...4096).contains($0) }),
      text.split(separator: ",", omittingEmptySubsequences: false).count == 2
    else { throw ValidationError("--step \(text) is not N,H with both in 1...4096") }
    let (n, h) = (numbers[0], numbers[1])
    return ProductShape(label: "step N=\(n) H=\(h)", m: n, n: 4 * h, k: h)
  }

  private func measure(_ shape: ProductShape) throws -> ProductResult {
    let (m, n, k) = (shape.m, shape.n, shape.k)
    var generator = SystemRandomNumberGenerator()
    let a = (0..<m * k).map { _ in Float.random(in: -1...1, using: &generator) }
    let b = (0..<k * n).map { _ in Float.random(in: -1...1, using: &generator) }
    let packedCount = Memory<Float>.packedCount(inner: k, columns: n)
    let left = Region(offset: 0, rows: m, columns: k)
    let right = Region(offset: aligned(m * k), rows: k, columns: n)
    let packed = right.offset + aligned(k * n)
    let product = Region(offset: packed + aligned(packedCount), rows: m, columns: n)
    let arena = Arena<Float>(count: product.offset + m * n, filledWith: 0)
    let block = arena.memory
    block.write(a.span, at: left.offset)
    block.write(b.span, at: right.offset)
    block.pack(right, transposed: false, at: packed)

    var textbook = [Float](repeating: 0, count: m * n)
    var cacheOrder = textbook
    let sides: [() -> Void] = [
      { textbookProduct(a, b, &textbook, m: m, n: n, k: k) },
      { cacheOrderProduct(a, b, &cacheOrder, m: m, n: n, k: k) },
      { block.multiply(left, right, into: product) },
      {
        block.multiplyPacked(left, packed: packed, from: .zero, into: product)
      },
    ]
    let names = ["textbook", "cache order", "OpenBLAS", "packed"]
    for (name, side) in zip(names, sides) {
      side()
      let result = name == "textbook" ? textbook : name == "cache order" ? cacheOrder : block.array(product)
      try compare(result, a, b, shape, name)
    }
    let medians = interleavedMedians(rounds: rounds, secondsPerRound: 0.02, sides)
    return ProductResult(shape, medians)
  }

  /// Each element against a sum in Double: two sums of k products of Floats differ from the exact one by at most
  /// γ_k·Σ|a||b| each, γ_k = k·u/(1 − k·u), u = 2⁻²⁴ (Higham 2002, eq. 3.5).
  private func compare(_ c: [Float], _ a: [Float], _ b: [Float], _ shape: ProductShape, _ name: String) throws {
    let (n, k) = (shape.n, shape.k)
    let bound = Double(k) * 0x1p-24 / (1 - Double(k) * 0x1p-24)
    for i in 0..<shape.m {
      var exact = [Double](repeating: 0, count: n)
      var magnitude = exact
      for p in 0..<k {
        let factor = Double(a[i * k + p])
        for j in 0..<n {
          let term = factor * Double(b[p * n + j])
          exact[j] += term
          magnitude[j] += abs(term)
        }
      }
      for j in 0..<n where !(abs(Double(c[i * n + j]) - exact[j]) <= bound * magnitude[j]) {
        throw WrongProduct(side: name, shape: shape.label, row: i, column: j, got: c[i * n + j], expected: exact[j])
      }
    }
  }

  private func aligned(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}

/// C[m, n] = A[m, k]·B[k, n]
struct ProductShape {
  let label: String
  let m: Int
  let n: Int
  let k: Int
}

struct WrongProduct: Error, CustomStringConvertible {
  let side: String
  let shape: String
  let row: Int
  let column: Int
  let got: Float
  let expected: Double
  var description: String { "\(side), \(shape): element [\(row), \(column)] is \(got), expected \(expected)" }
}

/// Speeds in 10⁹ floating-point operations a second, 2·m·n·k of them a product.
struct ProductResult: Encodable {
  let shape: String
  let m: Int
  let n: Int
  let k: Int
  let textbookGigaflops: Double
  let cacheOrderGigaflops: Double
  let openblasGigaflops: Double
  let packedGigaflops: Double

  init(_ shape: ProductShape, _ seconds: [Double]) {
    self.shape = shape.label
    (m, n, k) = (shape.m, shape.n, shape.k)
    let speeds = seconds.map { 2e-9 * Double(shape.m * shape.n * shape.k) / $0 }
    textbookGigaflops = speeds[0]
    cacheOrderGigaflops = speeds[1]
    openblasGigaflops = speeds[2]
    packedGigaflops = speeds[3]
  }

  static let header = """
    | product           | textbook | cache order | OpenBLAS | packed | OpenBLAS / cache order | packed / OpenBLAS |
    |-------------------|---------:|------------:|---------:|-------:|-----------------------:|------------------:|
    """

  var line: String {
    let label = shape.padding(toLength: 17, withPad: " ", startingAt: 0)
    let ratios = (openblasGigaflops / cacheOrderGigaflops, packedGigaflops / openblasGigaflops)
    return String(
      format: "| \(label) | %8.2f | %11.2f | %8.1f | %6.1f | %22.1f | %17.2f |", textbookGigaflops,
      cacheOrderGigaflops, openblasGigaflops, packedGigaflops, ratios.0, ratios.1)
  }
}
