import Recurrent
import Reports
import Storage
import Tables

/// Ways that the values may take after one origin, drawn from what a network learned: each step from the distribution that follows
/// from the steps drawn before it.
struct SampledForecast {
  let horizon: Int
  let width: Int
  /// [samples][horizon, C]
  let paths: [[Double]]
  /// [horizon, C][samples], ascending.
  private let sorted: [[Double]]

  init(_ paths: [[Double]], horizon: Int, width: Int) {
    (self.paths, self.horizon, self.width) = (paths, horizon, width)
    sorted = (0..<horizon * width).map { place in paths.map { $0[place] }.sorted() }
  }

  func samples(_ ahead: Int, _ column: Int) -> [Double] { sorted[ahead * width + column] }

  func mean(_ ahead: Int, _ column: Int) -> Double {
    let samples = samples(ahead, column)
    return samples.reduce(0) { $0 + $1 / Double(samples.count) }
  }

  /// What a share of the samples lies below; between two of them on a straight line.
  func quantile(_ share: Double, _ ahead: Int, _ column: Int) -> Double {
    let samples = samples(ahead, column)
    // Of n samples the k-th is the quantile (k − ½)/n.
    let place = min(max(share * Double(samples.count) - 0.5, 0), Double(samples.count - 1))
    let low = Int(place)
    let high = min(low + 1, samples.count - 1)
    return samples[low] + (samples[high] - samples[low]) * (place - Double(low))
  }

  func interval(level: Double, _ ahead: Int, _ column: Int) -> (lower: Double, upper: Double) {
    let tail = (1 - level / 100) / 2
    return (quantile(tail, ahead, column), quantile(1 - tail, ahead, column))
  }

  /// [horizon, C]
  var medians: [Double] {
    (0..<horizon * width).map { quantile(0.5, $0 / width, $0 % width) }
  }

  var isFinite: Bool { paths.allSatisfy { $0.allSatisfy(\.isFinite) } }
}

/// How sample paths are drawn.
struct PathSampling {
  var samples = 200
  var seed: UInt64 = 0

  /// Of one path from one origin: no other path, and no other origin, changes it.
  func generator(origin: Int, sample: Int) -> SeededGenerator {
    var generator = SeededGenerator(seed: seed ^ (UInt64(bitPattern: Int64(origin)) &* 0xD134_2543_DE82_EF95))
    generator = SeededGenerator(seed: generator.next() &+ UInt64(sample) &* 0x2545_F491_4F6C_DD1D)
    return SeededGenerator(seed: generator.next())
  }
}

// MARK: What is written

extension SampledForecast {
  /// A header, and a row a step: of each column the median, the mean, and the bounds of each level.
  /// - Parameter truths: whether what came stands beside.
  func rows(_ series: Series, from start: Int, levels: [Double], truths: Bool) -> [[String]] {
    var header = [series.time.name ?? "row"]
    for name in series.columns {
      header += [name, name + "-mean"] + levels.flatMap { ["\(name)-lo-\(short($0))", "\(name)-hi-\(short($0))"] }
    }
    if truths { header += series.columns.map { $0 + " (true)" } }
    return [header]
      + (0..<horizon).map { ahead in
        var row = [series.time.label(start + ahead)]
        for column in 0..<width {
          row += [short(quantile(0.5, ahead, column)), short(mean(ahead, column))]
          for level in levels {
            let interval = interval(level: level, ahead, column)
            row += [short(interval.lower), short(interval.upper)]
          }
        }
        guard truths else { return row }
        return row
          + (0..<width).map { column in
            let place = (start + ahead) * width + column
            return start + ahead < series.count && series.isKnown[place] ? short(series.values[place]) : ""
          }
      }
  }

  /// A header, and a row a path and step.
  func pathRows(_ series: Series, from start: Int) -> [[String]] {
    var rows = [["path", series.time.name ?? "row"] + series.columns]
    for (number, path) in paths.enumerated() {
      for ahead in 0..<horizon {
        let values = path[ahead * width..<(ahead + 1) * width].map { short($0) }
        rows.append(["\(number + 1)", series.time.label(start + ahead)] + values)
      }
    }
    return rows
  }

  /// Of one column.
  func chart(_ series: Series, _ column: Int, from start: Int, history: Int, levels: [Double]) -> LineChart {
    var chart = ForecastChart(series.columns[column], series.time)
    func value(_ step: Int) -> Double {
      series.isKnown[step * width + column] ? series.value(step, column) : .nan
    }
    chart.addHistory(max(0, start - history)..<start, value)
    chart.addTruth("held out", start..<max(start, min(series.count, start + horizon)), value)
    let intervals = levels.map { level -> ForecastChart.Interval in
      let bounds = (0..<horizon).map { interval(level: level, $0, column) }
      return (level, bounds.map(\.lower), bounds.map(\.upper))
    }
    chart.addForecast((0..<horizon).map { quantile(0.5, $0, column) }, intervals, from: start)
    return chart.chart
  }
}
