import Foundation
import Kernels
import Recurrent
import Testing

@Suite("Who multiplies")
struct ProductTests {
  /// What `.automatic` stands for in this process.
  private static let standing =
    ProcessInfo.processInfo.environment["RECURRENT_PRODUCTS"].flatMap(Products.init(rawValue:)) ?? .automatic

  private static let configuration = ModelConfiguration(
    cell: .lstm, input: .vectors(size: 20), hiddenSize: 24, outputSize: 10)

  /// A plan whose products are all large enough for OpenBLAS.
  private struct Case {
    var purpose = Plan.Purpose.training(loss: .crossEntropy, momentCount: 2)
    var isRagged = false
    var segmentSteps: Int?

    func plan(_ products: Products) throws -> Plan {
      try Plan(
        ProductTests.configuration, steps: 20, batchSize: 30, purpose: purpose, isRagged: isRagged,
        segmentSteps: segmentSteps, products: products, scalar: Float.self)
    }

    /// Plans that promise to keep rows: `.automatic` packs everything for them.
    static let keeping = [
      Case(isRagged: true), Case(segmentSteps: 5), Case(isRagged: true, segmentSteps: 5),
      Case(purpose: .inference(loss: nil)), Case(purpose: .inference(loss: .crossEntropy)),
    ]
  }

  private static let openBLAS = "OpenBLAS (\(OpenBLAS.coreName) kernels)"
  private static let packed = "packed kernels (\(Processor.instructionSet))"

  private func expect(_ plan: Plan, keepsRows: Bool, _ description: String) {
    #expect(plan.keepsRows == keepsRows)
    #expect(plan.productsDescription == description)
    #expect("\(plan)".contains("\nproducts: \(description)\n"))
  }

  // MARK: The choice

  @Test("Automatic packs what promises to keep rows", .enabled(if: standing == .automatic, "RECURRENT_PRODUCTS is set"))
  func automatic() throws {
    for promise in Case.keeping {
      let plan = try promise.plan(.automatic)
      #expect(plan.products == .automatic)
      expect(plan, keepsRows: true, "all by \(Self.packed)")
    }
    let isNarrower = OpenBLAS.isNarrower(than: Processor.instructionSet)
    expect(
      try Case().plan(.automatic), keepsRows: isNarrower,
      isNarrower ? "all by \(Self.packed)" : "batched by \(Self.openBLAS), steps by \(Self.packed)")
  }

  @Test("OpenBLAS and packed are obeyed, whatever is planned")
  func obeyed() throws {
    for promise in Case.keeping + [Case()] {
      let (all, none) = (try promise.plan(.openBLAS), try promise.plan(.packed))
      #expect(all.products == .openBLAS && none.products == .packed)
      expect(all, keepsRows: false, "all by \(Self.openBLAS)")
      expect(none, keepsRows: true, "all by \(Self.packed)")
      // Packed weights are buffers.
      #expect(!all.buffers.contains { $0.name.contains("packed") })
      #expect(none.buffers.contains { $0.name.contains("weight_hh packed") })
      if Self.standing != .automatic {
        #expect(try promise.plan(.automatic).productsDescription == promise.plan(Self.standing).productsDescription)
      }
    }
  }

  @Test("Trainers and passes hand the choice on", arguments: Products.allCases)
  func handedOn(products: Products) throws {
    let model = try Model<Float>(Self.configuration, seed: 1)
    let trainer = try Trainer(model, batchSize: 3, sequenceLength: 4, products: products, threads: 1)
    #expect(trainer.plan.products == products)
    let pass = try RecurrentPass(model, steps: 4, batchSize: 3, products: products, threads: 1)
    #expect(pass.plan.products == products)
    let inference = try InferencePass(model, steps: 4, batchSize: 3, products: products, threads: 1)
    #expect(inference.plan.products == products)
  }

  // MARK: The same bits with any number of threads

  /// Batches of fewer rows a step than OpenBLAS multiplies at once (64), and of more, so that workers share them.
  struct Batch: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let size: Int
    let lengths: [Int]?
    let directions: Directions

