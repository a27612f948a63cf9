internal import Foundation
internal import Recurrent

/// Daily sales of articles in shops: a weekly and a yearly season whose shape the shops of a region share, a level that wanders,
/// promotions that multiply the sales, by region, and noise.
public struct PromotedSales: Sendable {
  /// An article in a shop.
  public struct Item: Sendable {
    public let name: String
    public let region: String
    /// Steps from the first day of all to its own first.
    public let start: Int
    /// NaN where one is missing; those to be forecast left out.
    public let sales: [Double]
    /// Of all days, those to be forecast as well: 1 with a promotion, else 0.
    public let promotions: [Double]
  }

  /// Days of the longest series.
  public var steps: Int
  /// Days after the last of which promotions are known.
  public var ahead = 28
  /// Share of the values that are missing.
  public var missing = 0.0
  /// Whether series begin at different days.
  public var isRagged = false

  private static let regions = ["coast", "hills", "city", "plain"]

  public init(steps: Int) { self.steps = steps }

  /// - Parameter count: of items.
  public func items(_ count: Int, seed: UInt64) -> [Item] {
    var generator = SeededGenerator(seed: seed)
    let shapes = Self.regions.map { _ in
      (
        week: (0..<7).map { _ in 0.25 * generator.normal() }, year: 0.25 * generator.normal(),
        uplift: 0.2 + 0.8 * generator.uniform()
      )
    }
    return (0..<count).map { number in
      let region = Int(generator.next() % UInt64(Self.regions.count))
      let start = isRagged ? Int(generator.uniform() * 0.7 * Double(steps)) : 0
      return item(number, region: Self.regions[region], shapes[region], start: start, &generator)
    }
  }

  private func item(
    _ number: Int, region: String, _ shape: (week: [Double], year: Double, uplift: Double), start: Int,
    _ generator: inout SeededGenerator
  ) -> Item {
    var level = log(20) + generator.normal()
    let noise = 0.08 + 0.15 * generator.uniform()
    let week = shape.week.map { $0 + 0.05 * generator.normal() }
    let uplift = shape.uplift * exp(0.2 * generator.normal())
    var (error, left) = (0.0, 0)
    var (sales, promotions): ([Double], [Double]) = ([], [])
    for day in start..<steps + ahead {
      // A week or so at a time.
      if left == 0, generator.uniform() < 1.0 / 40 { left = 3 + Int(generator.next() % 8) }
      promotions.append(left > 0 ? 1 : 0)
      left = max(0, left - 1)
      guard day < steps else { continue }
      level += 0.012 * generator.normal()
      error = 0.3 * error + noise * generator.normal()
      let year = shape.year * sin(2 * .pi * Double(day) / 365.25)
      let value = exp(level + week[day % 7] + year + uplift * (promotions.last ?? 0) + error)
      sales.append(generator.uniform() < missing ? .nan : (value * 100).rounded() / 100)
    }
    return Item(
      name: "item-" + String(number), region: region, start: start, sales: sales, promotions: promotions)
  }
}
