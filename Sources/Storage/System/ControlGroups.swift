/// The control groups of this process and all above them: what limits one of them limits the process.
struct ControlGroups {
  enum Version { case one, two }

  struct Group {
    let version: Version
    /// Where the group's files lie; it need not be visible here.
    let directory: String

    /// The text of one of its files.
    func text(_ file: String) -> String? { SystemFile.text(directory + "/" + file) }

    /// A file's only number; nil also for "max", version 2's word for no limit.
    func number(_ file: String) -> Int? { text(file).flatMap { SystemFile.number($0) } }
  }

  /// The innermost first.
  let groups: [Group]

  /// - Parameters:
  ///   - controller: `memory`, `cpu`; what version 1 has a hierarchy for.
  ///   - root: where `/proc` and `/sys` are looked up.
  init(_ controller: String, root: String) {
    var groups: [Group] = []
    for line in (SystemFile.text(root + "/proc/self/cgroup") ?? "").split(separator: "\n") {
      // hierarchy:controllers:path; version 2 is hierarchy 0 with no controllers.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let (version, mount): (Version, String)
      if parts[0] == "0", parts[1].isEmpty {
        (version, mount) = (.two, root + "/sys/fs/cgroup")
      } else if parts[1].split(separator: ",").contains(Substring(controller)) {
        (version, mount) = (.one, root + "/sys/fs/cgroup/" + controller)
      } else {
        continue
      }
      var path = parts[2]
      while true {
        let suffix = path == "/" ? "" : String(path)
        groups.append(Group(version: version, directory: mount + suffix))
        guard let slash = path.lastIndex(of: "/"), !suffix.isEmpty else { break }
        path = path[..<slash]
      }
    }
    self.groups = groups
  }
}