    init(_ size: Int, isRagged: Bool = false, directions: Directions = .forward) {
      (self.size, self.directions) = (size, directions)
      lengths = isRagged ? (0..<size).map { $0 * 7 % 5 } : nil
      testDescription = "\(size)\(isRagged ? " of different lengths" : ""), \(directions)"
    }

    static let all = [
      Batch(9), Batch(9, isRagged: true), Batch(150), Batch(150, isRagged: true),
      Batch(150, directions: .both(merge: .concatenate)), Batch(70, isRagged: true, directions: .both(merge: .sum)),
    ]
  }

  @Test("The same bits with any number of threads", arguments: OracleCell.allCases, Batch.all)
  func threads(cell: OracleCell, batch: Batch) throws {
    let shape = Shape(steps: 4, batchSize: batch.size, inputSize: 6, hiddenSize: 11, layerCount: 2, seed: 14)
    let problem = try Problem.random(cell, shape, lengths: batch.lengths) {
      $0.directions = batch.directions
      $0.dropout = 0.3
      $0.headDropout = 0.2
      $0.zoneout = Zoneout(hidden: 0.2, cell: 0.2)
      if cell.hasRecurrentProduct, batch.size == 9 { $0.recurrentDropout = 0.2 }
    }
    for products in Products.allCases {
      let expected = try everything(problem, products, threads: 1)
      for threads in [2, 3, 5] {
        let results = try everything(problem, products, threads: threads)
        #expect(results == expected, "\(products), \(threads) threads")
      }
    }
  }

  /// What two steps of training leave, and what a pass gives, forward and back.
  private func everything(_ problem: Problem, _ products: Products, threads: Int) throws -> [[Float]] {
    var trainer = try problem.trainer(Float.self, products: products, threads: threads)
    for _ in 0..<2 { #expect(problem.step(&trainer).isFinite) }
    let model = trainer.model()
    var results = model.table.entries.map { model[parameter: $0.name] }

    var pass = try RecurrentPass<Float>(
      problem.model(), steps: problem.steps, batchSize: problem.batchSize, inputGradient: true,
      isRagged: problem.lengths != nil, products: products, threads: threads)
    pass.initialState = problem.state()
    problem.forward(&pass, dropoutSeed: 3)
    let gradient = [Float](repeating: 0.1, count: problem.rows * problem.configuration.outputSize)
    if problem.lengths != nil {
      results.append(pass.outputSequences.values)
      pass.backward(outputGradient: problem.sequences(gradient, width: problem.configuration.outputSize))
      results.append(pass.inputGradientSequences.values)
    } else {
      results.append(pass.outputs)
      pass.backward(outputGradient: gradient.span)
      results.append(pass.inputGradient)
    }
    results += model.table.entries.map { pass.gradient(of: $0.name) }
    return results + [pass.finalState.values, pass.initialStateGradient.values]
  }

  // MARK: The modes agree

  /// With as many rows as OpenBLAS takes in two pieces of a step, and as `.automatic` needs to call it.
  @Test("Every mode is within the oracle's bounds", arguments: OracleCell.allCases, Products.allCases)
  func agreement(cell: OracleCell, products: Products) throws {
    let shape = Shape(
      steps: 2, batchSize: 66, inputSize: 9, hiddenSize: 7, layerCount: cell.hasNorms ? 1 : 2, seed: 15)
    let problem = try Problem.random(cell, shape, outputSize: 5)
    let solution = problem.solve()
    for threads in [1, 2] {
      try comparePass(problem, solution, Float.self, products: products, threads: threads)
      try comparePass(problem, solution, Double.self, products: products, threads: threads)
      try compareStep(problem, solution, Float.self, products: products, threads: threads)
      try compareStep(problem, solution, Double.self, products: products, threads: threads)
    }
  }

  @Test("So it is in segments", arguments: OracleCell.kinds, Products.allCases)
  func segments(cell: OracleCell, products: Products) throws {
    let shape = Shape(steps: cell.hasNorms ? 3 : 7, batchSize: 3, inputSize: 4, hiddenSize: 5, seed: 16)
    let problem = try Problem.random(cell, shape)
    let solution = problem.solve()
    for steps in 1...3 {
      try compareStep(
        problem, solution, Float.self, recomputing: .segments(ofSteps: steps), products: products, threads: 2)
    }
  }
}
