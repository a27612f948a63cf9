import Recurrent

extension ModelConfiguration {
  /// For the note at the start of a training: `lstm, 2 × 256, embedding 64, dropout 0.2`.
  var summary: String {
    var parts = ["\(cell.name), \(layerCount) × \(hiddenSize)"]
    if directions.count == 2 { parts.append("both directions") }
    switch input {
    case .oneHot: parts.append("one-hot")
    case .embedding(_, let size): parts.append("\(tiesEmbedding ? "tied " : "")embedding \(size)")
    case .features(let tables, let letters):
      parts.append("embeddings \(tables.map { "\($0.size)" }.joined(separator: " + "))")
      if let letters { parts.append("letters 2 × \(letters.hiddenSize)") }
    case .vectors: break
    }
    if let blocksDescription { parts.append(blocksDescription) }
    if let rankDescription { parts.append(rankDescription) }
    if crf != nil { parts.append("CRF") }
    parts += [("dropout", dropout), ("head dropout", headDropout)].filter { $0.1 > 0 }.map { "\($0.0) \(short($0.1))" }
    return parts.joined(separator: ", ")
  }
}
