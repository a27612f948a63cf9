import Glibc

/// How much memory this process may still use.
package enum SystemMemory {
  /// Bytes: what the machine has available, or what the control groups of this process leave of their limits
  /// if that is less. An estimate, true at the moment of asking.
  ///
  /// - Parameter root: where `/proc` and `/sys` are looked up; tests put a made-up system there.
  package static func available(root: String = "") -> Int {
    let machine = machineAvailable(root: root)
    return controlGroups(root: root).reduce(machine) { min($0, remaining(in: $1) ?? $0) }
  }

  private static func machineAvailable(root: String) -> Int {
    if let text = read(root + "/proc/meminfo"), let kilobytes = field("MemAvailable:", of: text) {
      return saturating(kilobytes, times: 1024)
    }
    let pages = max(0, Int(sysconf(Int32(_SC_PHYS_PAGES))))
    return saturating(pages, times: max(0, Int(sysconf(Int32(_SC_PAGESIZE)))))
  }

  private struct ControlGroup {
    let directory: String
    let limitFile: String
    let usageFile: String
    /// The field of `memory.stat` for file pages the kernel gives up on demand: used, but available.
    let reclaimable: String
  }

  /// The groups of this process and all above them: each one's limit binds.
  private static func controlGroups(root: String) -> [ControlGroup] {
    guard let text = read(root + "/proc/self/cgroup") else { return [] }
    var groups: [ControlGroup] = []
    for line in text.split(separator: "\n") {
      // hierarchy:controllers:path; version 2 is hierarchy 0 with no controllers.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      var path = parts[2]
      while true {
        let suffix = path == "/" ? "" : String(path)
        if parts[0] == "0", parts[1].isEmpty {
          groups.append(
            ControlGroup(
              directory: root + "/sys/fs/cgroup" + suffix, limitFile: "memory.max",
              usageFile: "memory.current", reclaimable: "inactive_file"))
        } else if parts[1].split(separator: ",").contains("memory") {
          groups.append(
            ControlGroup(
              directory: root + "/sys/fs/cgroup/memory" + suffix, limitFile: "memory.limit_in_bytes",
              usageFile: "memory.usage_in_bytes", reclaimable: "total_inactive_file"))
        }
        guard let slash = path.lastIndex(of: "/"), !suffix.isEmpty else { break }
        path = path[..<slash]
      }
    }
    return groups
  }

  /// Nil if the group is not visible here or has no limit.
  private static func remaining(in group: ControlGroup) -> Int? {
    guard let limit = number(in: group.directory + "/" + group.limitFile),
      let usage = number(in: group.directory + "/" + group.usageFile)
    else { return nil }
    let statistics = read(group.directory + "/memory.stat") ?? ""
    let bound = usage - min(usage, field(group.reclaimable, of: statistics) ?? 0)
    return max(0, limit - bound)
  }

  /// Nil also for "max", version 2's word for no limit.
  private static func number(in path: String) -> Int? {
    read(path).flatMap { Int($0.prefix { $0.isASCII && $0.isNumber }) }
  }

  /// The number after `name` at the start of a line.
  private static func field(_ name: String, of text: String) -> Int? {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count >= 2, words[0] == name { return Int(words[1]) }
    }
    return nil
  }

  private static func saturating(_ value: Int, times factor: Int) -> Int {
    let (product, overflow) = value.multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }

  /// Not `readFile`, which asks here how much it may read.
  private static func read(_ path: String) -> String? {
    guard let file = unsafe fopen(path, "re") else { return nil }
    defer { _ = unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe fread($0.baseAddress!, 1, $0.count, file) }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
