import Glibc

/// How many processors this process may use.
package enum SystemProcessors {
  /// Those that it may run on (its affinity), or what the quota of a control group of it leaves of them if that is less: one
  /// and a half are two, one and a quarter one.
  ///
  /// - Parameters:
  ///   - root: where `/proc` and `/sys` are looked up; tests put a made-up system there.
  ///   - allowed: nil: asked of the system.
  package static func usable(root: String = "", allowed: Int? = nil) -> Int {
    var count = Double(allowed ?? affinity ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    for group in ControlGroups("cpu", root: root).groups {
      if let quota = quota(of: group) { count = min(count, quota) }
    }
    return max(1, Int(count.rounded(.toNearestOrAwayFromZero)))
  }

  /// Processors that the calling thread may run on.
  private static var affinity: Int? {
    // Room for 8,192 processors: the set of the system's own type has none for more than 1,024.
    var set = [UInt64](repeating: 0, count: 128)
    let status = unsafe set.withUnsafeMutableBytes { bytes in
      unsafe sched_getaffinity(0, bytes.count, bytes.baseAddress!.assumingMemoryBound(to: cpu_set_t.self))
    }
    let count = set.reduce(0) { $0 + $1.nonzeroBitCount }
    return status == 0 && count > 0 ? count : nil
  }

  /// Processors that a group may use at once; nil where it is not visible here or has no quota.
  private static func quota(of group: ControlGroups.Group) -> Double? {
    let (quota, period): (Int?, Int?)
    switch group.version {
    case .one: (quota, period) = (group.number("cpu.cfs_quota_us"), group.number("cpu.cfs_period_us"))
    case .two:
      // "50000 100000", or "max 100000".
      let words = (group.text("cpu.max") ?? "").split(separator: " ")
      (quota, period) = (words.first.flatMap { SystemFile.number($0) }, words.dropFirst().first.flatMap { SystemFile.number($0) })
    }
    guard let quota, let period, quota > 0, period > 0 else { return nil }
    return Double(quota) / Double(period)
  }
}
