import Storage

/// Numbers that seem to stand for missing values, as -999 among temperatures: told, never left out without being asked.
struct SentinelSurvey {
  private(set) var remarks: [TableRemark] = []

  /// What programs and instruments write where nothing was measured: nines, the ends of whole numbers in bytes, 1e20 of climate models,
  /// netCDF's 2^122 · 1.875.
  private static let usual: Set<Double> = {
    let nines = [99, 999, 9999, 99_999, 999_999, 9_999_999, 99.9, 999.9, 999.99, 9999.9, 9999.99, 99.99]
    let ends = [-32_768, 32_767, 65_535, -2_147_483_648, 2_147_483_647, -1e20, 1e20, 1e30, -1e30, 1e34, 1e35, -1e34]
    return Set(nines + nines.map { -$0 } + ends + [9.969209968386869e36, 9.96921e36])
  }()

  /// How far beyond the other values it lies, in units of what they span: where it comes several times, and once.
  private static let (distance, distanceOfOne) = (1.5, 10.0)

  init(_ table: CSVTable, columns: [Int]) {
    for column in columns {
      var counts: [Double: Int] = [:]
      var (low, high) = (Double.infinity, -Double.infinity)
      // Few different values are marks of some kind.
      var others: Set<Double> = []
      for row in 0..<table.rowCount {
        guard let value = try? table.number(row, column) else { continue }
        if Self.usual.contains(value) {
          counts[value, default: 0] += 1
        } else {
          (low, high) = (min(low, value), max(high, value))
          if others.count < 5 { others.insert(value) }
        }
      }
      guard others.count == 5, !counts.isEmpty else { continue }
      let found = counts.keys.sorted().filter { value in
        let way = max(low - value, value - high)
        return way > (counts[value] == 1 ? Self.distanceOfOne : Self.distance) * (high - low)
      }
      guard !found.isEmpty else { continue }
      let texts = found.map { value in
        let count = counts[value] ?? 0
        return "\(shortest(value)) \(count == 1 ? "once" : "\(grouped(count)) times")"
      }
      let list = found.map(shortest).joined(separator: ",")
      remarks.append(
        TableRemark(
          .numbers,
          "\(printable(table.header[column], limit: 60)) holds \(texts.joined(separator: ", ")), where the other values lie from "
            + "\(shortest(low)) to \(shortest(high)): taken as it stands; if values are missing there, --missing-values \(list)"
        ))
    }
  }
}
