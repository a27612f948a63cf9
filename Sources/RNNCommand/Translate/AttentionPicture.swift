import Recurrent
import Reports

extension Translator {
  /// Where each symbol of an answer has looked in its source, as an SVG drawing.
  mutating func attentionPicture(_ source: String, _ answer: Answer) -> String {
    let weights = attentionWeights(source, answer)
    let (from, to) = (description.source.unit, description.target.unit)
    return HeatMapFile(
      "\(source) → \(answer.text)", columns: from.symbols(of: source), rows: to.symbols(of: answer.text) + ["end"],
      shares: weights.map { $0.map(Double.init) }
    ).svg
  }
}
