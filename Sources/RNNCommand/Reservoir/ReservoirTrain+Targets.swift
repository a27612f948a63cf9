import Recurrent
import Storage
import Tables

/// A readout of columns from the others of the same row.
extension ReservoirTrain {
  func fitTargets(_ store: consuming CheckpointStore) throws {
    var store = store
    let replaced = try ReplacedModel(by: .readout, store, keepsBest: false)
    let series = try input.series(column.isEmpty ? nil : column + target)
    let inputs = column.isEmpty ? series.columns.filter { !target.contains($0) } : column
    let missing = target.first { !series.columns.contains($0) }
    if let missing, missing == series.time.name {
      throw Failure(
        message:
          "\(series.file): the column \"\(printable(missing, limit: 60))\" was taken for the time, since it rises: --column names those to read"
      )
    }
    if let missing { throw TableError(series.file, column: missing, .noSuchColumn(available: series.columns)) }
    guard !inputs.isEmpty else {
      throw Failure(message: "\(series.file): --target leaves no column of numbers to read")
    }
    let washout = washout ?? max(1, min(100, series.count / 4))
    let testCount = try scoring.testCount(
      series, difference: 0, needed: washout + 2, why: "a wash-out of \(washout)")
    let known = series.prefix(series.count - testCount).taking(inputs + target)
    let description = ReadoutDescription(
      inputs: inputs, targets: target, washout: washout,
      scaling: Standardization(of: known.values, width: known.width), timing: series.timing)

    var model = try Model<Float>(
      reservoir.configuration(inputs: inputs.count, outputs: target.count), seed: seed)
    model.annotations = [ReadoutDescription.annotation: description.text]
    Note.line("reservoir \(reservoir.summary)")
    Note.line(
      "table     \(target.joined(separator: ", ")) from \(inputs.joined(separator: ", ")): \(counted(known.count, "step")) to fit to, "
        + "of which \(grouped(washout)) are washed out; \(grouped(testCount)) to test")
    replaced?.announce()
    Note.threads(threads)
    let (fitted, fit) = try model.fittingHead(
      to: .vectors(description.inputs(known.values, width: known.width)), .values(description.targets(known.values)),
      ridge.options(washout: washout), products: multiplying.choice, threads: threads ?? 0)
    Note.line("readout   \(fit.summary())")
    try store.save(step: 0) { (path) throws(CheckpointError) in try fitted.save(to: path) }
    Note.note("saved \(path), the model")
    guard testCount > 0 else { return }
    let all = series.taking(inputs + target)
    let outputs = try fitted.readoutValues(
      description, all, PassSettings(products: multiplying.choice, threads: threads ?? 0))
    try report(
      "\n" + ReadoutReport(outputs, description, all, from: known.count).description, besides: nil)
  }
}

extension Model<Float> {
  /// The targets of every row, [T, targets] in their columns' units.
  /// - Parameter series: whose first columns are the inputs.
  func readoutValues(
    _ description: ReadoutDescription, _ series: Series, _ settings: PassSettings
  ) throws -> [Double] {
    let outputs = try predict(
      .vectors(description.inputs(series.values, width: series.width)), products: settings.products,
      precision: settings.precision, threads: settings.threads)
    let values = description.values(outputs.values)
    guard values.allSatisfy(\.isFinite) else {
      throw Failure(message: "the model's outputs are not finite numbers", status: .notFinite)
    }
    return values
  }
}
