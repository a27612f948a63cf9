import Foundation
import Testing

/// `--shards`, and what `rnn` without MPI says to mpirun. What it does with MPI is tried by scripts/test-ranks.
struct ShardCommandTests {
  @Test("A build without MPI refuses to be one of several processes, of any launcher, before it touches a file")
  func refusesLaunchers() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 300), to: "text.txt")
    let arguments = ["train", "--text", "text.txt"] + tiny
    for environment in [
      ["OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"], ["PMI_SIZE": "2", "PMI_RANK": "0"],
    ] {
      let outcome = try place.run(Workplace.command.path, arguments, environment: environment)
      #expect(outcome.status == 1)
      #expect(
        outcome.errors == """
          rnn: error: mpirun started 2 processes of a program that was built without MPI, which would each train alone and \
          write the same files: build it with 'swift build -c release --traits MPI', or start it without mpirun

          """)
      #expect(!place.exists("model.safetensors"))
    }
    let one = try place.run(
      Workplace.command.path, arguments + ["--steps", "2"], environment: ["OMPI_COMM_WORLD_SIZE": "1"])
    #expect(one.status == 0, "\(one.errors)")
  }

  @Test("The checkpoint keeps the shards: the training goes on to the same bytes, by any number of threads")
  func resuming() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 1000), to: "text.txt")
    let arguments =
      ["train", "--text", "text.txt", "--steps", "20", "--shards", "4", "--batch-size", "8", "--save-every", "7"]
      + ["--hidden-size", "12", "--sequence-length", "16"]
    let outcome = try place.rnn(arguments + ["--threads", "2"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("shards    4 of each batch, one after the other"))
    let again = try place.rnn(
      "train", "--resume", "model-step-7.safetensors", "--checkpoint", "again.safetensors", "--threads", "1",
      "--no-overlap")
    #expect(again.status == 0 && again.errors.contains("shards    4"), "\(again.errors)")
    #expect(try place.data("again.safetensors") == place.data("model.safetensors"))
  }

  @Test("Sums in bfloat16 are kept in the checkpoint, and are other numbers")
  func exchange() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 1000), to: "text.txt")
    let arguments =
      ["train", "--text", "text.txt", "--steps", "20", "--shards", "4", "--batch-size", "8", "--save-every", "7"]
      + ["--hidden-size", "12", "--sequence-length", "16"]
    let outcome = try place.rnn(arguments + ["--exchange", "bfloat16"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("shards    4 of each batch, one after the other; sums in bfloat16"))
    let again = try place.rnn("train", "--resume", "model-step-7.safetensors", "--checkpoint", "again.safetensors")
    #expect(again.status == 0 && again.errors.contains("; sums in bfloat16"), "\(again.errors)")
    #expect(try place.data("again.safetensors") == place.data("model.safetensors"))
    let full = try place.rnn(arguments + ["--checkpoint", "full.safetensors"])
    #expect(try full.status == 0 && place.data("full.safetensors") != place.data("model.safetensors"))
  }

  @Test("Sentences with tags and pairs are cut, too")
  func sentences() throws {
    let place = try Workplace()
    try place.write(TaggedText(60, seed: 3).columns, to: "tagged.txt")
    let words = (0..<60).map { number in String("abcdefgh".dropFirst(number % 5).prefix(2 + number % 3)) }
    try place.write(words.map { "\($0)\t\(String($0.reversed()))\n" }.joined(), to: "pairs.tsv")
    for command in [
      ["tag", "train", "tagged.txt"] + TagTests.quick,
      ["translate", "train", "pairs.tsv", "--hidden-size", "8", "--embedding-size", "4", "--epochs", "2"],
    ] {
      let file = "\(command[0]).safetensors"
      let outcome = try place.rnn(command + ["--shards", "4", "--exchange", "bfloat16", "--checkpoint", file])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("shards    4 of each batch, one after the other; sums in bfloat16"))
      let again = try place.rnn(command[..<3] + ["--resume", file, "--epochs", "13"])
      #expect(again.status == 0 && again.errors.contains("shards    4 of each batch"), "\(again.errors)")
    }
  }

  @Test("What cannot be cut is refused")
  func refused() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 300), to: "text.txt")
    func refusal(_ options: String...) throws -> String {
      let outcome = try place.rnn(["train", "--text", "text.txt"] + options)
      #expect(outcome.status == 64)
      return outcome.errors
    }
    #expect(try refusal("--shards", "6").contains("'--shards 6' is no power of two: 1, 2, 4, 8 and so on"))
    #expect(
      try refusal("--exchange", "bfloat16").contains(
        "--exchange bfloat16 is for batches in shards: --shards 2 or more"))
    #expect(
      try refusal("--shards", "4", "--batch-size", "6").contains("'--batch-size 6' is no multiple of '--shards 4'"))
  }
}
