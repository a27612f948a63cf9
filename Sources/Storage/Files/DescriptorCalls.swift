import Glibc

/// Calls on open descriptors that wait: until a signal's handler has run, and where the descriptor does not block
/// (`O_NONBLOCK`: whoever else has it may have set that) until it can go on.

enum Readiness {
  case reading, writing

  fileprivate var events: CShort { CShort(self == .reading ? POLLIN : POLLOUT) }
}

/// `call` again for as long as a signal interrupts it, or `descriptor` is not ready.
func retrying<Result: SignedInteger>(
  _ descriptor: CInt, _ readiness: Readiness, _ call: () -> Result
) -> Result {
  while true {
    let result = retryingOnInterrupt(call)
    guard result == -1, errno == EAGAIN || errno == EWOULDBLOCK else { return result }
    var entry = pollfd(fd: descriptor, events: readiness.events, revents: 0)
    guard retryingOnInterrupt({ unsafe poll(&entry, 1, -1) }) >= 0 else { return -1 }
  }
}

/// `call` again for as long as a signal interrupts it.
func retryingOnInterrupt<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

/// Linux transfers at most 2 GiB a call.
let largestTransfer = 1 << 30

/// Writes all bytes, in one call where the system takes them in one.
/// - Returns: 0, or the error number.
package func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> CInt {
  unsafe bytes.withUnsafeBytes { buffer in
    var done = 0
    while done < buffer.count {
      let piece = min(buffer.count - done, largestTransfer)
      let count = retrying(descriptor, .writing) { unsafe write(descriptor, buffer.baseAddress! + done, piece) }
      guard count >= 0 else { return errno }
      guard count > 0 else { return EIO }
      done += count
    }
    return 0
  }
}

/// The next bytes of a pipe, a terminal or a file: as many as are there, up to `room`; none at its end.
/// - Returns: the bytes, and 0 or the error number.
package func readSome(from descriptor: CInt, upTo room: Int) -> (bytes: [UInt8], code: CInt) {
  var code: CInt = 0
  let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
    let base = buffer.baseAddress!
    let result = retrying(descriptor, .reading) { unsafe read(descriptor, base, min(room, largestTransfer)) }
    if result < 0 { code = errno } else { count = result }
  }
  return (bytes, code)
}

/// Opens what of standard input, output and error is closed, so that no file gets their numbers, and with it what is written
/// to them: to be called before any file is opened. Using them still fails: input cannot be read, the others not be written.
package func openStandardDescriptors() {
  for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) == -1 && errno == EBADF {
    // The lowest free number, which is this one.
    _ = retryingOnInterrupt { unsafe open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY) }
  }
}
