import Recurrent
import Storage
import Tables

extension TagTask {
  /// The part held out as a loss takes it: sentences all of whose tags are known; nil where there are none.
  var comparable: (inputs: Sequences<Int32>, classes: Sequences<Int32>)? {
    let numbers = Dictionary(uniqueKeysWithValues: tags.enumerated().map { (ExactString($1), Int32($0)) })
    let known = held.filter { sentence in sentence.tags.allSatisfy { numbers[ExactString($0)] != nil } }
    guard !known.isEmpty else { return nil }
    return (
      features.encode(known.map(\.tokens)),
      Sequences(known.map { $0.tags.compactMap { numbers[ExactString($0)] } })
    )
  }

  /// Warns of sentences to train on whose tags a CRF forbids: each costs 10⁴ whatever is learnt.
  func warnOfForbidden(by constraints: CRFConstraints) {
    let pairs = Set(constraints.transitions)
    let (starts, ends) = (Set(constraints.starts), Set(constraints.ends))
    let numbers = Dictionary(uniqueKeysWithValues: tags.enumerated().map { (ExactString($1), $0) })
    var (count, first): (Int, (line: Int, tag: String)?) = (0, nil)
    for sentence in training {
      let labels = sentence.tags.compactMap { numbers[ExactString($0)] }
      for (place, label) in labels.enumerated() {
        let isForbidden =
          place == 0
          ? starts.contains(label) : pairs.contains(.init(from: labels[place - 1], to: label))
        guard isForbidden || place == labels.count - 1 && ends.contains(label) else { continue }
        count += 1
        first = first ?? (sentence.line(of: place), sentence.tags[place])
      }
    }
    guard let first else { return }
    Note.warning(
      "\(counted(count, "tag")) to train on cannot stand where \(count == 1 ? "it does" : "they do") in spans, the first, "
        + "\(printable(first.tag, limit: 40)), in line \(first.line): mend them, or leave the rules out by --no-crf")
  }
}

extension ModelConfiguration.Input {
  /// What tells whether it reads the tokens of the same vocabularies.
  private var counts: [Int] {
    switch self {
    case .oneHot(let count), .embedding(let count, _): [count]
    case .features(let tables, let letters):
      tables.map(\.vocabularySize) + (letters.map { [$0.vocabularySize, $0.count] } ?? [])
    case .vectors(let size): [size]
    }
  }

  /// Refuses a checkpoint whose options do not give what its model reads.
  func requireSame(as other: ModelConfiguration.Input, _ file: String) throws(Failure) {
    guard counts != other.counts else { return }
    throw Failure(message: "\(file) is damaged: its options do not give the units that its model knows")
  }
}
