/// Which of the modules beside a recurrent layer is its embedding, and which its linear layer.
struct LinearModules {
  private(set) var embedding: String?
  var linear: String?

  private enum Role { case embedding, linear }

  /// - Parameter stack: whose widths an embedding and a linear layer must fit.
  init(
    _ names: StateDictionaryNames, besides recurrent: String, stack: RecurrentStack, options: StateDictionaryOptions,
    file: String
  ) throws(ExchangeError) {
    var embeddings: [String] = []
    var linears: [String] = []
    var either: [String] = []
    try Self.checkNamed(names, stack, file)
    for module in names.order where module != recurrent {
      let roles = Self.roles(module, names.modules[module]!, stack, options)
      switch (roles.contains(.embedding), roles.contains(.linear)) {
      case (true, true): either.append(module)
      case (true, false): embeddings.append(module)
      case (false, true): linears.append(module)
      case (false, false): break
      }
    }
    // Modules of those names are what they say, the others then left over.
    if embeddings.contains("embedding") { embeddings = ["embedding"] }
    if linears.contains("linear") { linears = ["linear"] }
    // Where shapes fit both, the other's place may be taken.
    if either.count == 1 {
      if embeddings.isEmpty && !linears.isEmpty {
        embeddings = either
        either = []
      } else if linears.isEmpty && !embeddings.isEmpty {
        linears = either
        either = []
      }
    }
    if let module = either.first {
      throw .ambiguous(
        file: file, what: "\"\(module).weight\"", candidates: ["embedding", "linear"],
        advice: "say which by a mapping (--prefix \(module)=embedding or --prefix \(module)=linear); where it is both "
          + "(tied weights), --prefix \(module)=embedding --head every-step")
    }
    for (role, candidates) in [("embedding", embeddings), ("linear", linears)] where candidates.count > 1 {
      throw .ambiguous(
        file: file, what: "the \(role) layer", candidates: candidates,
        advice: "name the one by a mapping (--prefix \(candidates[0])=\(role)) and leave out the others (--ignore)")
    }
    embedding = embeddings.first
    linear = linears.first
  }

  /// A module that a mapping, or the file, calls embedding or linear is nothing else: its tensors must be those of one.
  private static func checkNamed(_ names: StateDictionaryNames, _ stack: RecurrentStack, _ file: String)
    throws(ExchangeError)
  {
    let roles = [
      ("embedding", "tokens", stack.inputSize, stack.wantsEmbedding),
      ("linear", "outputs", stack.outputSize, stack.wantsHead),
    ]
    for (role, rows, width, isWanted) in roles where isWanted ?? true {
      guard let parameters = names.modules[role], let weight = parameters["weight"] else { continue }
      guard weight.shape.count == 2, weight.shape.allSatisfy({ $0 >= 1 }) else {
        throw .shapeMismatch(file: file, tensor: weight.name, expected: "[\(rows), \(width)]", actual: weight.shape)
      }
      let known: Set = role == "linear" ? ["weight", "bias"] : ["weight"]
      let others = parameters.filter { !known.contains($0.key) }.map(\.value.name).sorted()
      guard others.isEmpty else {
        throw .unexpectedTensors(
          file: file, names: others,
          advice:
            "the \(role == "linear" ? "linear layer" : "embedding") has \(known.sorted(by: >).joined(separator: " and ")) "
            + "alone; leave them out (--ignore NAME)")
      }
    }
  }

  /// What a module can be by its parameters, its name and its shapes.
  private static func roles(
    _ module: String, _ parameters: [String: StateDictionaryNames.Tensor], _ stack: RecurrentStack,
    _ options: StateDictionaryOptions
  ) -> Set<Role> {
    guard let weight = parameters["weight"]?.shape, weight.count == 2, weight.allSatisfy({ $0 >= 1 }),
      parameters.count == (parameters["bias"] == nil ? 1 : 2),
      parameters["bias"].map({ $0.shape == [weight[0]] }) ?? true
    else { return [] }
    var roles: Set<Role> = []
    // Modules of those names are what they say: that a shape does not fit is then told of the tensor.
    let isEmbedding =
      (module == "embedding" || weight[1] == stack.inputSize) && parameters["bias"] == nil
      && stack.wantsEmbedding ?? !options.isOneHot
      && stack.vocabularySize.map { $0 == weight[0] } ?? true
    let isLinear =
      (module == "linear" || weight[1] == stack.outputSize) && stack.wantsHead ?? true
      && stack.headSize.map { module == "linear" || $0 == weight[0] } ?? true
    if isEmbedding && module != "linear" { roles.insert(.embedding) }
    if isLinear && module != "embedding" { roles.insert(.linear) }
    return roles.count == 2 ? roles.intersection(hint(module) ?? roles) : roles
  }

  /// What the last part of a name says; nil where it says nothing.
  private static func hint(_ module: String) -> Set<Role>? {
    let name = (module.split(separator: ".").last.map(String.init) ?? "").lowercased()
    if name.contains("emb") || ["encoder", "lookup", "wte"].contains(name) { return [.embedding] }
    let words = ["linear", "fc", "head", "out", "proj", "dense", "decoder", "classif", "logit"]
    return words.contains(where: { name.contains($0) }) ? [.linear] : nil
  }
}
