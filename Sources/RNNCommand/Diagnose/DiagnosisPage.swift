import Foundation
import Recurrent
import Reports
import Storage

/// The page of `rnn diagnose --report`: the findings first, then the curves, then the tables.
struct DiagnosisPage {
  private let diagnosis: NetworkDiagnosis
  private let title: String

  /// - Parameter model: the name of its file.
  init(_ diagnosis: NetworkDiagnosis, model: String) {
    self.diagnosis = diagnosis
    title = "Diagnosis of \(model)"
  }

  func write(to path: String) throws {
    let data = (try? diagnosis.json.serialized()).map { String(decoding: $0, as: UTF8.self) }
    let page = Page(title: title, summary: summary, sections: sections, data: data)
    do { try replaceFile(path, with: page.html) } catch {
      throw Failure(message: "cannot write the report: \(error.message)")
    }
  }

  private var summary: String {
    let problems = diagnosis.findings.count(where: \.isProblem)
    return
      "\(diagnosis.cell); \(counted(diagnosis.stepCount, "step")) of \(counted(diagnosis.sequenceCount, "sequence")). "
      + (problems == 0 ? "No problem was found." : "\(counted(problems, "problem")) found.")
  }

  private var sections: [Section] {
    [findings, gradients, dynamics, matrices, gates, units].compactMap { $0 }
  }

  private var findings: Section {
    Section(
      "Findings",
      [
        .table(
          Table(
            rows: diagnosis.findings.map {
              [
                ($0.isProblem ? "Problem" : "Note") + ($0.place.map { ", \($0)" } ?? ""),
                sentence($0.observation) + ($0.advice.map { " What to do: \($0)." } ?? ""),
              ]
            }, kind: .facts))
      ])
  }

  private func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }

  private var gradients: Section {
    func lines(_ values: (RecurrenceDiagnosis) -> [Double]) -> [LineChart.Line] {
      diagnosis.recurrences.filter { !values($0).isEmpty }.map { recurrence in
        LineChart.Line(
          recurrence.name, values(recurrence).enumerated().map { LineChart.Point(Double($0), $1 > 0 ? $1 : .nan) })
      }
    }
    var blocks: [Section.Block] = [
      .chart(
        LineChart(
          "Norm of the gradient, of 1 at the output", xTitle: "steps back", lines: lines(\.gradientNorms),
          isLogarithmic: true))
    ]
    let remembered = diagnosis.recurrences.filter { !$0.memory.isEmpty }
    if !remembered.isEmpty {
      blocks.append(
        .chart(
          LineChart(
            "Part of the input that the output remembers (R²)", xTitle: "steps ago",
            lines: remembered.map { recurrence in
              LineChart.Line(recurrence.name, recurrence.memory.enumerated().map { LineChart.Point(Double($0), $1) })
            }, isLogarithmic: false)))
    }
    return Section("How far back", blocks)
  }

  private var dynamics: Section {
    func spectrum(_ name: String, _ exponents: [Double]) -> LineChart.Line {
      LineChart.Line(name, exponents.enumerated().map { LineChart.Point(Double($0 + 1), $1) })
    }
    var lines = diagnosis.recurrences.map { spectrum($0.name, $0.exponents) }
    if let loop = diagnosis.closedLoop { lines.append(spectrum("running freely", loop.exponents)) }
    let verdict = diagnosis.closedLoopText?.split(separator: "\n").first.map { sentence(String($0)) }
    return Section(
      "How small changes grow",
      (verdict.map { [Section.Block.paragraph($0)] } ?? []) + [
        .chart(
          LineChart(
            "Lyapunov exponents, a step", xTitle: "exponent, the largest first", lines: lines, isLogarithmic: false)),
        numbers(
          diagnosis.dynamicsRows, [1, 2, 4, 5, 6],
          caption: "The largest exponent, and singular values of a step's Jacobian"),
      ])
  }

  private var matrices: Section? {
    guard diagnosis.recurrences.contains(where: { !$0.matrices.isEmpty }) else { return nil }
    let charts = diagnosis.recurrences.filter { !$0.matrices.isEmpty }.prefix(Self.mostCharts).map { recurrence in
      Section.Block.chart(
        LineChart(
          "Singular values, \(recurrence.name)", xTitle: "singular value, the largest first",
          lines: recurrence.matrices.map { matrix in
            LineChart.Line(matrix.gate, matrix.singularValues.enumerated().map { LineChart.Point(Double($0 + 1), $1) })
          }, isLogarithmic: false))
    }
    return Section(
      "Recurrent matrices",
      charts + [numbers(diagnosis.matrixRows, [2, 3, 4], nameColumns: 2)])
  }

  private var gates: Section {
    Section(
      "Gates",
      [
        numbers(
          diagnosis.gateRows, [2, 3, 4, 5, 6], nameColumns: 2,
          caption:
            "Low: below 0.1 (of −1…1: −0.95); high: above 0.9 (0.95); insensitive: what the gate is told makes no difference"
        )
      ])
  }

  private var units: Section { Section("Units", [numbers(diagnosis.unitRows, [1, 2, 3, 4, 5, 6])]) }

  /// Some columns of a table of the terminal's, whose first ones name its rows.
  private func numbers(
    _ rows: [[String]], _ columns: [Int], nameColumns: Int = 1, caption: String = ""
  ) -> Section.Block {
    let picked = rows.map { row in [row.prefix(nameColumns).joined(separator: ", ")] + columns.map { row[$0] } }
    return .table(
      Table(
        caption: caption, header: [""] + picked[0].dropFirst(), rows: Array(picked.dropFirst()), kind: .numbers))
  }

  /// More say nothing that the table does not.
  private static let mostCharts = 4
}
