internal import Kernels

/// What one recurrence went through on real sequences: a model of this recurrence alone, and its inputs and states, in the order
/// in which it comes to them. Everything in double precision.
struct Trajectory {
  enum Inputs {
    case tokens([[Int32]])
    /// [T, I]
    case vectors([[Double]], width: Int)
  }

  /// One layer that runs forward, without a head.
  let model: Model<Double>
  let inputs: Inputs
  /// [T + 1, D] of each sequence: the state before the first step, and after each. Its parts stand side by side.
  let states: [[Double]]
  /// Widths of the parts.
  let widths: [Int]

  /// D.
  var stateSize: Int { widths.reduce(0, +) }
  /// P.
  var outputSize: Int { widths[0] }
  var sequenceCount: Int { states.count }

  func steps(_ sequence: Int) -> Int { states[sequence].count / stateSize - 1 }

  /// The state after so many steps.
  func state(_ sequence: Int, after step: Int) -> ArraySlice<Double> {
    states[sequence][step * stateSize..<(step + 1) * stateSize]
  }

  /// So many places, evenly spread over all steps that have `before` steps or more before them and one after.
  func places(_ count: Int, before: Int) -> [Place] {
    var all: [Place] = []
    for sequence in 0..<sequenceCount where steps(sequence) > before {
      all += (before..<steps(sequence)).map { Place(sequence: sequence, step: $0) }
    }
    guard all.count > count else { return all }
    return (0..<count).map { all[(2 * $0 + 1) * all.count / (2 * count)] }
  }

  /// A step of a sequence: from the state after `step` steps to the next.
  struct Place {
    var sequence: Int
    var step: Int
  }

  /// The input of the steps at some places, as one step of a batch.
  func input(at places: [Place]) -> ModelInput<Double> {
    switch inputs {
    case .tokens(let tokens): return .tokens(places.map { tokens[$0.sequence][$0.step] })
    case .vectors(let vectors, let width):
      var values: [Double] = []
      values.reserveCapacity(places.count * width)
      for place in places { values += vectors[place.sequence][place.step * width..<(place.step + 1) * width] }
      return .vectors(values)
    }
  }
}

extension Model {
  /// The same parameters in double precision, in a model of other layers: those of `layers` without a head. Matrices of low rank
  /// are multiplied out.
  /// - Parameter direction: 1 for the reverse direction of a layer, as one that runs forward; nil: the directions stay.
  func part(layers: Range<Int>, direction: Int? = nil) throws(PlanError) -> Model<Double> {
    guard configuration.ranks == nil else { return try withWholeMatrices().part(layers: layers, direction: direction) }
    require(
      !configuration.hasInputFeeding,
      "with input feeding the layers have no dynamics of their own: their first one reads what the attention gave")
    var part = configuration
    part.head = .none
    part.tiesEmbedding = false
    part.crf = nil
    part.attention = nil
    part.headReadsAllLayers = false
    (part.dropout, part.headDropout, part.recurrentDropout, part.isDropoutVariational) = (0, 0, 0, false)
    (part.weightDropout, part.embeddingDropout) = (0, 0)
    part.hiddenSizes = layers.map { configuration.hiddenSize(ofLayer: $0) }
    part.layerCount = layers.count
    if layers.lowerBound > 0 { part.input = .vectors(size: configuration.inputSize(ofLayer: layers.lowerBound)) }
    if direction != nil {
      part.directions = .forward
      part.isResidual = false
      // A recurrence alone, which reads what the norm gave.
      part.blocks = nil
      if configuration.normalizesInput(layer: layers.lowerBound) {
        part.input = .vectors(size: configuration.inputSize(ofLayer: layers.lowerBound))
      }
    }
    var result = try Model<Double>(zeros: part, vocabulary: nil)
    for entry in result.table.entries {
      var name = entry.name
      if name.hasPrefix("rnn."), let end = name.lastPlace(of: "_l") {
        let suffix = name[end...].dropFirst(2)
        let layer = (Int(suffix.prefix { $0.isNumber }) ?? 0) + layers.lowerBound
        let isReverse = direction.map { $0 == 1 } ?? suffix.hasSuffix("_reverse")
        name = name[..<end] + "_l\(layer)" + (isReverse ? "_reverse" : "")
      }
      result.setParameter(entry, to: self[parameter: name].map { Double($0) })
    }
    return result
  }
}

extension String {
  /// Where `text` begins for the last time.
  fileprivate func lastPlace(of text: String) -> Index? {
    indices.last { self[$0...].hasPrefix(text) }
  }
}
