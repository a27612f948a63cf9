import Glibc

/// How many processors this process may use.
package enum SystemProcessors {
  /// Those that the calling thread may run on (its affinity), or what the quota of a control group of the process leaves of them
  /// if that is less: one and a half are two, one and a quarter one.
  ///
  /// - Parameter root: where `/proc` and `/sys` are looked up; tests put a made-up system there.
  package static func usable(root: String = "") -> Int {
    let allowed = allowed(root: root).reduce(0) { $0 + $1.count }
    var count = Double(allowed > 0 ? allowed : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    for group in ControlGroups("cpu", root: root).groups {
      if let quota = quota(of: group) { count = min(count, quota) }
    }
    return max(1, Int(count.rounded(.toNearestOrAwayFromZero)))
  }

  /// Those that the calling thread may run on, of a list such as `0-3,8`; none where the system does not say.
  package static func allowed(root: String = "") -> [ClosedRange<Int>] {
    let status = SystemFile.text(root + "/proc/thread-self/status") ?? SystemFile.text(root + "/proc/self/status")
    let name = "Cpus_allowed_list:"
    guard let line = (status ?? "").split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return [] }
    return line.dropFirst(name.count).split(separator: ",").compactMap { range in
      let ends = range.split(whereSeparator: { $0 == "-" || $0.isWhitespace }).compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first <= last else { return nil }
      return first...last
    }
  }

  /// Processors that a group may use at once; nil where it is not visible here or has no quota.
  private static func quota(of group: ControlGroups.Group) -> Double? {
    let (quota, period): (Int?, Int?)
    switch group.version {
    case .one: (quota, period) = (group.number("cpu.cfs_quota_us"), group.number("cpu.cfs_period_us"))
    case .two:
      // "50000 100000", or "max 100000".
      let words = (group.text("cpu.max") ?? "").split(separator: " ")
      let numbers = words.map { SystemFile.number($0) }
      (quota, period) = numbers.count == 2 ? (numbers[0], numbers[1]) : (nil, nil)
    }
    guard let quota, let period, quota > 0, period > 0 else { return nil }
    return Double(quota) / Double(period)
  }
}
