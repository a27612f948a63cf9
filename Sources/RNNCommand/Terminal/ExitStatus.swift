/// What the process tells its caller.
enum ExitStatus {
  case failure, usage, notFinite
  /// Stopped by the signal of this number.
  case interrupted(Int32)

  var rawValue: Int32 {
    switch self {
    case .failure: 1
    case .usage: 64
    case .notFinite: 3
    case .interrupted(let signal): 128 + signal
    }
  }

  static let documentation = """
    EXIT CODES:
      0    done
      1    a file is missing, damaged or unfit; too little memory; a gradient check failed
      3    the loss was not, or no longer, a finite number
      64   the command line is wrong
      129  stopped by the end of the terminal (SIGHUP); the model was saved
      130  stopped by Ctrl-C (SIGINT); the model was saved
      143  stopped by SIGTERM; the model was saved
    """
}

/// Why a command stops: one line for the user, and an exit code.
struct Failure: Error {
  let message: String
  var status = ExitStatus.failure
}
