import Storage

/// What the descriptions that are kept with models of tables have in common.
extension Standardization {
  var members: [(key: String, value: JSON)] {
    [
      (key: "means", value: .array(means.map { .number($0) })),
      (key: "deviations", value: .array(deviations.map { .number($0) })),
    ]
  }

  /// nil where the object does not hold as many of both as there are columns.
  init?(_ json: JSON, width: Int) {
    let means = json["means"]?.array?.compactMap(\.number) ?? []
    let deviations = json["deviations"]?.array?.compactMap(\.number) ?? []
    guard means.count == width, deviations.count == width, deviations.allSatisfy({ $0 > 0 }) else { return nil }
    self.init(means: means, deviations: deviations)
  }

  /// A description with this scaling as text.
  func text(after description: [(key: String, value: JSON)], _ last: [(key: String, value: JSON)] = []) -> String {
    // Every number is finite, the only thing that JSON cannot say.
    guard let bytes = try? JSON.object(description + members + last).serialized() else {
      stop("the scaling is not finite")
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension JSON {
  /// The texts of a member, at least one; nil where it is missing, or holds anything else.
  func names(_ key: String) -> [String]? {
    let names = self[key]?.array?.compactMap(\.string) ?? []
    return names.isEmpty || names.count != self[key]?.array?.count ? nil : names
  }
}
