import Foundation
import Recurrent

/// A measured stream, as `--json` writes it.
struct StreamResult: Encodable {
  let cell: String
  let hidden: Int
  let layers: Int
  let threads: Int
  let scalar = "float32"
  /// Who multiplied, as the plan says it.
  let products: String
  let microsecondsMedian: Double
  let microsecondsP99: Double
  let microsecondsMin: Double
  /// Wx and Wh.
  let weightBytes: Int
  /// 10⁹ bytes of weights a second, in the median.
  let weightGigabytesPerSecond: Double
  /// The smallest cache that holds the weights, or memory.
  let cacheLevel: String
  /// 10⁹ bytes a second, of an array as large as the weights.
  let readGigabytesPerSecond: Double
  let readFraction: Double

  private enum CodingKeys: String, CodingKey {
    case cell, hidden, layers, threads, scalar, products, weightBytes, cacheLevel, readFraction
    case microsecondsMedian, microsecondsMin, weightGigabytesPerSecond, readGigabytesPerSecond
    // The conversion to snake_case would leave it in one word with what stands before it.
    case microsecondsP99 = "microseconds_p99"
  }

  /// - Parameter seconds: of every step, sorted.
  init(
    _ plan: Plan, threads: Int, seconds: [Double], weightBytes: Int, readSpeed: Double
  ) {
    cell = plan.configuration.cell.name
    hidden = plan.configuration.hiddenSize
    layers = plan.configuration.layerCount
    products = plan.productsDescription
    self.threads = threads
    let middle = seconds[seconds.count / 2]
    microsecondsMedian = middle * 1e6
    microsecondsP99 = seconds[seconds.count * 99 / 100] * 1e6
    microsecondsMin = seconds[0] * 1e6
    self.weightBytes = weightBytes
    weightGigabytesPerSecond = Double(weightBytes) / middle * 1e-9
    cacheLevel = CacheLevel.name(holding: weightBytes)
    readGigabytesPerSecond = readSpeed
    readFraction = weightGigabytesPerSecond / readSpeed
  }

  static let header = """
    | cell             |    H | L | threads |  median |     p99 |   least | weights KiB | in     | GB/s of weights | of reading |
    |------------------|-----:|--:|--------:|--------:|--------:|--------:|------------:|--------|----------------:|-----------:|
    """

  var line: String {
    func padded(_ text: String, _ width: Int) -> String {
      text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
    }
    return "| \(padded(cell, 16)) "
      + String(
        format: "| %4d | %d | %7d | %7.2f | %7.2f | %7.2f | %11.0f ", hidden, layers, threads, microsecondsMedian,
        microsecondsP99, microsecondsMin, Double(weightBytes) / 1024)
      + "| \(padded(cacheLevel, 6)) "
      + String(format: "| %15.1f | %8.1f %% |", weightGigabytesPerSecond, 100 * readFraction)
  }
}
