package import Storage

extension NetworkDiagnosis {
  /// All numbers and findings. What is −∞ or was not measured is null.
  package var json: JSON {
    .object([
      (key: "cell", value: .string(cell)), (key: "sequences", value: .integer(sequenceCount)),
      (key: "steps", value: .integer(stepCount)), (key: "wanted_reach", value: .integer(options.wantedReach)),
      (key: "seed", value: .integer(Int(clamping: options.seed))),
      (key: "findings", value: .array(findings.map(\.json))),
      (key: "recurrences", value: .array(recurrences.map(\.json))),
      (
        key: "closed_loop",
        value: closedLoop.map {
          .object([
            (key: "steps", value: .integer($0.steps)), (key: "exponents", value: .numbers($0.exponents)),
            (key: "dimension", value: .measured($0.dimension)),
          ])
        } ?? .null
      ),
    ])
  }
}

extension DiagnosisFinding {
  fileprivate var json: JSON {
    .object([
      (key: "kind", value: .string(kind.rawValue)), (key: "problem", value: .bool(isProblem)),
      (key: "place", value: place.map { .string($0) } ?? .null), (key: "observation", value: .string(observation)),
      (key: "advice", value: advice.map { .string($0) } ?? .null),
    ])
  }
}

extension RecurrenceDiagnosis {
  fileprivate var json: JSON {
    .object([
      (key: "layer", value: .integer(layer)), (key: "reverse", value: .bool(isReverse)),
      (key: "exponents", value: .numbers(exponents)), (key: "exponent_steps", value: .integer(exponentSteps)),
      (key: "gradient_norms", value: .numbers(gradientNorms)),
      (key: "gradient_reach", value: gradientReach.map { .integer($0) } ?? .null),
      (
        key: "step_jacobian",
        value: stepJacobian.map {
          .object([
            (key: "count", value: .integer($0.count)), (key: "largest", value: .measured($0.largest)),
            (key: "median", value: .measured($0.median)), (key: "near_one", value: .measured($0.nearOne)),
          ])
        } ?? .null
      ),
      (
        key: "matrices",
        value: .array(
          matrices.map {
            .object([
              (key: "gate", value: .string($0.gate)), (key: "spectral_radius", value: .measured($0.spectralRadius)),
              (key: "singular_values", value: .numbers($0.singularValues)),
            ])
          })
      ),
      (key: "gates", value: .array(gates.map(\.json))),
      (
        key: "units",
        value: .object([
          (key: "count", value: .integer(units.count)), (key: "dead", value: .integers(units.dead)),
          (key: "redundant", value: .integers(units.redundant)),
          (key: "effective_rank", value: .measured(units.effectiveRank)),
          (key: "rank_99", value: .integer(units.rank99)),
        ])
      ),
      (key: "memory", value: .numbers(memory)), (key: "memory_capacity", value: .measured(memoryCapacity)),
    ])
  }
}

extension GateUse {
  fileprivate var json: JSON {
    .object([
      (key: "name", value: .string(name)), (key: "kind", value: .string(kind.rawValue)),
      (key: "keeps_state", value: .bool(keepsState)), (key: "mean", value: .measured(mean)),
      (key: "low", value: .measured(low)), (key: "high", value: .measured(high)),
      (key: "sensitivity", value: .measured(sensitivity)), (key: "insensitive", value: .measured(insensitive)),
    ])
  }
}

extension JSON {
  fileprivate static func measured(_ value: Double?) -> JSON {
    guard let value, value.isFinite else { return .null }
    return .number(value)
  }

  fileprivate static func numbers(_ values: [Double]) -> JSON { .array(values.map { .measured($0) }) }

  fileprivate static func integers(_ values: [Int]) -> JSON { .array(values.map { .integer($0) }) }
}
