/// Classical decomposition: a season around a moving average (Macaulay 1931).
struct Decomposition {
  /// One for each place in the season, with the mean 0; the first is that of step 0.
  let season: [Double]

  /// - Precondition: at least two periods.
  init(_ values: ArraySlice<Double>, period: Int) {
    let trend = Self.movingAverage(values, period: period)
    var sums = [Double](repeating: 0, count: period)
    var counts = [Double](repeating: 0, count: period)
    for (step, value) in values.enumerated() {
      guard let level = trend[step] else { continue }
      sums[step % period] += value - level
      counts[step % period] += 1
    }
    let means = zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
    let mean = means.reduce(0, +) / Double(period)
    season = means.map { $0 - mean }
  }

  /// Around each step that has half a period on both sides; an even period's ends count half.
  private static func movingAverage(_ values: ArraySlice<Double>, period: Int) -> [Double?] {
    let half = period / 2
    var result = [Double?](repeating: nil, count: values.count)
    let first = values.startIndex
    guard values.count >= period + 1 else { return result }
    for step in half..<(values.count - half) {
      var sum = 0.0
      for place in step - half...step + half { sum += values[first + place] }
      if period.isMultiple(of: 2) { sum -= (values[first + step - half] + values[first + step + half]) / 2 }
      result[step] = sum / Double(period)
    }
    return result
  }
}
