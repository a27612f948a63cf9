internal import Storage

/// Values of a parameter that are no finite numbers: NaN or infinite.
public struct NonFiniteValues: Sendable, Hashable, CustomStringConvertible {
  /// The parameter's name.
  public let name: String
  /// How many there are.
  public let count: Int
  /// The first of them by its indices, row-major.
  public let place: [Int]
  /// Which it is: nan, inf or -inf.
  public let value: String

  /// nil where all values are finite numbers.
  package init?<S: Scalar>(of values: Span<S>, name: String, shape: [Int]) {
    var (first, count): (Int?, Int) = (nil, 0)
    for index in values.indices where !values[index].isFinite {
      first = first ?? index
      count += 1
    }
    guard let first else { return nil }
    var (place, rest): ([Int], Int) = ([], first)
    for size in shape.reversed() {
      place.insert(rest % max(1, size), at: 0)
      rest /= max(1, size)
    }
    (self.name, self.count, self.place, value) = (name, count, place, "\(values[first])")
  }

  /// `"linear.bias": 3 values are not finite numbers, the first at [2] (nan)`
  public var description: String {
    let amount = count == 1 ? "1 value is not a finite number," : "\(count) values are not finite numbers, the first"
    return "\"\(printable(name))\": \(amount) at \(place) (\(value))"
  }
}

extension Model {
  /// The parameters with values that are no finite numbers, in the order of the table. A model that has any predicts
  /// nothing: what a training left that diverged, or a file that is damaged.
  public var nonFiniteParameters: [NonFiniteValues] {
    table.entries.compactMap { entry in
      NonFiniteValues(
        of: block.span.extracting(entry.offset..<entry.offset + entry.count), name: entry.name, shape: entry.shape)
    }
  }
}
