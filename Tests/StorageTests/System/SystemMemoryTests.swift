import Foundation
import Storage
import TestSupport
import Testing

@Suite("Memory available")
struct SystemMemoryTests {
  let root: ScratchDirectory

  init() throws {
    root = try ScratchDirectory()
    try root.makeFile("proc/meminfo", "MemTotal:       16000 kB\nMemFree:         100 kB\nMemAvailable:   8000 kB\n")
  }

  private var available: Int { SystemMemory.available(root: root.path) }

  @Test("This machine has some")
  func here() {
    #expect(SystemMemory.available() > 1 << 20)
    #expect(SystemMemory.available() < 1 << 50)
  }

  @Test("Without a limit it is what the machine has available")
  func machine() throws {
    #expect(available == 8000 * 1024)
    try root.makeFile("proc/self/cgroup", "0::/\n")
    #expect(available == 8000 * 1024)
    try root.makeFile("sys/fs/cgroup/memory.max", "max\n")
    try root.makeFile("sys/fs/cgroup/memory.current", "4096\n")
    #expect(available == 8000 * 1024)
  }

  @Test("Where the machine does not say, its physical memory counts")
  func fallback() throws {
    try root.makeFile("proc/meminfo", "MemTotal: 1 kB\n")
    #expect(available > 1 << 20)
  }

  @Test("A limit of control groups, version 2, less what is used but for file pages")
  func version2() throws {
    try root.makeFile("proc/self/cgroup", "0::/a/b\n")
    try root.makeFile("sys/fs/cgroup/a/b/memory.max", "2000000\n")
    try root.makeFile("sys/fs/cgroup/a/b/memory.current", "700000\n")
    #expect(available == 1_300_000)
    try root.makeFile("sys/fs/cgroup/a/b/memory.stat", "anon 400000\ninactive_file 200000\nactive_file 7\n")
    #expect(available == 1_500_000)
  }

  @Test("The tightest of the groups above binds")
  func ancestors() throws {
    try root.makeFile("proc/self/cgroup", "0::/a/b\n")
    try root.makeFile("sys/fs/cgroup/a/b/memory.max", "2000000\n")
    try root.makeFile("sys/fs/cgroup/a/b/memory.current", "0\n")
    try root.makeFile("sys/fs/cgroup/a/memory.max", "900000\n")
    try root.makeFile("sys/fs/cgroup/a/memory.current", "1000\n")
    #expect(available == 899_000)
    try root.makeFile("sys/fs/cgroup/memory.max", "500\n")
    try root.makeFile("sys/fs/cgroup/memory.current", "600\n")
    #expect(available == 0)
  }

  @Test("Version 1, also where the container hides its own path")
  func version1() throws {
    try root.makeFile("proc/self/cgroup", "9:name=systemd:/x\n4:cpu,memory:/docker/x\n3:cpuset:/\n0::/\n")
    try root.makeFile("sys/fs/cgroup/memory/memory.limit_in_bytes", "3000000\n")
    try root.makeFile("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000000\n")
    try root.makeFile("sys/fs/cgroup/memory/memory.stat", "inactive_file 5\ntotal_inactive_file 250000\n")
    #expect(available == 2_250_000)
    try root.makeFile("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
    #expect(available == 8000 * 1024)
  }

  @Test("The process's own limits on addresses and data, less what it has")
  func limits() throws {
    let head = "Limit                     Soft Limit           Hard Limit           Units     \n"
    try root.makeFile(
      "proc/self/status", "Name:\trnn\nVmPeak:\t     900 kB\nVmSize:\t     800 kB\nVmData:\t     300 kB\n")
    try root.makeFile(
      "proc/self/limits", head + "Max address space         unlimited            unlimited            bytes     \n")
    #expect(available == 8000 * 1024)
    try root.makeFile(
      "proc/self/limits", head + "Max address space         2048000              unlimited            bytes     \n")
    #expect(available == 1200 * 1024)
    let both =
      head + "Max data size             614400               614400               bytes     \n"
      + "Max address space         2048000              2048000              bytes     \n"
    try root.makeFile("proc/self/limits", both)
    #expect(available == 300 * 1024)
    try root.makeFile("proc/self/status", "VmSize:\t  8000 kB\nVmData:\t   100 kB\n")
    #expect(available == 0)
  }
}
