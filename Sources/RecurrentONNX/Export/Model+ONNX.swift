internal import Storage
public import Recurrent
internal import SwiftProtobuf

extension Model {
  /// The model as an ONNX file: for ONNX Runtime and whatever else reads ONNX.
  ///
  /// Its inputs are `input` [T, N, I], or `tokens` int64 [T, N]; its output is `output` [T, N, O], or [N, O] where there is
  /// one for each sequence. T and N are open. A model with attention has an input `memory` [M, N, U], too, and with
  /// `lengths` also `memory_lengths`. Configuration, vocabulary and annotations stand in the file's metadata.
  ///
  /// Written are `RNN`, `LSTM` and `GRU` operators of the default opset domain, with what joins them; dropout, zoneout and
  /// the like act in training only and are left out. Matrices of low rank are multiplied out: ONNX's operators have whole ones.
  ///
  /// - Throws: `ONNXError.inexpressible`, naming what ONNX has no operator for: a cell with layer normalisation or of your
  ///   own, more than 2 GiB of parameters, an operator set that is not written.
  public func onnx(options: ONNXExportOptions = ONNXExportOptions()) throws(ONNXError) -> [UInt8] {
    guard configuration.ranks == nil, !configuration.tiesEmbedding else {
      let whole: Model
      do { whole = try withWholeMatrices().untied() } catch {
        throw .inexpressible(what: "the model with whole matrices", reason: error.description)
      }
      return try whole.onnx(options: options)
    }
    var exporter = try ModelExporter(self, options)
    // A protobuf message has at most 2³¹ − 1 bytes; the nodes take a few thousand.
    let bytes = parameterCount.multipliedReportingOverflow(by: MemoryLayout<S>.size)
    guard !bytes.overflow, bytes.partialValue <= Int(Int32.max) - 1 << 20 else {
      throw .inexpressible(
        what: "a model with \(parameterCount) parameters",
        reason: "an ONNX file with its data inside has at most 2 GiB")
    }
    var message = ONNXModelProto()
    message.irVersion = options.formatVersion
    message.producerName = "Recurrent"
    message.producerVersion = Fingerprint.packageVersion
    message.docString = "\(configuration.cell.name), \(configuration.layerCount) × \(configuration.hiddenSize)"
    var set = ONNXOperatorSetIdProto()
    set.domain = ""
    set.version = Int64(options.opset)
    message.opsetImport = [set]
    message.graph = exporter.graph()
    message.metadataProps = metadata.map { key, value in
      var entry = ONNXStringStringEntryProto()
      (entry.key, entry.value) = (key, value)
      return entry
    }
    do { return try message.serializedBytes() } catch {
      throw .inexpressible(what: "the model", reason: "\(error)")
    }
  }

  /// Writes the model as an ONNX file, whole or not at all. See `onnx(options:)`.
  /// - Throws: `ONNXError.inexpressible`; `ONNXError.io`, and then what was at `path` before is still there.
  public func saveONNX(to path: String, options: ONNXExportOptions = ONNXExportOptions()) throws(ONNXError) {
    let bytes = try onnx(options: options)
    do {
      try DurableFile.replace(path) { (file) throws(FileError) in try file.write(bytes.span) }
    } catch {
      throw ONNXError(error)
    }
  }
}
