package import Recurrent
import Storage

extension ModelConfiguration {
  /// Reads a configuration as model files have it in their metadata, or the object that `rnn inspect --json` writes.
  /// - Throws: `ExchangeError.file`, naming what is missing or makes no sense.
  package init(jsonFile path: String) throws(ExchangeError) {
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw ExchangeError(error) }
    let key = "configuration"
    do throws(CheckpointError) {
      let json: JSON
      do { json = try JSON(parsing: bytes) } catch {
        throw CheckpointError.invalidHeader(file: path, offset: error.offset, reason: error.reason)
      }
      self = try ModelMetadata.configuration(
        MetadataReader(file: path, key: key, json: json[key] ?? json), cell: nil)
    } catch { throw .file(error) }
  }
}
