import ArgumentParser
import Foundation
import Reports
import Storage

/// `rnn-bench scaling`
struct ScalingTable: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling",
    abstract: "What more nodes bring, by calculation from what was measured on one.",
    discussion: """
      Reads what scripts/measure-links has written: step times of networks, and links. Prints the efficiency where each node has as \
      many sequences as one alone (weak), and the speed-up where all share them (strong): in turn, with the exchange \
      of upper layers beside the rest of going back, and that in bfloat16.
      """)

  @Argument(help: ArgumentHelp("A file of scripts/measure-links.", valueName: "measured.json"))
  var path: String

  @Option(name: .customLong("chart"), help: "Draw the efficiencies into this file (SVG).", transform: outputPath)
  var chartPath: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Sequences of a node, or of all.", valueName: "n"),
    transform: whole(1...100_000))
  var rows = 64

  private static let pictures = ReplaceableFiles { path in
    let start = (try? readFile(path))?.prefix(4) ?? []
    return Array(start) == Array("<svg".utf8) ? nil : "no picture"
  }

  private static let nodes = [2, 4, 8, 16, 32, 64]

  private struct Measured: Decodable {
    let links: [StepTimeModel.Link]
    let networks: [StepTimeModel.Network]
  }

  func run() throws {
    var files = FileUse()
    files.reads(path, as: "<measured.json>")
    files.writes(chartPath, as: "--chart", over: Self.pictures)
    try files.check()
    let measured = try read()
    let counts = Self.nodes.map { "\($0)" }.joined(separator: " | ")
    let dashes = String(repeating: "--:|", count: Self.nodes.count)
    for isWeak in [true, false] {
      try say(
        isWeak
          ? "Weak scaling, efficiency in % (\(rows) sequences a node)"
          : "\nStrong scaling, speed-up (\(rows) sequences in all)")
      try say("\n| network | link | \(counts) nodes |\n|---|---|\(dashes)")
      for network in measured.networks {
        for link in measured.links {
          let model = StepTimeModel(network: network, link: link)
          let cells = Self.nodes.filter { isWeak || $0 <= rows }.map { cell(model, nodes: $0, isWeak: isWeak) }
          try say("| \(network.name) | \(link.name) | \(cells.joined(separator: " | ")) |")
        }
      }
    }
    if let chartPath { try draw(measured, to: chartPath) }
  }

  private func read() throws -> Measured {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let bytes = try readFile(path)
    guard let measured = try? decoder.decode(Measured.self, from: Data(bytes)),
      measured.networks.allSatisfy({ $0.rows.count == 2 && $0.milliseconds.count == 2 && $0.rows[0] < $0.rows[1] })
    else { throw UnreadableMeasurements(path: path) }
    return measured
  }

  private func cell(_ model: StepTimeModel, nodes: Int, isWeak: Bool) -> String {
    StepTimeModel.Means.allCases.map { means in
      isWeak
        ? String(format: "%.0f", 100 * model.weakEfficiency(nodes: nodes, rows: Double(rows), means))
        : String(format: "%.1f", model.strongSpeedUp(nodes: nodes, rows: Double(rows), means))
    }.joined(separator: "/")
  }

  /// A chart for each network: a line for each link, in turn; and for the slowest with all that helps.
  private func draw(_ measured: Measured, to path: String) throws {
    let nodes = [1] + Self.nodes
    let charts = measured.networks.map { network in
      func line(_ link: StepTimeModel.Link, _ means: StepTimeModel.Means, _ words: String) -> LineChart.Line {
        let model = StepTimeModel(network: network, link: link)
        return LineChart.Line(
          link.name + words,
          nodes.map {
            LineChart.Point(
              log2(Double($0)), 100 * model.weakEfficiency(nodes: $0, rows: Double(rows), means))
          })
      }
      var lines = measured.links.prefix(3).map { line($0, .none, "") }
      if let slowest = measured.links.min(by: { $0.megabytesPerSecond < $1.megabytesPerSecond }) {
        lines.append(line(slowest, .overlapOfHalves, ", overlapped, bfloat16"))
      }
      var chart = LineChart(
        "\(network.name): efficiency, %", xTitle: "nodes of \(rows) sequences", lines: lines, isLogarithmic: false)
      chart.labels = { _, _ in nodes.map { LineChart.Label(x: log2(Double($0)), text: "\($0)") } }
      return chart
    }
    let bytes = Array(ChartFile(charts).svg.utf8)
    try DurableFile.replace(path) { (file) throws(FileError) in try file.write(bytes.span) }
  }
}

struct UnreadableMeasurements: Error, CustomStringConvertible {
  let path: String
  var description: String { "\(path) is no file of scripts/measure-links" }
}
