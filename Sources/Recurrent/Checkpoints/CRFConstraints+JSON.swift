import Storage

/// What a CRF forbids, as model files have it.
extension CRFConstraints {
  var json: JSON {
    var members: [(key: String, value: JSON)] = []
    if !transitions.isEmpty {
      let pairs = transitions.map { JSON.array([.integer($0.from), .integer($0.to)]) }
      members.append((key: "forbidden_transitions", value: .array(pairs)))
    }
    for (key, labels) in [("forbidden_starts", starts), ("forbidden_ends", ends)] where !labels.isEmpty {
      members.append((key: key, value: .array(labels.map { .integer($0) })))
    }
    return .object(members)
  }

  init(_ reader: MetadataReader) throws(CheckpointError) {
    func labels(_ name: String) throws(CheckpointError) -> [Int] {
      guard let value = reader.json[name] else { return [] }
      guard let list = value.array, case let labels = list.compactMap(\.integer), labels.count == list.count else {
        throw reader.fault("\(name) is no list of labels")
      }
      return labels
    }
    self.init(starts: try labels("forbidden_starts"), ends: try labels("forbidden_ends"))
    guard let value = reader.json["forbidden_transitions"] else { return }
    guard let list = value.array else { throw reader.fault("forbidden_transitions is no list of pairs") }
    for element in list {
      guard let pair = element.array?.compactMap(\.integer), pair.count == 2, element.array?.count == 2 else {
        throw reader.fault("forbidden_transitions is no list of pairs")
      }
      transitions.append(Transition(from: pair[0], to: pair[1]))
    }
  }
}
