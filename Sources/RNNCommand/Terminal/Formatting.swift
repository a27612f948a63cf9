import Foundation
import Storage
import Tables

/// 0.002, 5, 1e-08: the shortest text that reads back as the same number. For data; tables for people may round.
func short(_ value: Double) -> String { shortest(value) }

/// 1,115,394
func grouped(_ value: Int) -> String { Tables.grouped(value) }

/// 1 step, 2,000 steps
/// - Parameter plural: nil: the noun with an s.
func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
  "\(grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
}

/// 4 decimals.
func decimal(_ value: Double, places: Int = 4) -> String { String(format: "%.\(places)f", value) }

/// 0.4 s, 12.3 s, 2:05, 1:02:05
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "?" }
  if seconds < 59.95 { return decimal(seconds, places: 1) + " s" }
  let whole = Int(seconds.rounded())
  let (hours, minutes) = (whole / 3600, whole / 60 % 60)
  let tail = String(format: "%02d", whole % 60)
  return hours > 0 ? "\(hours):\(String(format: "%02d", minutes)):\(tail)" : "\(minutes):\(tail)"
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// 5 significant digits.
func significant(_ value: Double) -> String { String(format: "%.5g", value) }

/// A loss, or what is made of one: 4 decimals, but where they would hide a small one, or be lost behind a large one, 5
/// significant digits.
func lossText(_ value: Double) -> String {
  value == 0 || (0.01..<1e6).contains(abs(value)) ? decimal(value) : significant(value)
}

extension JSON {
  /// A number; null where there is none, or it is none that JSON has.
  init(finite value: Double?) { self = value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null }
}
