import Foundation
import Storage
import TestSupport
import Testing

@Suite("Processors that may be used")
struct SystemProcessorsTests {
  let root: ScratchDirectory

  init() throws { root = try ScratchDirectory() }

  private func usable(of allowed: String = "0-7") throws -> Int {
    try root.makeFile(
      "proc/thread-self/status", "Name:\trnn\nCpus_allowed:\tff\nCpus_allowed_list:\t\(allowed)\nMems_allowed:\t1\n")
    return SystemProcessors.usable(root: root.path)
  }

  @Test("The affinity", arguments: [("0", 1), ("3", 1), ("0-1", 2), ("0,2", 2), ("0-3,8,10-11", 7), ("0-127", 128)])
  func affinity(list: String, expected: Int) throws { #expect(try usable(of: list) == expected) }

  @Test("A system that says nothing has some all the same")
  func silent() throws {
    #expect(SystemProcessors.usable(root: root.path) >= 1)
    #expect(try usable(of: "nonsense") >= 1)
  }

  @Test("Here there are some, as many as the system says")
  func here() { #expect((1...ProcessInfo.processInfo.activeProcessorCount).contains(SystemProcessors.usable())) }

  @Test("Without a quota all that are allowed")
  func none() throws {
    #expect(try usable() == 8)
    try root.makeFile("proc/self/cgroup", "0::/\n")
    #expect(try usable() == 8)
    try root.makeFile("sys/fs/cgroup/cpu.max", "max 100000\n")
    #expect(try usable() == 8)
  }

  @Test(
    "A quota of version 2, to the nearest whole number",
    arguments: [(10_000, 1), (50_000, 1), (100_000, 1), (149_000, 1), (150_000, 2), (250_000, 3), (1_600_000, 8)])
  func version2(quota: Int, expected: Int) throws {
    try root.makeFile("proc/self/cgroup", "0::/a\n")
    try root.makeFile("sys/fs/cgroup/a/cpu.max", "\(quota) 100000\n")
    #expect(try usable() == expected)
    #expect(try usable(of: "5") == 1)
  }

  @Test("The tightest of the groups above binds")
  func ancestors() throws {
    try root.makeFile("proc/self/cgroup", "0::/a/b/c\n")
    try root.makeFile("sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n")
    try root.makeFile("sys/fs/cgroup/a/b/cpu.max", "600000 100000\n")
    #expect(try usable() == 6)
    try root.makeFile("sys/fs/cgroup/a/cpu.max", "30000 10000\n")
    #expect(try usable() == 3)
    try root.makeFile("sys/fs/cgroup/cpu.max", "200000 100000\n")
    #expect(try usable() == 2)
  }

  @Test("A quota of version 1, whose group may be seen at its root alone")
  func version1() throws {
    try root.makeFile("proc/self/cgroup", "5:cpuset:/x\n4:cpu,cpuacct:/docker/12\n0::/\n")
    try root.makeFile("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n")
    try root.makeFile("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n")
    #expect(try usable() == 8)
    try root.makeFile("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "400000\n")
    #expect(try usable() == 4)
    try root.makeFile("sys/fs/cgroup/cpu/docker/12/cpu.cfs_period_us", "50000\n")
    try root.makeFile("sys/fs/cgroup/cpu/docker/12/cpu.cfs_quota_us", "100000\n")
    #expect(try usable() == 2)
  }

  @Test(
    "What makes no sense is no quota", arguments: ["", "\n", "x 100000", "0 100000", "100000", "100000 0", "-5 -5"])
  func nonsense(text: String) throws {
    try root.makeFile("proc/self/cgroup", "0::/\nnonsense\n::\n")
    try root.makeFile("sys/fs/cgroup/cpu.max", text)
    #expect(try usable() == 8)
  }
}
