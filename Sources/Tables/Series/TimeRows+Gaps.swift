import Storage

/// Steps without rows.
extension TimeRows {
  /// - Parameters:
  ///   - places: of the rows, counted in steps from the first.
  ///   - areUsual: whether gaps are passed over where nothing is said.
  ///   - label: of a step that is missing.
  /// - Returns: whether there are rows of all steps now.
  mutating func fillGaps(
    _ places: [Int], _ last: Int, areUsual: Bool, label: (Int) -> String
  ) throws(TableError) -> Bool {
    let count = last + 1 - places.count
    guard count > 0, let gap = zip(places, places.dropFirst()).first(where: { $1 - $0 > 1 }) else { return true }
    let what =
      "\(count) \(count == 1 ? "time is" : "times are") missing, \(count == 1 ? "" : "the first ")\(printable(label(gap.0 + 1), limit: 40))"
    let line = table.lines[steps[(places.firstIndex(of: gap.0) ?? 0)][0]]
    let cure =
      "--missing interpolate fills \(count == 1 ? "it" : "them"), --gaps ignore lets the rows follow each other"
    switch reading.gaps ?? (areUsual ? .ignore : .fill) {
    case .refuse:
      throw TableError(table.file, column: column, .other("\(what), after line \(line); \(cure)"))
    case .ignore:
      let isHoliday = reading.gaps == nil
      remarks.append(
        TableRemark(
          .time,
          what
            + (isHoliday
              ? ": taken for holidays, the rows follow each other (--gaps fill: missing values)"
              : ": the rows follow each other")))
      return false
    case .fill:
      guard reading.missing != .refuse else {
        throw TableError(table.file, column: column, .other("\(what), after line \(line); \(cure)"))
      }
      guard count <= 10 * places.count + 1000 else {
        throw TableError(
          table.file, column: column,
          .other(
            "\(what), after line \(line): too many to fill; --frequency says what the steps are, --gaps ignore lets the rows follow each other"
          ))
      }
      remarks.append(TableRemark(.time, "\(what): taken as missing values"))
    }
    var (newSteps, newLabels): ([[Int]], [String]) = ([], [])
    for (index, place) in places.enumerated() {
      while newSteps.count < place {
        newLabels.append(label(newSteps.count))
        newSteps.append([])
      }
      newSteps.append(steps[index])
      newLabels.append(labels[index])
    }
    (steps, labels) = (newSteps, newLabels)
    return true
  }
}
