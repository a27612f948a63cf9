import Recurrent
import Tables

/// The distribution that a network learns of each next value.
enum Likelihood: String, NamedChoice, Sendable {
  case gaussian, student
  /// Of counts.
  case negativeBinomial = "negative-binomial"

  /// - Parameter scaling: of the columns; counts are not scaled, but their means are.
  func loss(_ scaling: Standardization) -> Loss {
    switch self {
    case .gaussian: .gaussian
    case .student: .studentT
    case .negativeBinomial: .negativeBinomial(scales: scaling.deviations)
    }
  }

  var outputsPerValue: Int { self == .student ? 3 : 2 }

  var isOfCounts: Bool { self == .negativeBinomial }
}

extension Standardization {
  /// What counts are divided by, as DeepAR does it: 1 + their mean. Nothing is subtracted.
  init(ofCounts values: some RandomAccessCollection<Double>, width: Int) {
    var sums = [Double](repeating: 0, count: width)
    for (index, value) in values.enumerated() { sums[index % width] += value / Double(values.count / width) }
    self.init(means: sums.map { _ in 0 }, deviations: sums.map { 1 + $0 })
  }
}

extension Series {
  /// - Throws: `Failure` where a value is no count.
  func requireCounts() throws(Failure) {
    for (place, value) in values.enumerated() where isKnown[place] && (value < 0 || value.rounded() != value) {
      throw Failure(
        message:
          "\(file): \(visible(columns[place % width])) at \(visible(time.label(place / width))) is \(short(value)), no count: "
          + "--likelihood negative-binomial is of whole numbers of 0 or more; student and gaussian are of any")
    }
  }
}
