import Storage

/// What of a configuration stands in model files only where it is not the usual.
extension ModelConfiguration {
  var optionsJSON: [(key: String, value: JSON)] {
    var options: [(key: String, value: JSON)] = []
    if let hiddenSizes {
      options.append((key: "hidden_sizes", value: .array(hiddenSizes.map { .integer($0) })))
    }
    if let merge = directions.merge { options.append((key: "bidirectional", value: .string(merge.rawValue))) }
    if isResidual { options.append((key: "residual", value: .bool(true))) }
    if let blocks {
      options.append((key: "residual_blocks", value: .bool(true)))
      if let size = blocks.feedForwardSize { options.append((key: "feed_forward_size", value: .integer(size))) }
    }
    if headReadsAllLayers { options.append((key: "head_reads_all_layers", value: .bool(true))) }
    if tiesEmbedding { options.append((key: "tied_embedding", value: .bool(true))) }
    if let projectionSize { options.append((key: "projection_size", value: .integer(projectionSize))) }
    if let ranks {
      // 0 is a whole matrix.
      for (key, values) in [("recurrent_ranks", ranks.map(\.recurrent)), ("input_ranks", ranks.map(\.input))]
      where values.contains(where: { $0 != nil }) {
        options.append((key: key, value: .array(values.map { .integer($0 ?? 0) })))
      }
    }
    if trainsInitialState { options.append((key: "trained_initial_state", value: .bool(true))) }
    if let attention { options.append((key: "attention", value: .string(attention.rawValue))) }
    if hasInputFeeding { options.append((key: "input_feeding", value: .bool(true))) }
    if let crf { options.append((key: "crf", value: crf.json)) }
    if hasSparseRecurrence { options.append((key: "sparse_recurrence", value: .bool(true))) }
    if isDropoutVariational { options.append((key: "variational_dropout", value: .bool(true))) }
    if recurrentDropout > 0 { options.append((key: "recurrent_dropout", value: .number(recurrentDropout))) }
    if weightDropout > 0 { options.append((key: "weight_dropout", value: .number(weightDropout))) }
    if embeddingDropout > 0 { options.append((key: "embedding_dropout", value: .number(embeddingDropout))) }
    if zoneout.hidden > 0 { options.append((key: "zoneout_hidden", value: .number(zoneout.hidden))) }
    if zoneout.cell > 0 { options.append((key: "zoneout_cell", value: .number(zoneout.cell))) }
    return options
  }

  /// All members of a configuration in model files.
  package static let keysInFiles = [
    "cell", "input", "hidden_size", "layers", "output_size", "head", "dropout", "head_dropout", "hidden_sizes",
    "bidirectional", "residual", "residual_blocks", "feed_forward_size", "head_reads_all_layers", "projection_size",
    "trained_initial_state", "attention", "input_feeding",
    "crf", "tied_embedding", "sparse_recurrence", "recurrent_ranks", "input_ranks",
    "variational_dropout", "recurrent_dropout", "weight_dropout", "embedding_dropout", "zoneout_hidden", "zoneout_cell",
  ]
  /// Of its input.
  package static let inputKeysInFiles = ["kind", "vocabulary_size", "size", "vocabulary_sizes", "sizes", "letters"]

  /// The same for people.
  package var options: [(name: String, value: String)] {
    optionsJSON.map { key, value in
      let text = (try? value.serialized()).map { String(decoding: $0, as: UTF8.self) } ?? ""
      let isTrue = if case .bool(true) = value { true } else { false }
      return (
        name: String(key.map { $0 == "_" ? " " : $0 }),
        value: value.string ?? (isTrue ? "yes" : text)
      )
    }
  }

