/// The downhill simplex (Nelder & Mead 1965): the least of a function of a few numbers, without derivatives.
package enum NelderMead {
  /// - Parameters:
  ///   - start: where the simplex stands.
  ///   - step: how far its other corners lie.
  package static func minimize(
    from start: [Double], step: Double = 0.5, evaluations: Int, tolerance: Double = 1e-7,
    _ function: ([Double]) -> Double
  ) -> (point: [Double], value: Double) {
    let size = start.count
    func value(_ point: [Double]) -> Double {
      let value = function(point)
      return value.isFinite ? value : .greatestFiniteMagnitude
    }
    var corners = [(point: start, value: value(start))]
    for index in 0..<size {
      var point = start
      point[index] += step
      corners.append((point, value(point)))
    }
    var count = size + 1
    while count < evaluations {
      corners.sort { $0.value < $1.value }
      let (best, worst) = (corners[0], corners[size])
      if worst.value - best.value <= tolerance * (abs(best.value) + .leastNormalMagnitude) { break }
      var center = [Double](repeating: 0, count: size)
      for corner in corners.dropLast() { for index in 0..<size { center[index] += corner.point[index] / Double(size) } }
      func moved(_ factor: Double) -> (point: [Double], value: Double) {
        let point = (0..<size).map { center[$0] + factor * (worst.point[$0] - center[$0]) }
        return (point, value(point))
      }
      let reflected = moved(-1)
      count += 1
      if reflected.value < best.value {
        let expanded = moved(-2)
        count += 1
        corners[size] = expanded.value < reflected.value ? expanded : reflected
      } else if reflected.value < corners[size - 1].value {
        corners[size] = reflected
      } else {
        let contracted = moved(reflected.value < worst.value ? -0.5 : 0.5)
        count += 1
        if contracted.value < min(reflected.value, worst.value) {
          corners[size] = contracted
        } else {
          for index in 1...size {
            let point = zip(corners[index].point, best.point).map { $1 + 0.5 * ($0 - $1) }
            corners[index] = (point, value(point))
          }
          count += size
        }
      }
    }
    corners.sort { $0.value < $1.value }
    return corners[0]
  }
}
