internal import Kernels
internal import Storage

/// Numbers that say why a network learns or does not, and what to do: see the article Diagnosing a Network.
public struct NetworkDiagnosis: Sendable {
  /// Of the cell.
  public let cell: String
  /// Sequences and steps that were looked at.
  public let sequenceCount: Int, stepCount: Int
  /// What was looked for.
  public let options: DiagnosisOptions
  /// Each direction of each layer, the lowest first.
  public let recurrences: [RecurrenceDiagnosis]
  /// The model running freely; nil where that was not asked for.
  public internal(set) var closedLoop: ClosedLoopSpectrum?
  /// What is to be known, the gravest first.
  public let findings: [DiagnosisFinding]

  init(
    cell: String, lengths: [Int], _ options: DiagnosisOptions, _ recurrences: [RecurrenceDiagnosis],
    _ configuration: ModelConfiguration
  ) {
    (self.cell, self.options, self.recurrences) = (cell, options, recurrences)
    (sequenceCount, stepCount) = (lengths.count, lengths.reduce(0, +))
    findings = DiagnosisFinding.all(recurrences, options, configuration, longest: lengths.max() ?? 0)
  }
}

extension Model {
  /// Runs the model on sequences of tokens and says how its recurrences behave on them.
  /// - Parameters:
  ///   - tokens: of each sequence; as many as memory holds at once, some thousand steps are enough.
  ///   - options: what is measured, and how far.
  /// - Precondition: the model reads tokens, all of them below the vocabulary's size.
  public func diagnose(
    tokens: [[Int32]], options: DiagnosisOptions = DiagnosisOptions()
  ) throws(DiagnosisError) -> NetworkDiagnosis {
    guard let size = configuration.input.vocabularySize else {
      stop("the model reads vectors of \(configuration.input.size): give vectors")
    }
    for token in tokens.joined() { require(token >= 0 && token < size, "expected tokens in 0..<\(size), got \(token)") }
    return try diagnose(tokens: tokens.filter { !$0.isEmpty }, vectors: [], options)
  }

  /// Runs the model on sequences of vectors and says how its recurrences behave on them.
  /// - Parameters:
  ///   - vectors: [length, I] of each sequence; as many as memory holds at once, some thousand steps are enough.
  ///   - options: what is measured, and how far.
  /// - Precondition: the model reads vectors of I numbers; for `closedLoopSteps` its outputs can be its inputs.
  public func diagnose(
    vectors: [[S]], options: DiagnosisOptions = DiagnosisOptions()
  ) throws(DiagnosisError) -> NetworkDiagnosis {
    require(configuration.input.vocabularySize == nil, "the model reads tokens: give tokens")
    let width = configuration.input.size
    for sequence in vectors {
      require(
        sequence.count.isMultiple(of: width),
        "expected whole vectors of \(width) numbers, got \(sequence.count) numbers")
      guard sequence.allSatisfy(\.isFinite) else { throw .notFinite(what: "a number of the input") }
    }
    return try diagnose(
      tokens: nil, vectors: vectors.filter { !$0.isEmpty }.map { $0.map { Double($0) } }, options)
  }

  private func diagnose(
    tokens: [[Int32]]?, vectors: [[Double]], _ options: DiagnosisOptions
  ) throws(DiagnosisError) -> NetworkDiagnosis {
    options.validate()
    let lengths = tokens.map { $0.map(\.count) } ?? vectors.map { $0.count / configuration.input.size }
    guard lengths.contains(where: { $0 >= 2 }) else { throw .tooShort }
    if let unsound = nonFiniteParameters.first { throw .notFinite(what: unsound.description) }
    var generator = SeededGenerator(seed: options.seed)
    var found: [RecurrenceDiagnosis] = []
    let recorder: StateRecorder
    do throws(PlanError) {
      recorder = try StateRecorder(
        part(layers: 0..<configuration.layerCount), tokens: tokens, vectors: vectors, threads: options.threads)
    } catch { throw .plan(error) }
    let names = GateNames(configuration.cell)
    for layer in 0..<configuration.layerCount {
      for isReverse in configuration.directions.count == 2 ? [false, true] : [false] {
        found.append(
          try recurrence(layer, isReverse, recorder, names, tokens, vectors, options, using: &generator))
      }
    }
    var diagnosis = NetworkDiagnosis(cell: configuration.cell.name, lengths: lengths, options, found, configuration)
    if options.closedLoopSteps > 0 {
      if let obstacle = configuration.closedLoopObstacle { stop(obstacle) }
      var loop: ClosedLoop
      do throws(PlanError) {
        loop = try ClosedLoop(self, count: options.exponentCount, threads: options.threads)
      } catch { throw .plan(error) }
      diagnosis.closedLoop = try loop.spectrum(
        after: vectors[0], steps: options.closedLoopSteps, threads: options.threads, using: &generator)
    }
    return diagnosis
  }

  private func recurrence(
    _ layer: Int, _ isReverse: Bool, _ recorder: borrowing StateRecorder, _ names: GateNames, _ tokens: [[Int32]]?,
    _ vectors: [[Double]], _ options: DiagnosisOptions, using generator: inout SeededGenerator
  ) throws(DiagnosisError) -> RecurrenceDiagnosis {
    let trajectory: Trajectory
    do throws(PlanError) { trajectory = try recorder.trajectory(layer: layer, isReverse: isReverse) } catch {
      throw .plan(error)
    }
    var result = RecurrenceDiagnosis(layer: layer, isReverse: isReverse)
    guard trajectory.states.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      throw .notFinite(what: "the state of \(result.name)")
    }
    let hidden = configuration.hiddenSize(ofLayer: layer)
    result.matrices = try MatrixSpectrum.all(trajectory.model, names.gates)
    let spectrum = try StepSpectrum(trajectory, hidden: hidden, options)
    result.stepJacobian = spectrum.spectrum
    let lyapunov = try LyapunovSpectrum(trajectory, options, using: &generator)
    (result.exponents, result.exponentSteps) = (lyapunov.exponents, lyapunov.steps)
    result.gradientNorms = try GradientCurve.norms(trajectory, options, using: &generator)
    let outputs = OutputMatrix(trajectory, limit: 4096)
    result.units = try UnitUse(outputs)
    let blocks = recorder.gates(layer: layer, isReverse: isReverse)
    let width = hidden * configuration.cell.structure.rowGateCount
    result.gates = names.gates.enumerated().map { index, gate in
      let values = gate.block.map { block in
        stride(from: block * hidden, to: blocks.count, by: width).flatMap { blocks[$0..<$0 + hidden] }
      }
      let block = gate.block ?? index
      return GateUse(
        gate, values: values ?? outputs.values,
        sensitivities: block < spectrum.sensitivities.count ? spectrum.sensitivities[block] : [])
    }
    let read: Trajectory.Inputs
    if let tokens {
      read = .tokens(isReverse ? tokens.map { $0.reversed() } : tokens)
    } else {
      let size = configuration.input.size
      read = .vectors(
        isReverse ? vectors.map { StateRecorder.reversed($0, width: size) } : vectors, width: size)
    }
    result.memory = try MemoryCapacity.curve(trajectory, read, delays: options.delayCount)
    return result
  }
}
