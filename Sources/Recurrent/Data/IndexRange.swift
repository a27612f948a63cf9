internal import Storage

/// What a whole number in the data may be: a token of a vocabulary, or a class of the outputs.
struct IndexRange: Sendable {
  /// "token" or "class".
  let name: StaticString
  let count: Int
  /// The class that stands for none.
  var ignored: Int32?

  /// Stops where one is no such number.
  /// - Parameter place: where the number at an index stands.
  func check(_ numbers: Span<Int32>, _ place: (_ index: Int) -> StepPlace) {
    for index in numbers.indices {
      let number = numbers[index]
      require(
        number >= 0 && number < count || number == ignored,
        "\(name) \(number) at \(place(index)): expected 0 to \(count - 1)"
          + (ignored.map { ", or \($0) for none" } ?? ""))
    }
  }

  /// Stops where one of several tokens of a step is not below the size of its vocabulary.
  static func check(_ tokens: Sequences<Int32>, _ vocabularySizes: [Int]) {
    require(
      tokens.width == vocabularySizes.count, "expected \(vocabularySizes.count) tokens a step, got \(tokens.width)")
    for index in tokens.values.indices {
      let (token, place) = (tokens.values[index], index % tokens.width)
      require(
        token >= 0 && token < vocabularySizes[place],
        "token \(token) at \(tokens.place(ofStep: index / tokens.width)), place \(place): expected 0 to \(vocabularySizes[place] - 1)"
      )
    }
  }

  /// The same for sequences of one number a step.
  func check(_ numbers: Sequences<Int32>) {
    require(numbers.width == 1, "expected 1 \(name) a step, got \(numbers.width)")
    check(numbers.values.span) { numbers.place(ofStep: $0) }
  }
}

/// Where something stands in the data, counted from 0, for messages.
struct StepPlace: CustomStringConvertible {
  let sequence: Int
  /// nil: the sequence has one of them.
  let step: Int?

  init(sequence: Int, step: Int? = nil) { (self.sequence, self.step) = (sequence, step) }

  /// Of an element of [T, N].
  init(timeMajor index: Int, sequences: Int) { self.init(sequence: index % sequences, step: index / sequences) }

  var description: String { "sequence \(sequence)" + (step.map { ", step \($0)" } ?? "") }
}

extension Sequences {
  /// Of a step counted through all sequences.
  func place(ofStep index: Int) -> StepPlace {
    var rest = index
    for (sequence, length) in lengths.enumerated() {
      if rest < length { return StepPlace(sequence: sequence, step: rest) }
      rest -= length
    }
    return StepPlace(sequence: count)
  }
}
