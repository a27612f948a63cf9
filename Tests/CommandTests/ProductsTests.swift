import Foundation
import Testing

/// `--products`: who multiplies, in every command that trains or runs a model.
struct ProductsTests {
  @Test(arguments: [
    ["train", "--text", "text.txt"], ["evaluate", "model.safetensors", "--text", "text.txt"],
    ["sample", "model.safetensors"], ["classify", "train", "table.csv"],
    ["classify", "evaluate", "model.safetensors", "table.csv"],
    ["classify", "predict", "model.safetensors", "table.csv"], ["forecast", "train", "table.csv"],
    ["forecast", "evaluate", "model.safetensors", "table.csv"],
    ["forecast", "predict", "model.safetensors", "table.csv"], ["gradcheck"],
    ["run", "model.safetensors", "--input", "in.npy", "--output", "out.npy"],
  ])
  func unknownChoice(command: [String]) throws {
    expectFailure(
      try Workplace().rnn(command + ["--products", "mkl"]), 64, "'mkl'", "--products",
      "expected automatic, openblas or packed")
  }

  @Test(arguments: ["layers", "stream", "ragged", "regularisers", "memory", "bits"])
  func unknownChoiceOfBenchmarks(command: String) throws {
    expectFailure(
      try Workplace().bench([command, "--products", "mkl"]), 64, "'mkl'", "expected automatic, openblas or packed",
      command: "rnn-bench")
  }

  private func train(_ place: Workplace, _ options: String...) throws -> Outcome {
    try place.write(sampleText(), to: "text.txt")
    let outcome = try place.rnn(
      ["train", "--text", "text.txt", "--steps", "12", "--save-every", "1", "--keep", "100"] + tiny + options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome
  }

  @Test(arguments: [("openblas", "all by OpenBLAS ("), ("packed", "all by packed kernels (")])
  func saysWhoMultiplies(choice: String, text: String) throws {
    let place = try Workplace()
    let outcome = try train(place, "--products", choice)
    #expect(outcome.errors.contains("\nproducts  \(text)"), "\(outcome.errors)")
    let inspected = try place.rnn("inspect", "model.safetensors").text
    #expect(inspected.contains("\(choice): \(choice); OpenBLAS has its "), "\(inspected)")
    for arguments in [
      ["evaluate", "model.safetensors", "--text", "text.txt"],
      ["sample", "model.safetensors", "--seed", "1", "--length", "5"],
    ] {
      let outcome = try place.rnn(arguments + ["--products", choice])
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }

  /// The option is kept, and the same choice gives the same bytes; another is a warning.
  @Test(arguments: [("openblas", "packed"), ("packed", "openblas")])
  func resumed(choice: String, other: String) throws {
    let place = try Workplace()
    _ = try train(place, "--products", choice)
    let whole = try place.data("model.safetensors")
    let resume = ["train", "--resume", "model-step-7.safetensors", "--checkpoint", "again.safetensors", "--keep", "0"]
    for options in [[], ["--products", choice]] {
      let outcome = try place.rnn(resume + ["--threads", "2"] + options)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(!outcome.errors.contains("warning") && !outcome.errors.contains("are now"), "\(outcome.errors)")
      #expect(try place.data("again.safetensors") == whole)
    }
    let outcome = try place.rnn(resume + ["--products", other])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("rnn: products are now \(other), not \(choice)\n"), "\(outcome.errors)")
    #expect(
      outcome.errors.contains("warning: the checkpoint was made with products \(choice), not \(other)"),
      "\(outcome.errors)")
    #expect(try place.rnn("inspect", "again.safetensors").text.contains("\(other): \(other);"))
  }

  /// Prescott's kernels run on every x86-64; what they are narrower than is to be used.
  @Test func hintsAtWiderKernels() throws {
    let place = try Workplace()
    let packed = try train(place, "--products", "packed")
    #expect(!packed.errors.contains("OPENBLAS_CORETYPE"))
    let isWide = packed.errors.contains("(avx512)") || packed.errors.contains("(avx2+fma)")
    let narrow = try place.run(
      Workplace.command.path,
      ["train", "--text", "text.txt", "--steps", "1", "--products", "openblas"] + tiny,
      environment: ["OPENBLAS_CORETYPE": "Prescott"])
    #expect(narrow.status == 0)
    #expect(narrow.errors.contains("all by OpenBLAS (Prescott kernels)"), "\(narrow.errors)")
    let hints = narrow.errors.components(separatedBy: "OpenBLAS runs its Prescott kernels, narrower than").count - 1
    #expect(hints == (isWide ? 1 : 0), "\(narrow.errors)")
  }
}
