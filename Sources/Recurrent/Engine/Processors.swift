internal import Storage

package enum Processors {
  /// Processors that this process may use: asked once, as engines are made often.
  package static let available = SystemProcessors.usable()
}
