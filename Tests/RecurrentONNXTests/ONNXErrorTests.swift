import Testing

import RecurrentONNX

@Suite struct ONNXErrorTests {
  @Test func descriptionsAreOneLine() {
    let errors: [ONNXError] = [
      .externalData(file: "a\n.onnx", tensor: "w\u{1B}[31m"),
      .unsupportedOperator(file: "a.onnx", node: "\"x\" (Frob\n)", domain: "com.example"),
      .unsupportedVersion(file: "a.onnx", what: "IR version", found: 99, supported: 3...14),
    ]
    for error in errors { #expect(!error.description.contains { $0.isNewline || $0 == "\u{1B}" }) }
    #expect(
      errors[2].description == "a.onnx is of IR version 99; supported: 3 to 14")
  }
}
