internal import Storage

enum Processors {
  /// Processors that this process may use: asked once, as engines are made often.
  static let available = SystemProcessors.usable()
}
