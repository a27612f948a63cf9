import ArgumentParser
import Recurrent
import RecurrentForecasting
import Storage
import Tables

/// What `rnn forecast train` makes.
enum ForecastMethod: String, NamedChoice, Sendable {
  /// Direct, anchored, combined forecasts of one column: `Forecaster`.
  case combined
  /// One network of all columns, which learns one step ahead and is fed its outputs back.
  case network
}

/// A forecaster, and the column that it forecasts, of a file.
struct SavedForecaster {
  var forecaster: Forecaster
  let file: String

  /// - Throws: `CheckpointError`.
  init(_ opened: SafetensorsFile) throws(CheckpointError) {
    forecaster = try Forecaster(opened)
    file = opened.file
  }

  /// The same at the step `end` of a table that holds the values it was fitted to.
  /// - Throws: `CheckpointError`; `Failure` where the table holds others.
  mutating func take(_ target: ForecastTarget, before end: Int) throws {
    let known = forecaster.values
    guard let start = Self.place(of: known, in: target.values) else {
      throw Failure(
        message: "\(target.file) does not hold the rows that \(file) was fitted to: give the whole table, or "
          + "'rnn forecast update' it with new rows")
    }
    guard end - start >= 1 else { throw Failure(message: "\(target.file): too few rows before the forecast") }
    try forecaster.replaceValues(by: Array(target.values[start..<end]), file: file)
  }

  static func place(of known: [Double], in values: [Double]) -> Int? {
    func isSame(_ a: Double, _ b: Double) -> Bool { a == b || (a.isNaN && b.isNaN) }
    guard values.count >= known.count else { return nil }
    return (0...values.count - known.count).first { start in
      known.indices.allSatisfy { isSame(known[$0], values[start + $0]) }
    }
  }

  /// The same with the values of a table: those that it knows and later ones, or later ones alone.
  /// - Returns: how many of them are new.
  /// - Throws: `Failure` where the table neither holds the last row that is known nor begins with the next.
  mutating func take(_ target: ForecastTarget) throws -> Int {
    let known = forecaster.values
    var first = 0
    if let start = Self.place(of: known, in: target.values) {
      first = start + known.count
    } else if let last = forecaster.notes[Self.lastNote],
      let row = target.values.indices.last(where: { target.time.label($0) == last })
    {
      first = row + 1
      // The end of what is known is nothing new.
      let isEnd =
        first <= known.count && Self.place(of: Array(target.values[..<first]), in: Array(known.suffix(first))) == 0
      if !isEnd { Note.note("rows up to \(last) are not those that \(file) knows, which stay as they are") }
    } else if let next = forecaster.notes[Self.nextNote] {
      guard target.time.label(0) == next else {
        throw Failure(
          message: "\(target.file) begins with \(target.time.label(0)) where \(file) ends with "
            + "\(forecaster.notes[Self.lastNote] ?? "the row before"): the next row is \(next); give the table from there on, "
            + "or train anew")
      }
    } else {
      Note.note("\(target.file) does not begin with the values that \(file) knows: its rows are taken for later ones")
    }
    let new = Array(target.values[first...])
    forecaster.update(with: new)
    if !new.isEmpty { note(target, new: new.count) }
    return new.count
  }

  /// What a table has after the values that are known.
  /// - Returns: the first row of it, and the values.
  /// - Throws: `Failure` where the table does not follow them.
  func later(_ target: ForecastTarget) throws(Failure) -> (first: Int, values: [Double]) {
    if let start = Self.place(of: forecaster.values, in: target.values) {
      let first = start + forecaster.values.count
      return (first, Array(target.values[first...]))
    }
    guard let next = forecaster.notes[Self.nextNote], target.time.label(0) == next else {
      throw Failure(
        message:
          "\(target.file) neither holds the rows that \(file) was fitted to nor begins with the next: give the whole table, or "
          + "what came since")
    }
    return (0, target.values)
  }

  /// Keeps the column's name, and where its rows end.
  /// - Parameter count: of its last rows, which are new; what came before them it may not hold.
  mutating func note(_ target: ForecastTarget, new count: Int) {
    let horizon = forecaster.horizon
    let before = labels.dropLast(horizon)
    let timing = timing
    forecaster.notes = Self.notes(of: target, horizon: horizon).merging(timing.notes) { _, known in known }
    guard !before.isEmpty else { return }
    let joined = (before + labels.suffix(count + horizon)).suffix(Self.shownHistory(horizon) + horizon)
    forecaster.notes[Self.labelsNote] = Self.text(Array(joined))
  }

  private var labels: [String] {
    forecaster.notes[Self.labelsNote].flatMap { try? JSON(parsing: $0).array?.compactMap(\.string) } ?? []
  }

  private static func text(_ labels: [String]) -> String? {
    (try? JSON.array(labels.map { .string($0) }).serialized()).map { String(decoding: $0, as: UTF8.self) }
  }

  /// - Parameter horizon: steps after the last row of which the labels are kept.
  static func notes(of target: ForecastTarget, horizon: Int) -> [String: String] {
    var notes = [columnNote: target.name]
    let count = target.values.count
    let labels = (max(0, count - shownHistory(horizon))..<count + horizon).map(target.time.label)
    notes[timeNote] = target.time.name
    notes[labelsNote] = text(labels)
    notes.merge(target.timing.notes) { _, own in own }
    guard target.time.name != nil else { return notes }
    notes[lastNote] = target.time.label(count - 1)
    notes[nextNote] = target.time.isNamed(count) ? target.time.label(count) : nil
    return notes
  }

  /// What its last row is called, where rows have names.
  var lastLabel: String? { forecaster.notes[Self.lastNote] }

  /// The column that it forecasts, as its table called it.
  var column: String? { forecaster.notes[Self.columnNote] }

  /// How the rows were made regular that it knows.
  var timing: SeriesTiming { SeriesTiming(notes: forecaster.notes) ?? SeriesTiming() }

  /// Rows before a forecast that a plot shows.
  static func shownHistory(_ horizon: Int) -> Int { max(50, 4 * horizon) }

  /// The end of its series, with the labels that its table had, and those of the steps that it forecasts.
  /// - Throws: `Failure` where the file does not hold them.
  func target() throws(Failure) -> ForecastTarget {
    let values = forecaster.values
    let labels = labels
    let count = labels.count - forecaster.horizon
    guard let column, count >= 1, count <= values.count else {
      throw Failure(message: "\(file) does not say what its rows were called: give the table, too")
    }
    return ForecastTarget(
      file: file, name: column,
      time: TimeAxis(name: forecaster.notes[Self.timeNote] ?? "row", labels: labels),
      values: Array(values.suffix(count)))
  }

  private static let (columnNote, lastNote, nextNote) = ("column", "last", "next")
  private static let (timeNote, labelsNote) = ("time", "labels")
}

/// Levels of intervals: 80,95.
struct LevelsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Intervals that hold a value with these probabilities in percent, such as 80,95. Of a combined forecaster, or a network with "
        + "--likelihood. (default: 80,95)",
      valueName: "list"),
    transform: { text throws in
      let levels = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
      guard !levels.isEmpty, levels.allSatisfy({ $0.map { $0 > 0 && $0 < 100 } ?? false }) else {
        throw ValidationError("expected percentages above 0 and below 100, such as 80,95")
      }
      let known = levels.compactMap { $0 }
      if let share = known.first(where: { $0 < 1 }) {
        throw ValidationError("\(short(share)) is a share where percentages are expected: \(short(100 * share))")
      }
      guard Set(known).count == known.count else { throw ValidationError("a level is given twice") }
      return known
    })
  var level: [Double]?
}
