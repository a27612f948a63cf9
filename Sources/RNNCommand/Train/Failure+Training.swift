import Recurrent

extension Failure {
  /// Why a training ended early, as all commands say it.
  /// - Parameters:
  ///   - place: where it was; nil: at the step of the error.
  ///   - kept: tells what is on disk, given the step of the checkpoint there; nil: nothing.
  init(_ error: TrainingError, at place: String? = nil, kept: (_ savedStep: Int?) -> String?) {
    switch error {
    case .notFinite(let quantity, let value, let step, let savedStep):
      self.init(
        message: "the \(quantity.rawValue) is not a finite number (\(value)) \(place ?? "at step \(step)"); "
          + "\(kept(savedStep) ?? "no model was saved"). A lower --learning-rate or --clip-norm may help",
        status: .notFinite)
    case .unreadableData(let error, let step, let savedStep):
      self.init(
        message: "the text could not be read after step \(step): \(error). "
          + "\(kept(savedStep) ?? "No model was saved")\(savedStep == nil ? "" : "; --resume goes on once the text is whole")"
      )
    // Why has been said when it happened.
    case .notSaved: self.init(message: "the last checkpoint could not be saved")
    default: self.init(message: error.description)
    }
  }
}
