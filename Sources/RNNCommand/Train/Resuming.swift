import Recurrent

extension TrainingCheckpoint<Float> {
  /// The newest checkpoint at `file` that can be loaded; says what was wrong with the newer ones.
  /// - Throws: `CheckpointError`; `Failure` where it is of a model of pairs.
  static func newest(at file: String) throws -> (checkpoint: TrainingCheckpoint, file: String) {
    try ModelUse.requireResumable(file, asPairs: false)
    let found = try CheckpointStore.newestValid(of: file) { path throws(CheckpointError) in
      try TrainingCheckpoint<Float>(contentsOf: path)
    }
    for error in found.skipped { Note.warning("\(error)") }
    if found.file != file { Note.warning("going on from \(found.file), of step \(found.value.stepCount)") }
    return (found.value, found.file)
  }

  /// A trainer that goes on; says so where it will not come to the same bits.
  /// - Throws: `PlanError`; `Failure` where mpirun started more processes than there are shards.
  func trainer(threads: Int?) throws -> Trainer<Float> {
    try Team.requireShards(settings.shards)
    let trainer = try Trainer(self, threads: threads ?? 0, over: Team.ranks)
    fingerprint.warn(of: trainer.fingerprint)
    return trainer
  }
}

extension Fingerprint {
  /// Says where a training that goes on will not come to the same bits.
  func warn(of now: Fingerprint) {
    guard let difference = difference(from: now) else { return }
    Note.warning(
      "the checkpoint was made with \(difference): the training goes on, but not to the same bits as without the stop")
  }
}

/// Settings of a training, some of which may change when it goes on.
protocol ResumedSettings {
  var schedule: LearningRateSchedule { get set }
  var products: Products { get set }
  var precision: WeightPrecision { get }
}

extension TrainingSettings: ResumedSettings {}
extension EncoderDecoderSettings: ResumedSettings {}

extension ResumedSettings {
  /// How a model is measured that trains with these.
  func passSettings(threads: Int) -> PassSettings {
    PassSettings(products: products, precision: precision, threads: threads)
  }

  /// A schedule that ends with the training ends with its new end.
  /// - Throws: `Failure` where its warm-up would be longer than the whole.
  mutating func moveEnd(from old: Int, to new: Int) throws(Failure) {
    guard case .cosine(let warmUp, old, let minimum) = schedule, new != old else { return }
    guard warmUp <= new else {
      throw Failure(
        message:
          "the training was begun with a warm-up of \(warmUp) steps: expected as many steps in all or more, got \(new)",
        status: .usage)
    }
    schedule = .cosine(warmUp: warmUp, total: new, minimum: minimum)
    Note.note("the cosine schedule now ends at step \(grouped(new)), not \(grouped(old))")
  }

  /// Lets others multiply from now on.
  /// - Throws: where they cannot.
  mutating func choose(_ asked: Products?) throws(Failure) {
    guard let asked, asked != products else { return }
    guard asked != .openBLAS || precision == .full else {
      throw Failure(
        message:
          "the training multiplies in \(precision.rawValue), and OpenBLAS in float: leave out --products openblas",
        status: .usage)
    }
    Note.note("products are now \(asked.rawValue), not \(products.rawValue)")
    products = asked
  }
}
