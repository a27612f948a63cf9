/// Rows in the order of time, each with the period that it lies in.
struct GatheredRows {
  /// Of each row the number of its period, ascending.
  private(set) var numbers: [Int]
  /// How far into the period each is, from 0 to below 1.
  private let fractions: [Double]
  /// Those of the periods that are whole.
  private(set) var first = 0
  private(set) var last = -1

  init(numbers: [Int], fractions: [Double]) {
    (self.numbers, self.fractions) = (numbers, fractions)
    guard let start = numbers.first, let end = numbers.last else { return }
    (first, last) = (start, end)
  }

  /// Leaves out the first and the last period where rows begin much later in it, or end much earlier, than in the others: what a day has
  /// brought until noon is no day.
  /// - Parameter keepsLast: whether the last is whole in any case.
  /// - Returns: which were left out.
  mutating func leaveOutParts(keepsLast: Bool) -> (first: Bool, last: Bool) {
    var heads: [Double] = []
    var tails: [Double] = []
    for (index, number) in numbers.enumerated() {
      if index == 0 || numbers[index - 1] != number { heads.append(fractions[index]) }
      if index + 1 == numbers.count || numbers[index + 1] != number { tails.append(1 - fractions[index]) }
    }
    // Two others at least show what is usual.
    guard heads.count >= 4 else { return (false, false) }
    let isFirstPart = heads[0] > Self.usual(heads.dropFirst().dropLast())
    let isLastPart = !keepsLast && tails[tails.count - 1] > Self.usual(tails.dropFirst().dropLast())
    if isFirstPart, let next = numbers.first(where: { $0 > first }) { first = next }
    if isLastPart, let next = numbers.last(where: { $0 < last }) { last = next }
    return (isFirstPart, isLastPart)
  }

  /// What 19 of 20 periods do not exceed, and a fiftieth of a period more.
  private static func usual(_ shares: ArraySlice<Double>) -> Double {
    let sorted = shares.sorted()
    return sorted[(sorted.count * 19 + 19) / 20 - 1] + 0.02
  }
}
