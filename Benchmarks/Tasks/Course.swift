public import Recurrent

/// How a model is trained on a task.
public struct Course: Sendable {
  public var task: any SequenceTask
  public var cell: any RecurrentCell
  /// H, L, N.
  public var hiddenSize: Int
  public var layerCount = 1
  public var batchSize: Int
  /// The most updates.
  public var updates: Int
  public var optimizer: Optimizer
  public var schedule = LearningRateSchedule.constant
  public var clipping = GradientClipping.norm(1)
  public var initialization = Initialization.orthogonal
  /// Updates between two tests.
  public var testInterval = 100
  /// Sequences of a test; the same in all of them.
  public var testCount = 1000
  /// The training ends when a test has an error below.
  public var goal = 0.0
  public var seed: UInt64 = 1
  public var threads = 0

  public init(
    _ task: some SequenceTask, cell: some RecurrentCell, hiddenSize: Int, batchSize: Int, updates: Int,
    optimizer: Optimizer
  ) {
    self.task = task
    self.cell = cell
    self.hiddenSize = hiddenSize
    self.batchSize = batchSize
    self.updates = updates
    self.optimizer = optimizer
  }

  /// What came of a course.
  public struct Outcome: Sendable {
    public let model: Model<Float>
    public let updates: Int
    /// On the test's sequences, after the last update.
    public let error: Double
  }

  /// Trains until the goal is reached or the updates are used up.
  /// - Parameter progress: gets the number of updates and the error after each test.
  /// - Throws: `PlanError` where the memory does not suffice.
  public func run(progress: (Int, Double) -> Void = { _, _ in }) throws(PlanError) -> Outcome {
    var task = task
    let configuration = ModelConfiguration(
      cell: cell, input: task.input, hiddenSize: hiddenSize, layerCount: layerCount, outputSize: task.outputSize,
      head: task.head)
    let model = try Model<Float>(configuration, initialization: initialization, seed: seed)
    var trainer = try Trainer(
      model, batchSize: batchSize, sequenceLength: task.steps, loss: task.loss, optimizer: optimizer,
      schedule: schedule, clipping: clipping, threads: threads)
    var test = try InferencePass(model, steps: task.steps, batchSize: testCount, threads: threads)
    // Sequences of another generator than the training's.
    var generator = SeededGenerator(seed: seed &+ 0x7e57)
    let testBatch = task.testBatch(testCount, using: &generator)
    generator = SeededGenerator(seed: seed)
    var error = Double.infinity
    for update in 1...updates {
      trainer.step(on: task.trainingBatch(batchSize, using: &generator))
      guard update.isMultiple(of: testInterval) || update == updates else { continue }
      test.load(trainer.model())
      error = test.error(task, testBatch)
      progress(update, error)
      if error < goal { return Outcome(model: trainer.model(), updates: update, error: error) }
    }
    return Outcome(model: trainer.model(), updates: updates, error: error)
  }
}

extension Trainer<Float> {
  fileprivate mutating func step(on batch: TaskBatch) {
    switch (batch.tokens.isEmpty, batch.classes.isEmpty) {
    case (true, true): _ = step(.vectors(batch.vectors), .values(batch.values))
    case (true, false): _ = step(.vectors(batch.vectors), .classes(batch.classes))
    case (false, true): _ = step(.tokens(batch.tokens), .values(batch.values))
    case (false, false): _ = step(.tokens(batch.tokens), .classes(batch.classes))
    }
  }
}

extension InferencePass<Float> {
  fileprivate mutating func error(_ task: some SequenceTask, _ batch: TaskBatch) -> Double {
    resetState()
    if batch.tokens.isEmpty {
      run(vectors: batch.vectors.span, continuing: true)
    } else {
      run(tokens: batch.tokens.span, continuing: true)
    }
    return task.error(of: outputs, on: batch)
  }
}
