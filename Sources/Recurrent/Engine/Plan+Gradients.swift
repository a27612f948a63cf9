internal import Kernels

/// The deferred pieces of the gradient of all stages.
extension Plan {
  /// Those of a tied embedding, which add to what the others have left.
  var tiedTasks: [GradientTask] { configuration.tiesEmbedding ? embeddingTasks : [] }

  private var embeddingTasks: [GradientTask] {
    guard isTraining, let inputGradient = backward.input else { return [] }
    return input.gradientTasks(inputGradient, isTied: configuration.tiesEmbedding, shift: update.shift)
  }

  /// All deferred pieces of the gradient, but for those of a tied embedding, in the order of its parts.
  var gradientTasks: [GradientTask] { gradientParts.flatMap { gradientTasks(of: $0) } }

  /// Those of a part.
  func gradientTasks(of part: GradientPart) -> [GradientTask] {
    guard isTraining else { return [] }
    let above = gradientParts.filter { $0.layer > part.layer }.map(\.layer).min() ?? table.layerStarts.count
    return gradientTasks(ofLayers: part.layer..<above)
  }

  /// - Parameter range: layers; their number stands for what is upon them, the first also for what is below.
  private func gradientTasks(ofLayers range: Range<Int>) -> [GradientTask] {
    let shift = update.shift
    let layers = layers.filter { range.contains($0.index) }
    var (products, sums): ([GradientTask], [GradientTask]) = ([], [])
    for recurrence in Self.recurrences(layers) {
      let tokens = recurrence.isReverse ? index.mirror?.tokens ?? index.tokens : index.tokens
      let tasks = recurrence.gradientTasks(shift: shift, tokens: tokens, choice)
      products += tasks.products
      sums += tasks.sums
    }
    for feedForward in layers.compactMap(\.feedForward) {
      let tasks = feedForward.gradientTasks(shift: shift, choice)
      products += tasks.products
      sums += tasks.sums
    }
    for norm in layers.compactMap(\.norm) { sums += norm.gradientTasks(shift: shift) }
    if range.contains(configuration.layerCount) {
      let upper = upperTasks(shift: shift)
      products += upper.products
      sums += upper.sums
    }
    if range.contains(0), !configuration.tiesEmbedding { sums += embeddingTasks }
    return GradientTask.sorted(products: products, sums: sums)
  }

  /// Those of what stands upon the layers.
  private func upperTasks(shift: Int) -> (products: [GradientTask], sums: [GradientTask]) {
    var (products, sums): ([GradientTask], [GradientTask]) = ([], [])
    if let norm { sums += norm.gradientTasks(shift: shift) }
    if let attention, let head {
      let tasks = attention.gradientTasks(head.inputGradient, shift: shift, choice)
      products += tasks.products
      sums += tasks.sums
    }
    if let feeding { products += feeding.gradientTasks(shift: shift, choice) }
    if let head { products += head.gradientTasks(shift: shift, choice) }
    if let crf = loss?.crf { sums.append(.crf(crf, shift: shift)) }
    return (products, sums)
  }
}
