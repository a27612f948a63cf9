internal import Foundation

enum Processors {
  /// Processors that this process may use.
  static var available: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }
}
