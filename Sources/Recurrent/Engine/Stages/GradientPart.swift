/// A range of the gradient that travels to other processes by itself: that of some layers, and maybe of what stands upon them. What
/// it comes from is there when back-propagation leaves the lowest of these layers.
struct GradientPart: Sendable, Hashable {
  /// The lowest of its layers; the number of layers where it has none.
  let layer: Int
  /// Of the flat block.
  let columns: Range<Int>

  /// The parts of a gradient, from the top down. The lowest is what is left, with all that stands below the layers.
  /// - Parameter least: scalars of a part but for the lowest; nil: there is but one.
  static func parts(of table: ParameterTable, least: Int?) -> [GradientPart] {
    var (parts, end): ([GradientPart], Int) = ([], table.blockCount)
    if let least {
      for (layer, start) in table.layerStarts.enumerated().dropFirst().reversed() where end - start >= max(least, 1) {
        parts.append(GradientPart(layer: layer, columns: start..<end))
        end = start
      }
    }
    return parts + [GradientPart(layer: 0, columns: 0..<end)]
  }
}
