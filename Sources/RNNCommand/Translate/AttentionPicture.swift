import Recurrent
import Reports

extension Translator {
  /// Where each symbol of an answer has looked in its source, as an SVG drawing.
  mutating func attentionPicture(_ source: String, _ answer: Answer) -> String {
    let weights = attentionWeights(source, answer)
    let rows = answer.symbols.map { description.target.piece(of: $0) ?? TextTokenizer.unknownText }
    return HeatMapFile(
      "\(source) → \(answer.text)", columns: description.source.pieces(of: source), rows: rows + ["end"],
      shares: weights.map { $0.map(Double.init) }
    ).svg
  }
}
