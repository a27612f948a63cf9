internal import Foundation

package enum Processors {
  /// Processors that this process may use.
  package static var available: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }
}
