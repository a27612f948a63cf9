import Foundation
import Storage
import TestSupport
import Testing

@Suite("Processors that may be used")
struct SystemProcessorsTests {
  let root: ScratchDirectory

  init() throws { root = try ScratchDirectory() }

  private func put(_ path: String, _ text: String) throws {
    let url = URL(fileURLWithPath: root.path + path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  private func usable(of allowed: Int = 8) -> Int { SystemProcessors.usable(root: root.path, allowed: allowed) }

  @Test("Here there are some, as many as the system says")
  func here() { #expect((1...ProcessInfo.processInfo.activeProcessorCount).contains(SystemProcessors.usable())) }

  @Test("Without a quota all that are allowed")
  func none() throws {
    #expect(usable() == 8)
    try put("/proc/self/cgroup", "0::/\n")
    #expect(usable() == 8)
    try put("/sys/fs/cgroup/cpu.max", "max 100000\n")
    #expect(usable() == 8)
  }

  @Test(
    "A quota of version 2, to the nearest whole number",
    arguments: [(10_000, 1), (50_000, 1), (100_000, 1), (149_000, 1), (150_000, 2), (250_000, 3), (1_600_000, 8)])
  func version2(quota: Int, expected: Int) throws {
    try put("/proc/self/cgroup", "0::/a\n")
    try put("/sys/fs/cgroup/a/cpu.max", "\(quota) 100000\n")
    #expect(usable() == expected)
    #expect(usable(of: 1) == 1)
  }

  @Test("The tightest of the groups above binds")
  func ancestors() throws {
    try put("/proc/self/cgroup", "0::/a/b/c\n")
    try put("/sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n")
    try put("/sys/fs/cgroup/a/b/cpu.max", "600000 100000\n")
    #expect(usable() == 6)
    try put("/sys/fs/cgroup/a/cpu.max", "30000 10000\n")
    #expect(usable() == 3)
    try put("/sys/fs/cgroup/cpu.max", "200000 100000\n")
    #expect(usable() == 2)
  }

  @Test("A quota of version 1, whose group may be seen at its root alone")
  func version1() throws {
    try put("/proc/self/cgroup", "5:cpuset:/x\n4:cpu,cpuacct:/docker/12\n0::/\n")
    try put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n")
    try put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n")
    #expect(usable() == 8)
    try put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "400000\n")
    #expect(usable() == 4)
    try put("/sys/fs/cgroup/cpu/docker/12/cpu.cfs_period_us", "50000\n")
    try put("/sys/fs/cgroup/cpu/docker/12/cpu.cfs_quota_us", "100000\n")
    #expect(usable() == 2)
  }

  @Test("What makes no sense is no quota", arguments: ["", "\n", "x 100000", "0 100000", "100000", "100000 0", "-5 -5"])
  func nonsense(text: String) throws {
    try put("/proc/self/cgroup", "0::/\nnonsense\n::\n")
    try put("/sys/fs/cgroup/cpu.max", text)
    #expect(usable() == 8)
  }
}
