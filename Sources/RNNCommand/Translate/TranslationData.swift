import Recurrent
import Storage

/// Pairs as a training takes them.
struct TranslationData {
  /// What is read, and how.
  struct Reading {
    let pairs: String
    let targets: String?
    let reading: Pairs.Reading
    let part: PartSize?
    let validation: String?
    let validationTargets: String?
    let units: (source: TextTokenizer.Unit?, target: TextTokenizer.Unit?)
    let vocabularySize: Int?
    let longest: Int
    let seed: UInt64
  }

  let training: Pairs
  let held: Pairs
  let description: TranslationDescription
  /// Of each pair.
  let sources: [[Int32]]
  let targets: [[Int32]]
  /// Tells whether pairs are those that they were.
  let digest: UInt64

  /// Reads, parts and numbers pairs; says what was left out.
  /// - Throws: `Failure`.
  init(_ asked: Reading) throws {
    var all = try Pairs(asked.pairs, targets: asked.targets, asked.reading)
    all.announce()
    let units = (
      source: asked.units.source ?? UnitChoice.unit(of: all.items.map(\.source)),
      target: asked.units.target ?? UnitChoice.unit(of: all.items.flatMap(\.targets))
    )
    let dropped = all.dropLonger(than: asked.longest, units)
    if dropped > 0 {
      Note.note(
        "\(counted(dropped, "pair")) with a side of more than \(counted(asked.longest, "symbol")) left out (--longest)")
    }
    guard !all.items.isEmpty else {
      throw Failure(message: "\(asked.pairs): no pair has sides of at most --longest \(asked.longest) symbols")
    }
    if let file = asked.validation {
      training = all
      held = try Pairs(file, targets: asked.validationTargets, asked.reading)
      held.announce()
      let shared = held.items.count { all.contains($0.source) }
      if shared > 0 {
        Note.warning(
          "\(counted(shared, "source")) of the \(grouped(held.items.count)) of \(file) are trained on, too: what is measured on "
            + "them says nothing of others")
      }
    } else {
      (training, held) = try all.holdingOut(asked.part, seed: asked.seed)
    }
    let isLimited = [units.source, units.target].contains { $0 != .character && $0 != .byte }
    if asked.vocabularySize != nil, !isLimited {
      Note.note("both sides are characters, all of which are learnt: --vocabulary-size is for words")
    }
    func tokenizer(_ texts: [String], _ unit: TextTokenizer.Unit) -> TextTokenizer {
      let limit: Int? =
        switch unit {
        case .character, .byte: nil
        case .word, .spaced: asked.vocabularySize ?? 20_000
        case .subword: asked.vocabularySize
        }
      return TextTokenizer(fitting: texts, unit: unit, form: asked.reading.form, vocabularySize: limit)
    }
    let source = tokenizer(training.items.map(\.source), units.source)
    let target = tokenizer(training.items.flatMap(\.targets), units.target)
    var (sources, targets): ([[Int32]], [[Int32]]) = ([], [])
    for item in training.items {
      let numbers = source.encode(item.source)
      for text in item.targets {
        sources.append(numbers)
        targets.append(target.encode(text))
      }
    }
    (self.sources, self.targets) = (sources, targets)
    description = TranslationDescription(
      source: source, target: target,
      longest: (sources.map(\.count).max() ?? 1, targets.map(\.count).max() ?? 1))
    digest = Self.digest([training, held])
  }

  private static func digest(_ parts: [Pairs]) -> UInt64 {
    var digest = UInt64.digestStart
    for part in parts {
      digest.digest(UInt64(part.items.count))
      for item in part.items { for text in [item.source] + item.targets { digest.digest(text) } }
    }
    return digest
  }

  /// Symbols of a target from which on hardly an answer is right as a whole.
  private static let longTarget = 20

  /// What is measured unless something else is asked for: of short targets how many are right, of long ones how nearly.
  var metric: TranslationMetric {
    let lengths = targets.map(\.count).sorted()
    return lengths[lengths.count / 2] <= Self.longTarget ? .wordError : .symbolError
  }
}
