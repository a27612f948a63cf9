public import Recurrent

/// What arrays of Keras weights do not say.
public struct KerasOptions: Sendable {
  /// The cell; nil: `rnn` (tanh), `lstm`, and `gru` or `gru-reset-before` by the shape of the bias (`reset_after` true or
  /// false; true where there is no bias). Arrays do not tell `SimpleRNN(activation="relu")`: give `.rnnReLU`.
  public var cell: (any RecurrentCell)?
  /// Where the dense layer reads; nil: at every step (`return_sequences=True`).
  public var head: ModelConfiguration.Head?
  /// Whether the first layer reads tokens as one-hot vectors, and not any vectors.
  public var isOneHot = false
  /// The symbols of the tokens.
  public var vocabulary: Vocabulary?
  /// Whether the layers are `Bidirectional`, and how they merge; nil: as the arrays say, concatenated. Needed where arrays
  /// without names could be two layers or one, and for another merge.
  public var directions: Directions?

  /// Nothing is said but what the file says itself.
  public init() {}
}
