internal import Foundation
internal import Storage

/// What stands beside the values of a panel's series, and how it is made into numbers around 0.
struct PanelColumns: Sendable, Hashable, Codable {
  /// A column with one text in each series.
  struct Static: Sendable, Hashable, Codable {
    let name: String
    /// Of a column of numbers.
    let scaling: Scaling?
    /// Of others; empty where there are too many to learn from.
    let categories: [String]

    /// More categories than this hardly are more than names.
    static let mostCategories = 50

    init(name: String, _ texts: [String]) {
      self.name = name
      let distinct = Set(texts).sorted()
      let numbers = texts.compactMap { Double($0) }.filter(\.isFinite)
      if numbers.count == texts.count, distinct.count > 2 {
        (scaling, categories) = (Scaling(numbers), [])
      } else {
        (scaling, categories) = (nil, (2...Self.mostCategories).contains(distinct.count) ? distinct : [])
      }
    }

    var width: Int { scaling == nil ? categories.count : 1 }

    /// A category that was not seen is none of them.
    func encode(_ text: String) -> [Double] {
      if let scaling { return [Double(text).map(scaling.apply) ?? 0] }
      return categories.map { $0 == text ? 1 : 0 }
    }
  }

  /// To mean 0 and deviation 1.
  struct Scaling: Sendable, Hashable, Codable {
    let mean: Double
    let deviation: Double

    init(_ values: [Double]) {
      let known = values.filter(\.isFinite)
      let (count, first) = (Double(max(1, known.count)), known.first ?? 0)
      let shift = known.reduce(0) { $0 + ($1 - first) } / count
      let square = known.reduce(0) { $0 + ($1 - first - shift) * ($1 - first - shift) } / count
      mean = first + shift
      deviation = square > 1e-24 * mean * mean && square.isNormal ? square.squareRoot() : 1
    }

    /// Far from what was seen is as far as 10 deviations.
    func apply(_ value: Double) -> Double { min(max((value - mean) / deviation, -10), 10) }

    var isSound: Bool { mean.isFinite && deviation.isNormal && deviation > 0 }
  }

  struct Covariate: Sendable, Hashable, Codable {
    let name: String
    let scaling: Scaling
  }

  let statics: [Static]
  let knownAhead: [Covariate]
  let past: [Covariate]

  var staticWidth: Int { statics.reduce(0) { $0 + $1.width } }

  /// - Precondition: every series has the columns of the first.
  init(_ series: [PanelSeries]) {
    func names<Value>(_ what: String, _ columns: (PanelSeries) -> [String: Value]) -> [String] {
      let names = series.first.map { columns($0).keys.sorted() } ?? []
      for own in series {
        let found = columns(own).keys.sorted()
        require(found == names, "series \(own.name) has the \(what) \(found), the first of the panel \(names)")
      }
      return names
    }
    statics = names("statics", \.statics).map { name in Static(name: name, series.map { $0.statics[name] ?? "" }) }
    knownAhead = names("covariates known ahead", \.knownAhead).map { name in
      Covariate(name: name, scaling: Scaling(series.flatMap { $0.knownAhead[name] ?? [] }))
    }
    past = names("past covariates", \.past).map { name in
      Covariate(name: name, scaling: Scaling(series.flatMap { $0.past[name] ?? [] }))
    }
  }

  func encodedStatics(_ series: PanelSeries) -> [Double] {
    statics.flatMap { $0.encode(series.statics[$0.name] ?? "") }
  }

  /// [covariates][T + F]; what is missing lies on straight lines.
  func encodedKnown(_ series: PanelSeries) -> [[Double]] {
    knownAhead.map { column in Self.filled(series.knownAhead[column.name] ?? []).map(column.scaling.apply) }
  }

  /// [covariates][T]
  func encodedPast(_ series: PanelSeries) -> [[Double]] {
    past.map { column in Self.filled(series.past[column.name] ?? []).map(column.scaling.apply) }
  }

  private static func filled(_ values: [Double]) -> [Double] { ObservedSeries(values).values }

  var isSound: Bool {
    (statics.compactMap(\.scaling) + (knownAhead + past).map(\.scaling)).allSatisfy(\.isSound)
  }
}
