import ArgumentParser
import Recurrent

/// OLD=NEW
struct PrefixOption: ExpressibleByArgument, Sendable {
  let old: String
  let new: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    (old, new) = (String(parts[0]), String(parts[1]))
  }
}

/// A head, by its name in model files.
struct HeadOption: ExpressibleByArgument, Sendable {
  let head: ModelConfiguration.Head

  init?(argument: String) {
    guard let head = ModelConfiguration.Head.allCases.first(where: { $0.nameInFiles == choiceName(argument) }) else {
      return nil
    }
    self.head = head
  }

  static var allValueStrings: [String] { ModelConfiguration.Head.allCases.map(\.nameInFiles) }
}

/// forward, or a merge of both.
struct DirectionsOption: ExpressibleByArgument, Sendable {
  let directions: Directions

  init?(argument: String) {
    let argument = choiceName(argument)
    if argument == "forward" {
      directions = .forward
    } else if let merge = Directions.Merge(rawValue: argument) {
      directions = .both(merge: merge)
    } else {
      return nil
    }
  }

  static var allValueStrings: [String] { ["forward"] + Directions.Merge.allCases.map(\.rawValue) }
}
