/// The command line of this process.
package enum ProcessArguments {
  /// Without the program's own name, byte by byte as they were given: `PathBytes` where an argument is no UTF-8.
  package static var all: [String] {
    (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      guard let argument = unsafe CommandLine.unsafeArgv[index] else { return nil }
      var bytes: [UInt8] = []
      var length = 0
      while unsafe argument[length] != 0 {
        unsafe bytes.append(UInt8(bitPattern: argument[length]))
        length += 1
      }
      return PathBytes.text(bytes)
    }
  }
}
