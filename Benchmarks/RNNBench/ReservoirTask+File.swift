import Foundation
import Storage

extension ReservoirTask {
  /// Writes the series of a seed, a line a step: inputs, then what should come out; the first line is what a reservoir for
  /// it is: steps that are fitted to, wash-out, spectral radius, input scaling, bias scaling, penalty. What
  /// Benchmarks/Peers/reservoirs.py reads.
  func write(seed: UInt64, to folder: String) throws {
    let (inputs, outputs) = series(seed: seed)
    let (radius, inputScaling, biasScaling) = scalings
    var text = "\(training) \(washout) \(radius) \(inputScaling) \(biasScaling) \(penalty)\n"
    for step in 0..<inputs.count / width {
      let part = step * width..<(step + 1) * width
      text += (inputs[part] + outputs[part]).map { "\($0)" }.joined(separator: " ") + "\n"
    }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = "\(folder)/\(fileName)-\(seed).txt"
    let bytes = Array(text.utf8)
    try DurableFile.replace(path) { (file) throws(FileError) in try file.write(bytes.span) }
  }

  private var fileName: String {
    switch self {
    case .mackeyGlass: "mackey-glass"
    case .direct: "direct"
    case .free: "free"
    case .narma: "narma"
    case .lorenz: "lorenz"
    }
  }
}
