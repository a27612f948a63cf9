public import Recurrent

/// What a state dictionary does not say, and what to take of it where it holds more than one model.
public struct StateDictionaryOptions: Sendable {
  /// Other names for tensors: where a name is `from`, or goes on after it with a dot, that part becomes `to`. The first
  /// that fits counts. Modules named `rnn`, `embedding` and `linear` are taken for what they say.
  ///
  ///     options.mapping = [(from: "model.encoder.gru", to: "rnn"), (from: "model.out", to: "linear")]
  public var mapping: [(from: String, to: String)] = []
  /// Names, or beginnings of names before a dot, of tensors to leave out; before the mapping.
  public var ignored: [String] = []
  /// The cell; nil: by the number of gates `rnn` (1), `gru` (3) or `lstm` (4). Names and shapes do not tell
  /// `nn.RNN(nonlinearity="relu")`: give `.rnnReLU`.
  public var cell: (any RecurrentCell)?
  /// Where the linear layer reads; nil: at every step. A file without linear layer gives a model without head.
  public var head: ModelConfiguration.Head?
  /// Whether the first layer reads tokens as one-hot vectors, and not any vectors.
  public var isOneHot = false
  /// The symbols of the tokens.
  public var vocabulary: Vocabulary?
  /// The whole configuration, in place of what shapes say; `cell`, `head` and `isOneHot` then play no part.
  public var configuration: ModelConfiguration?

  /// Nothing is said but what the file says itself.
  public init() {}

  /// The name by which a tensor is looked for; nil where it is left out.
  func key(of name: String) -> String? {
    if ignored.contains(where: { Self.rest(of: name, after: $0) != nil }) { return nil }
    for (from, to) in mapping {
      if let rest = Self.rest(of: name, after: from) {
        return [to, rest].filter { !$0.isEmpty }.joined(separator: ".")
      }
    }
    return name
  }

  /// What follows `prefix` and a dot; "" for the name itself, nil for another name.
  private static func rest(of name: String, after prefix: String) -> String? {
    let module = Array((prefix.hasSuffix(".") ? String(prefix.dropLast()) : prefix).utf8)
    if module.isEmpty { return name }
    let bytes = Array(name.utf8)
    guard bytes.starts(with: module) else { return nil }
    if bytes.count == module.count { return "" }
    guard bytes[module.count] == UInt8(ascii: ".") else { return nil }
    return String(decoding: bytes[(module.count + 1)...], as: UTF8.self)
  }
}