  /// Reads what `optionsJSON` writes; what is missing stays as it is.
  mutating func readOptions(_ reader: MetadataReader) throws(CheckpointError) {
    if let list = reader.json["hidden_sizes"] {
      guard let sizes = list.array?.map(\.integer), sizes.count == layerCount, sizes.allSatisfy({ $0 ?? 0 >= 1 })
      else { throw reader.fault("hidden_sizes is not a list of \(layerCount) whole numbers of at least 1") }
      hiddenSizes = sizes.compactMap { $0 }
    }
    if reader.json["bidirectional"] != nil {
      let name = try reader.string("bidirectional")
      guard let merge = Directions.Merge(rawValue: name) else {
        throw reader.fault("there is no merge \(name) of two directions")
      }
      directions = .both(merge: merge)
    }
    isResidual = try reader.flag("residual")
    headReadsAllLayers = try reader.flag("head_reads_all_layers")
    trainsInitialState = try reader.flag("trained_initial_state")
    hasSparseRecurrence = try reader.flag("sparse_recurrence")
    if reader.json["attention"] != nil {
      let name = try reader.string("attention")
      attention = Attention(rawValue: name)
      guard attention != nil, head == .everyStep, !headReadsAllLayers else {
        throw reader.fault("there is no attention \(name) for this head")
      }
    }
    hasInputFeeding = try reader.flag("input_feeding")
    if reader.json["crf"] != nil {
      crf = try CRFConstraints(try reader.member("crf"))
      if let crfFault { throw reader.fault(crfFault) }
    }
    isDropoutVariational = try reader.flag("variational_dropout")
    recurrentDropout = try reader.probability("recurrent_dropout")
    weightDropout = try reader.probability("weight_dropout")
    embeddingDropout = try reader.probability("embedding_dropout")
    zoneout.hidden = try reader.probability("zoneout_hidden")
    zoneout.cell = try reader.probability("zoneout_cell")
    if reader.json["projection_size"] != nil {
      let size = try reader.size("projection_size")
      guard cell.structure.allowsProjection,
        (0..<layerCount).allSatisfy({ size < hiddenSize(ofLayer: $0) })
      else { throw reader.fault("projection_size is \(size), which the cell or its size does not allow") }
      projectionSize = size
    }
    let recurrent = try reader.ranks("recurrent_ranks", layerCount: layerCount)
    let input = try reader.ranks("input_ranks", layerCount: layerCount)
    if recurrent != nil || input != nil {
      ranks = (0..<layerCount).map { LowRank(recurrent: recurrent?[$0], input: input?[$0]) }
      if let rankFault { throw reader.fault(rankFault) }
    }
    guard !headReadsAllLayers || head == .everyStep else {
      throw reader.fault("head_reads_all_layers is for a head at every step")
    }
    tiesEmbedding = try reader.flag("tied_embedding")
    if let tyingFault { throw reader.fault(tyingFault) }
    if let maskFault { throw reader.fault(maskFault) }
    if try reader.flag("residual_blocks") {
      blocks = ResidualBlocks()
      if reader.json["feed_forward_size"] != nil { blocks?.feedForwardSize = try reader.size("feed_forward_size") }
      if let blocksFault { throw reader.fault(blocksFault) }
    }
    if let feedingFault { throw reader.fault(feedingFault) }
    guard recurrentDropout == 0 || cell.structure.recurrentProduct != .none else {
      throw reader.fault("recurrent_dropout is \(recurrentDropout), but the cell has no recurrent product")
    }
  }
}

extension MetadataReader {
  /// false where it is missing.
  func flag(_ name: String) throws(CheckpointError) -> Bool {
    guard let value = json[name] else { return false }
    guard case .bool(let flag) = value else { throw fault("\(name) is neither true nor false") }
    return flag
  }

  /// A rank for each layer, nil where its matrix is whole; nil where the list is missing.
  fileprivate func ranks(_ name: String, layerCount: Int) throws(CheckpointError) -> [Int?]? {
    guard let list = json[name] else { return nil }
    guard let ranks = list.array?.map(\.integer), ranks.count == layerCount, ranks.allSatisfy({ $0 ?? -1 >= 0 }) else {
      throw fault("\(name) is not a list of \(layerCount) whole numbers of at least 0")
    }
    return ranks.map { $0 == 0 ? nil : $0 }
  }

  /// 0 where it is missing.
  func probability(_ name: String) throws(CheckpointError) -> Double {
    if json[name] == nil { return 0 }
    let value = try number(name)
    guard (0..<1).contains(value) else { throw fault("\(name) is \(value), not in 0..<1") }
    return value
  }
}
