import Recurrent
import TestSupport

extension FuzzEntries {
  /// The bytes of a model's or a checkpoint's file: as they are, and with a checksum that holds, behind which the rest is reached.
  @Sendable package static func checkpoint(_ bytes: [UInt8]) {
    for bytes in [bytes, resealed(bytes)] {
      _ = try? Model<Float>(bytes: bytes, file: "input")
      _ = try? Model<Double>(bytes: bytes, file: "input")
      _ = try? TrainingCheckpoint<Float>(bytes: bytes, file: "input")
      _ = try? EncoderDecoder<Float>(bytes: bytes, file: "input")
    }
  }
}
