import Foundation

/// A measured case, as `--json` writes it.
struct LayerResult: Encodable {
  let cell: String
  let mode: String
  let steps: Int
  let batch: Int
  /// I, as a number, or as `65hot` where tokens are gathered.
  let input: InputSize
  let hidden: Int
  let layers: Int
  let threads: Int
  let scalar = "float32"
  /// Who multiplied, as the plan says it.
  let products: String
  let millisecondsMedian: Double
  let millisecondsMin: Double
  /// 10⁹ floating-point operations of matrix products a second, in the median.
  let gigaflops: Double
  /// `gigaflops` over that of multiply-adds in registers on as many threads.
  let peakFraction: Double
  /// (greatest − least) / median of the rounds; not written.
  private let spread: Double

  enum InputSize: Encodable {
    case vectors(Int)
    case oneHot(Int)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .vectors(let size): try container.encode(size)
      case .oneHot(let count): try container.encode("\(count)hot")
      }
    }
  }

  private enum CodingKeys: String, CodingKey {
    case cell, mode, steps, batch, input, hidden, layers, threads, scalar, products
    case millisecondsMedian, millisecondsMin, gigaflops, peakFraction
  }

  init(_ measured: MeasuredLayers, threads: Int, seconds: [Double], peak: Double) {
    let (shape, mode) = (measured.shape, measured.mode)
    let structure = measured.model.configuration.cell.structure
    cell = measured.model.configuration.cell.name
    self.mode = mode.rawValue
    steps = shape.steps
    batch = shape.batchSize
    input = shape.isOneHot ? .oneHot(shape.inputSize) : .vectors(shape.inputSize)
    hidden = shape.hiddenSize
    layers = shape.layerCount
    self.threads = threads
    products = measured.plan.productsDescription
    let middle = median(seconds)
    millisecondsMedian = middle * 1e3
    millisecondsMin = seconds.min()! * 1e3
    let flops = shape.forwardFlops(structure) * (mode == .train ? 3 : 1)
    gigaflops = flops / middle * 1e-9
    peakFraction = gigaflops / peak
    spread = (seconds.max()! - seconds.min()!) / middle
    label = shape.label
  }

  private let label: String

  static let header = """
    | cell             | T,N,I,H,L         | mode  | threads | ms median | ms least | spread |   GF/s | of peak |
    |------------------|-------------------|-------|--------:|----------:|---------:|-------:|-------:|--------:|
    """

  var line: String {
    func padded(_ text: String, _ width: Int) -> String {
      text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
    }
    return "| \(padded(cell, 16)) | \(padded(label, 17)) | \(padded(mode, 5)) "
      + String(
        format: "| %7d | %9.3f | %8.3f | %4.0f %% | %6.1f | %5.1f %% |", threads, millisecondsMedian, millisecondsMin,
        100 * spread, gigaflops, 100 * peakFraction)
  }
}
