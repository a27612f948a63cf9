import Glibc

/// How much memory this process may still use.
package enum SystemMemory {
  /// Bytes: what the machine has available, or what the limits of this process (`ulimit -v`, `-d`) or its control groups
  /// leave if that is less. An estimate, true at the moment of asking.
  ///
  /// - Parameter root: where `/proc` and `/sys` are looked up; tests put a made-up system there.
  package static func available(root: String = "") -> Int {
    var available = machineAvailable(root: root)
    if let left = leftOfLimits(root: root) { available = min(available, left) }
    for group in ControlGroups("memory", root: root).groups {
      if let left = left(of: group) { available = min(available, left) }
    }
    return available
  }

  /// Whether this process has limits of its own on its addresses or its data. To come to them ends a process where memory is
  /// asked for that no error can refuse: much must be left.
  package static var isLimited: Bool { isLimited(RLIMIT_AS) || isLimited(RLIMIT_DATA) }

  private static func isLimited(_ resource: __rlimit_resource) -> Bool {
    var limit = rlimit()
    return unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 && limit.rlim_cur < rlim_t(Int.max)
  }

  private static func machineAvailable(root: String) -> Int {
    if let text = SystemFile.text(root + "/proc/meminfo"),
      let kilobytes = SystemFile.field("MemAvailable:", of: text)
    {
      return saturating(kilobytes, times: 1024)
    }
    let pages = max(0, Int(sysconf(Int32(_SC_PHYS_PAGES))))
    return saturating(pages, times: max(0, Int(sysconf(Int32(_SC_PAGESIZE)))))
  }

  /// What the limits of this process leave of its addresses and of its data; nil where it has none.
  private static func leftOfLimits(root: String) -> Int? {
    guard let limits = SystemFile.text(root + "/proc/self/limits"),
      let status = SystemFile.text(root + "/proc/self/status")
    else { return nil }
    let kinds = [("Max address space", "VmSize:"), ("Max data size", "VmData:")]
    return kinds.compactMap { limit, use -> Int? in
      guard let bytes = SystemFile.field(limit, of: limits), let used = SystemFile.field(use, of: status) else {
        return nil
      }
      return max(0, bytes - saturating(used, times: 1024))
    }.min()
  }

  /// What a control group leaves; nil if it is not visible here or has no limit. File pages that the kernel gives up on demand
  /// are used, but available.
  private static func left(of group: ControlGroups.Group) -> Int? {
    let (limitFile, usageFile, reclaimable) =
      switch group.version {
      case .one: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
      case .two: ("memory.max", "memory.current", "inactive_file")
      }
    guard let limit = group.number(limitFile), let usage = group.number(usageFile) else { return nil }
    let files = SystemFile.field(reclaimable + " ", of: group.text("memory.stat") ?? "") ?? 0
    return max(0, limit - (usage - min(usage, files)))
  }

  private static func saturating(_ value: Int, times factor: Int) -> Int {
    let (product, overflow) = value.multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
