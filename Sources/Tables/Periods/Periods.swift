import Storage

/// Periods of equal length into which rows at irregular times are gathered, and what becomes of the values of each.
package struct Periods: Sendable, Hashable {
  package enum Length: Sendable, Hashable {
    /// Of the calendar, for times.
    case calendar(Frequency)
    /// In the unit of a column of numbers.
    case number(Double)
  }

  package let length: Length
  /// Of the columns that are forecast; the others are averaged.
  package var aggregate = Aggregate.mean
  /// Of single columns, by their names.
  package var aggregates: [String: Aggregate] = [:]

  /// `1h`, `15min`, `D`, `MS`; or a number, in the unit of a column of numbers.
  package init?(_ text: String) {
    if let frequency = Frequency(text) {
      length = .calendar(frequency)
    } else if let number = Double(text), number.isFinite, number > 0 {
      length = .number(number)
    } else {
      return nil
    }
  }

  /// As it was given.
  package var name: String {
    switch length {
    case .calendar(let frequency): frequency.name
    case .number(let number): shortest(number)
    }
  }

  /// Of a column.
  func aggregate(of name: String, isTarget: Bool) -> Aggregate { aggregates[name] ?? (isTarget ? aggregate : .mean) }

  // MARK: Aggregates in text

  /// Takes `sum`, or `sum,price=mean`: of all columns that are forecast, and of single ones.
  /// - Returns: false where it says nothing of the kind.
  package mutating func take(aggregates text: String) -> Bool {
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let mark = part.lastIndex(of: "=") else {
        guard let own = Aggregate(rawValue: String(part)) else { return false }
        aggregate = own
        continue
      }
      guard mark != part.startIndex, let own = Aggregate(rawValue: String(part[part.index(after: mark)...])) else {
        return false
      }
      aggregates[String(part[..<mark])] = own
    }
    return true
  }

  /// As `take` reads it.
  package var aggregatesText: String {
    ([aggregate.rawValue] + aggregates.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.rawValue)" })
      .joined(separator: ",")
  }
}

/// How the rows of a series were made regular: kept with a model, so that other tables are read likewise.
package struct SeriesTiming: Sendable, Hashable {
  /// nil: each row is a step.
  package var periods: Periods?
  /// Of times that are off by little, what they are meant to be.
  package var frequency: Frequency?

  package init(periods: Periods? = nil, frequency: Frequency? = nil) {
    (self.periods, self.frequency) = (periods, frequency)
  }

  package var isPlain: Bool { periods == nil && frequency == nil }
}
