import ArgumentParser
import Foundation

/// What Linux says about this process.
struct ProcessStatus {
  /// Memory that is resident.
  let residentBytes: Int
  let threads: Int

  init() throws {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    func number(_ name: String) throws -> Int {
      guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") }),
        let number = line.dropFirst(name.count + 1).split(whereSeparator: \.isWhitespace).first.flatMap({ Int($0) })
      else { throw ValidationError("/proc/self/status does not say \(name)") }
      return number
    }
    residentBytes = try number("VmRSS") * 1024
    threads = try number("Threads")
  }
}
