internal import Kernels

/// The deferred pieces of the gradient of all stages.
extension Plan {
  /// Those of a tied embedding, which add to what the others have left.
  var tiedTasks: [GradientTask] { configuration.tiesEmbedding ? embeddingTasks : [] }

  private var embeddingTasks: [GradientTask] {
    guard isTraining, let inputGradient = backward.input else { return [] }
    return input.gradientTasks(inputGradient, isTied: configuration.tiesEmbedding, shift: update.shift)
  }

  /// All deferred pieces of the gradient, but for those of a tied embedding.
  var gradientTasks: [GradientTask] {
    guard isTraining else { return [] }
    let shift = update.shift
    var (products, sums): ([GradientTask], [GradientTask]) = ([], [])
    for recurrence in recurrences {
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
    for norm in layers.compactMap(\.norm) + [norm].compactMap({ $0 }) { sums += norm.gradientTasks(shift: shift) }
    if let attention, let head {
      let tasks = attention.gradientTasks(head.inputGradient, shift: shift, choice)
      products += tasks.products
      sums += tasks.sums
    }
    if let feeding { products += feeding.gradientTasks(shift: shift, choice) }
    if let head { products += head.gradientTasks(shift: shift, choice) }
    if let crf = loss?.crf { sums.append(.crf(crf, shift: shift)) }
    if !configuration.tiesEmbedding { sums += embeddingTasks }
    return GradientTask.sorted(products: products, sums: sums)
  }
}
