import Storage
import Tables

/// How rows were made regular, as it is kept with models.
extension SeriesTiming {
  private static let (everyKey, aggregateKey, frequencyKey) = ("every", "aggregate", "frequency")

  /// By name.
  var notes: [String: String] {
    var notes: [String: String] = [:]
    notes[Self.everyKey] = periods?.name
    notes[Self.aggregateKey] = periods?.aggregatesText
    notes[Self.frequencyKey] = frequency?.name
    return notes
  }

  var members: [(key: String, value: JSON)] {
    notes.sorted { $0.key < $1.key }.map { (key: $0.key, value: .string($0.value)) }
  }

  /// - Returns: nil where the notes make no sense.
  init?(notes: [String: String]) {
    self.init()
    if let name = notes[Self.everyKey] {
      guard var own = Periods(name), own.take(aggregates: notes[Self.aggregateKey] ?? "mean") else { return nil }
      periods = own
    }
    guard let name = notes[Self.frequencyKey] else { return }
    guard let own = Frequency(name) else { return nil }
    frequency = own
  }

  init?(_ json: JSON) {
    var notes: [String: String] = [:]
    for key in [Self.everyKey, Self.aggregateKey, Self.frequencyKey] where json[key] != nil {
      guard let text = json[key]?.string else { return nil }
      notes[key] = text
    }
    self.init(notes: notes)
  }

  /// For rnn inspect; nil where each row is a step as it is.
  var summary: String? {
    if let periods { return "\(periods.aggregatesText.replacing(",", with: ", ")) of every \(periods.name)" }
    return frequency.map { "every \($0.name), times that are off by little taken for those that are meant" }
  }
}

extension SeriesRowOptions {
  /// For the library: as these options say, and for what they do not say as the rows were that a model was trained on.
  /// - Parameter file: the model's.
  /// - Throws: `Failure` where they say something else.
  func seriesReading(keeping timing: SeriesTiming?, of file: String) throws(Failure) -> SeriesReading {
    var reading = seriesReading
    guard let timing else { return reading }
    if let own = reading.periods, own != timing.periods {
      throw Failure(
        message: "'--every \(own.name) --aggregate \(own.aggregatesText)': \(file) was trained on "
          + (timing.periods.map { "--every \($0.name) --aggregate \($0.aggregatesText), which need not be given again" }
            ?? "rows as they are"),
        status: .usage)
    }
    reading.periods = timing.periods
    if timing.periods != nil, reading.frequency != nil {
      throw Failure(
        message: "'--frequency': \(file) was trained on '--every \(timing.periods?.name ?? "")'", status: .usage)
    }
    reading.frequency = reading.frequency ?? timing.frequency
    return reading
  }
}
