internal import Kernels

/// A model from sequences to sequences (Sutskever, Vinyals & Le 2014; Cho et al. 2014): an encoder reads the source, its
/// final states are the decoder's initial states, and the decoder gives the target a step at a time from the steps before.
/// With attention in the decoder's configuration the decoder also reads the encoder's outputs at every step.
///
/// A source of one vector makes it a model from one vector to a sequence.
public struct EncoderDecoder<S: Scalar>: Sendable {
  /// Reads the source. Setting it stops where it does not fit the decoder.
  public var encoder: Model<S> {
    didSet { Self.check(encoder.configuration, decoder.configuration) }
  }
  /// Gives the target. Setting it stops where it does not fit the encoder or the marks.
  public var decoder: Model<S> {
    didSet {
      Self.check(encoder.configuration, decoder.configuration)
      Self.check(marks, decoder.configuration)
    }
  }
  /// What begins and ends a target of tokens; nil where the decoder's steps are vectors: those begin with a vector of 0.
  public let marks: SequenceMarks?

  /// A new model. The same seed gives the same parameters.
  /// - Parameters:
  ///   - encoder: without a head; of any depth and direction.
  ///   - decoder: of one direction, with a head at every step whose outputs are what it takes: as many classes as it has
  ///     tokens, or vectors as wide as its input. As many layers as the encoder's, of cells with as many parts of state,
  ///     each part as wide as the encoder's final state of that layer: where the encoder runs both ways, as both
  ///     together.
  ///   - marks: for a decoder of tokens.
  ///   - initialization: how the parameters of both are drawn.
  ///   - seed: of them.
  /// - Precondition: both fit together.
  /// - Throws: `PlanError` where the parameters would not fit into memory.
  public init(
    encoder: ModelConfiguration, decoder: ModelConfiguration, marks: SequenceMarks? = nil,
    initialization: Initialization = .pytorch, seed: UInt64
  ) throws(PlanError) {
    var generator = SeededGenerator(seed: seed)
    try self.init(
      encoder: Model(encoder, initialization: initialization, seed: generator.next()),
      decoder: Model(decoder, initialization: initialization, seed: generator.next()), marks: marks)
  }

  /// A model of an encoder and a decoder that are there.
  /// - Precondition: both fit together.
  public init(encoder: Model<S>, decoder: Model<S>, marks: SequenceMarks? = nil) {
    Self.check(encoder.configuration, decoder.configuration)
    Self.check(marks, decoder.configuration)
    self.encoder = encoder
    self.decoder = decoder
    self.marks = marks
  }

  /// Scalars in all parameters.
  public var parameterCount: Int { encoder.parameterCount + decoder.parameterCount }

  private static func check(_ encoder: ModelConfiguration, _ decoder: ModelConfiguration) {
    if let fault = BridgeFault.find(encoder, decoder) { stop(fault.reason) }
  }

  private static func check(_ marks: SequenceMarks?, _ decoder: ModelConfiguration) {
    if let fault = BridgeFault.find(marks, decoder) { stop(fault.reason) }
  }
}

/// Why an encoder and a decoder do not fit together.
struct BridgeFault {
  let reason: String

  private static func fault(_ reason: String) -> BridgeFault { BridgeFault(reason: reason) }

  static func find(_ encoder: ModelConfiguration, _ decoder: ModelConfiguration) -> BridgeFault? {
    // Nor has it attention, which needs a head.
    if encoder.head != .none { return fault("expected an encoder without a head, got one of \(encoder.head)") }
    if decoder.head != .everyStep { return fault("expected a decoder with a head at everyStep, got \(decoder.head)") }
    if decoder.directions != .forward {
      return fault("expected a decoder that runs forward only, got one of \(decoder.directions.count) directions")
    }
    if decoder.trainsInitialState {
      return fault("expected a decoder whose initial state is the encoder's final one, got one that trains its own")
    }
    if encoder.layerCount != decoder.layerCount {
      return fault("expected a decoder of \(encoder.layerCount) layers as the encoder's, got \(decoder.layerCount)")
    }
    let parts = encoder.cell.structure.stateCount
    if parts != decoder.cell.structure.stateCount {
      return fault(
        """
        expected a decoder whose state has \(parts) parts as the encoder's (\(encoder.cell.name)), got \
        \(decoder.cell.structure.stateCount) (\(decoder.cell.name))
        """)
    }
    for layer in 0..<encoder.layerCount {
      for part in 0..<parts {
        let expected = encoder.directions.count * encoder.stateSize(ofPart: part, layer: layer)
        let actual = decoder.stateSize(ofPart: part, layer: layer)
        if expected != actual {
          return fault(
            """
            expected a decoder with a state of \(expected) units in layer \(layer), as the encoder's \
            \(encoder.directions.count == 2 ? "two directions have together" : "has"), got \(actual)
            """)
        }
      }
    }
    if decoder.attention != nil, encoder.outputSize != decoder.headInputSize {
      return fault(
        "attention: expected encoder outputs of \(decoder.headInputSize) as the decoder's, got \(encoder.outputSize)")
    }
    return nil
  }

  static func find(_ marks: SequenceMarks?, _ decoder: ModelConfiguration) -> BridgeFault? {
    guard let vocabularySize = decoder.input.vocabularySize else {
      if let marks {
        return fault("expected no marks for targets of vectors, got start \(marks.start) and end \(marks.end)")
      }
      if decoder.outputSize == decoder.input.size { return nil }
      return fault("expected decoder outputs of \(decoder.input.size) as its inputs, got \(decoder.outputSize)")
    }
    if decoder.outputSize != vocabularySize {
      return fault("expected decoder outputs for \(vocabularySize) tokens as its inputs, got \(decoder.outputSize)")
    }
    guard let marks else { return fault("expected a start and an end token for targets of tokens, got none") }
    for token in [marks.start, marks.end] where token < 0 || token >= vocabularySize {
      return fault("expected marks in 0..<\(vocabularySize), the decoder's tokens, got \(token)")
    }
    return nil
  }
}
