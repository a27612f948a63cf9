internal import Foundation

/// What a launcher of MPI says in the environment, before MPI is started: so a build without MPI knows, too.
public struct LaunchedRanks: Sendable, Hashable {
  /// Processes of the job.
  public let count: Int
  /// Of this one, in `0..<count`.
  public let rank: Int
  /// Those on this machine; nil where the launcher does not say.
  public let localCount: Int?

  /// Whether some of them are on other machines, as far as the launcher says.
  public var areOnSeveralMachines: Bool { localCount.map { $0 < count } ?? false }

  /// - Returns: nil where no launcher started this process. Open MPI, MPICH and what descends from it are known.
  public init?() { self.init(environment: ProcessInfo.processInfo.environment) }

  /// The same of any environment.
  public init?(environment: [String: String]) {
    func number(_ names: [String]) -> Int? { names.lazy.compactMap { environment[$0].flatMap { Int($0) } }.first }
    guard let count = number(["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"]), count >= 1 else { return nil }
    self.count = count
    rank = number(["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"]) ?? 0
    localCount = number(["OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"])
  }
}
