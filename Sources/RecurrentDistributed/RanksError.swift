/// Why there are no ranks.
public enum RanksError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A launcher started so many processes of a program that was built without MPI: each would train alone, and all would
  /// write the same files.
  case notBuilt(count: Int)
  /// MPI says no.
  case notStarted(String)

  public var description: String {
    switch self {
    case .notBuilt(let count):
      """
      mpirun started \(count) processes of a program that was built without MPI, which would each train alone and write the \
      same files: build it with 'swift build -c release --traits MPI', or start it without mpirun
      """
    case .notStarted(let reason): "MPI did not start: \(reason)"
    }
  }
}
