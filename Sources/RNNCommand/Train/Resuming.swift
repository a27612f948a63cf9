import Recurrent

extension TrainingCheckpoint<Float> {
  /// The newest checkpoint at `file` that can be loaded; says what was wrong with the newer ones.
  static func newest(at file: String) throws(CheckpointError) -> (checkpoint: TrainingCheckpoint, file: String) {
    let found = try CheckpointStore.newestValid(of: file) { path throws(CheckpointError) in
      try TrainingCheckpoint<Float>(contentsOf: path)
    }
    for error in found.skipped { Note.warning("\(error)") }
    if found.file != file { Note.warning("going on from \(found.file), of step \(found.value.stepCount)") }
    return (found.value, found.file)
  }

  /// A schedule that ends with the training ends with its new end.
  /// - Throws: `Failure` where its warm-up would be longer than the whole.
  mutating func moveEnd(from old: Int, to new: Int) throws(Failure) {
    guard case .cosine(let warmUp, old, let minimum) = settings.schedule, new != old else { return }
    guard warmUp <= new else {
      throw Failure(
        message:
          "the training was begun with a warm-up of \(warmUp) steps: expected as many steps in all or more, got \(new)",
        status: .usage)
    }
    settings.schedule = .cosine(warmUp: warmUp, total: new, minimum: minimum)
    Note.note("the cosine schedule now ends at step \(grouped(new)), not \(grouped(old))")
  }

  /// Lets others multiply from now on.
  /// - Throws: where they cannot.
  mutating func choose(_ products: Products?) throws(Failure) {
    guard let products, products != settings.products else { return }
    guard products != .openBLAS || settings.precision == .full else {
      throw Failure(
        message:
          "the training multiplies in \(settings.precision.rawValue), and OpenBLAS in float: leave out --products openblas",
        status: .usage)
    }
    Note.note("products are now \(products.rawValue), not \(settings.products.rawValue)")
    settings.products = products
  }

  /// A trainer that goes on; says so where it will not come to the same bits.
  func trainer(threads: Int?) throws(PlanError) -> Trainer<Float> {
    let trainer = try Trainer(self, threads: threads ?? 0)
    if let difference = fingerprint.difference(from: trainer.fingerprint) {
      Note.warning(
        "the checkpoint was made with \(difference): the training goes on, but not to the same bits as without the stop"
      )
    }
    return trainer
  }
}
