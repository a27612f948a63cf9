/// What a model is, in a line.
extension ModelConfiguration: CustomStringConvertible {
  /// As `lstm, 2 × 256, one-hot of 137, outputs 137 at every step`.
  public var description: String {
    let sizes = (0..<layerCount).map { hiddenSize(ofLayer: $0) }
    let hidden =
      Set(sizes).count == 1 ? "\(layerCount) × \(sizes[0])" : sizes.map { "\($0)" }.joined(separator: " + ")
    var parts = [cell.name, hidden]
    if directions != .forward { parts.append("both directions") }
    if let projectionSize { parts.append("projected to \(projectionSize)") }
    if let ranks = rankDescription { parts.append(ranks) }
    if isResidual { parts.append("residual") }
    if let blocksDescription { parts.append(blocksDescription) }
    if tiesEmbedding { parts.append("tied embedding") }
    if let attention { parts.append(attention == .additive ? "additive attention" : "attention") }
    if hasInputFeeding { parts.append("input feeding") }
    switch input {
    case .oneHot(let size): parts.append("one-hot of \(size)")
    case .embedding(let count, let size): parts.append("embedding of \(count) in \(size)")
    case .features(let tables, _):
      parts.append("\(tables.count) embeddings\(input.letters == nil ? "" : " and letters") in \(input.size)")
    case .vectors(let size): parts.append("vectors of \(size)")
    }
    switch head {
    case .none: parts.append("no head")
    case .everyStep: parts.append("outputs \(outputSize) at every step")
    case .lastStep: parts.append("outputs \(outputSize) at the last step")
    case .meanOverSteps: parts.append("outputs \(outputSize) of the mean over steps")
    case .maxOverSteps: parts.append("outputs \(outputSize) of the maximum over steps")
    }
    if crf != nil { parts.append("CRF") }
    let rates = [
      ("dropout", dropout), ("head dropout", headDropout), ("recurrent dropout", recurrentDropout),
      ("weight dropout", weightDropout), ("embedding dropout", embeddingDropout),
    ]
    parts += rates.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }
    return parts.joined(separator: ", ")
  }
}

extension Model: CustomStringConvertible, CustomDebugStringConvertible {
  /// The configuration, and how many parameters of which type.
  public var description: String { "\(configuration); \(parameterCount) parameters (\(S.self))" }
  /// As `description`: parameters are not printed.
  public var debugDescription: String { description }
}
