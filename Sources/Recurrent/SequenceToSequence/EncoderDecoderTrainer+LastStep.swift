internal import Kernels

/// What the last step came to, for tests.
extension EncoderDecoderTrainer {
  /// dL/d(parameter) of the last step, before clipping; names are those of a file, encoder.… and decoder.….
  /// - Precondition: there is a parameter of this name.
  package func gradient(of name: String) -> [S] {
    let engine = name.hasPrefix("encoder.") ? encoder : decoder
    guard let entry = engine.plan.table[String(name.drop { $0 != "." }.dropFirst())] else {
      stop("no parameter \(name)")
    }
    return engine.memory.array(
      Region(offset: engine.plan.update.shift + entry.offset, rows: 1, columns: entry.count))
  }

  /// The classes or inputs of the last step that the decoder was fed, [length] each.
  package var fedTokens: Sequences<Int32> {
    guard let lastTarget else { stop("there was no step before") }
    return decoder.tokenSequences(lastTarget)
  }
}

extension Engine {
  /// The tokens of each sequence of a batch.
  fileprivate func tokenSequences(_ rows: Rows) -> Sequences<Int32> {
    var result = [[Int32]](repeating: [], count: rows.sequenceCount)
    for slot in 0..<rows.sequenceCount {
      result[rows.sequence(inSlot: slot)] = (0..<rows.length(ofSlot: slot)).map {
        indices[plan.index.tokens + rows.firstRow(ofStep: $0) + slot]
      }
    }
    return Sequences(result)
  }
}
