/// Tied weights: an embedding and a linear layer that are one tensor, of which a file may hold one name alone.
extension LinearModules {
  /// Takes the embedding's weight for the linear layer's where the file has the bias of one without its weight, or a head
  /// is asked for.
  mutating func tie(
    _ names: inout StateDictionaryNames, besides recurrent: String, stack: RecurrentStack,
    options: StateDictionaryOptions
  ) {
    guard linear == nil, stack.wantsHead ?? true, options.head.map({ $0 != .none }) ?? true,
      let weight = tiedWeight(names, stack)
    else { return }
    let biases = names.order.filter { module in
      let parameters = names.modules[module] ?? [:]
      return module != recurrent && module != embedding && parameters.count == 1
        && parameters["bias"]?.shape == [weight.shape[0]]
    }
    guard biases.count == 1 || (biases.isEmpty && (options.head != nil || stack.wantsHead == true)) else { return }
    let module = biases.first ?? "linear"
    names.tie(module, to: weight)
    linear = module
  }

  /// What a file without one of two tied names leaves open, and how to say it.
  func assumption(
    _ names: StateDictionaryNames, stack: RecurrentStack, options: StateDictionaryOptions
  ) -> String? {
    guard options.configuration == nil else { return nil }
    if linear == nil, options.head == nil, let weight = tiedWeight(names, stack) {
      return
        "there is no linear layer, and so no head; if its weight is that of the embedding, \"\(weight.name)\" (tied "
        + "weights), say --head every-step"
    }
    guard embedding == nil, !options.isOneHot, let linear, let weight = names.modules[linear]?["weight"],
      weight.shape.count == 2, weight.shape[1] == stack.inputSize
    else { return nil }
    return "there is no embedding, and so the inputs are vectors; if its weight is that of the linear layer, "
      + "\"\(weight.name)\" (tied weights), say --prefix \(weight.name)=embedding.weight --head every-step"
  }

  /// The embedding's, if it could be that of a head.
  private func tiedWeight(_ names: StateDictionaryNames, _ stack: RecurrentStack) -> StateDictionaryNames.Tensor? {
    guard let embedding, let weight = names.modules[embedding]?["weight"], weight.shape[1] == stack.outputSize,
      stack.headSize.map({ $0 == weight.shape[0] }) ?? true
    else { return nil }
    return weight
  }
}
