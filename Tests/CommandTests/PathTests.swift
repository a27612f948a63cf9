import Foundation
import Testing

/// Paths are bytes: names that are no UTF-8 are those files, and show in messages.
struct PathTests {
  /// What `sh` makes of it is one byte that is no UTF-8, and an é of Latin-1.
  private let names = "F=$(printf 'caf\\351'); B=$(printf '\\377.st'); "

  /// The names in a directory, as bytes.
  private func list(_ place: Workplace, _ folder: String = ".") throws -> [[UInt8]] {
    let output = try place.shell("cd \(folder); for f in *; do printf '%s\\0' \"$f\"; done").output
    return output.split(separator: 0).map(Array.init)
  }

  @Test func everyFileOfATraining() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "t.txt")
    try place.write("x\n" + (0..<80).map { "\($0 * $0 % 37)\n" }.joined(), to: "t.csv")
    let options = tiny.joined(separator: " ")
    let train = try place.shell(
      names + "mkdir \"$F.d\"; cp t.txt \"$F.d/$F.txt\"; cp t.txt \"$F.txt\"; $RNN train --text \"$F.txt\" \"$F.d\" "
        + "--checkpoint \"$B\" --log \"$B.log\" --steps 3 --save-every 1 \(options)")
    #expect(train.status == 0, "\(train.errors)")
    #expect(train.errors.contains("saved \\xff.st"))
    let files = try list(place)
    for name in [
      [0xFF] + Array(".st".utf8), [0xFF] + Array("-best.st".utf8), [0xFF] + Array("-step-1.st".utf8),
      [0xFF] + Array(".st.log".utf8),
    ] {
      #expect(files.contains(name), "\(name)")
    }
    #expect(!files.contains { String(validating: $0, as: UTF8.self)?.contains("\u{FFFD}") == true })
    // Its checkpoint remembers the text.
    #expect(try place.shell(names + "$RNN train --resume \"$B\" --steps 4").status == 0)
    let inspected = try place.shell(names + "$RNN inspect \"$B\"")
    #expect(inspected.status == 0 && inspected.text.contains("caf\\xe9.txt caf\\xe9.d"))
    #expect(try place.shell(names + "$RNN sample \"$B\" --length 3 --seed 1").text.count == 3)
    expectFailure(try place.shell(names + "$RNN train --text \"$F.txt\" --log \"./$F.txt\""), 1, "caf\\xe9.txt is read")
    expectFailure(try place.shell(names + "$RNN evaluate \"$B\" --text \"$F.none\""), 1, "caf\\xe9.none")
    expectFailure(try place.shell(names + "$RNN sample \"$B.none\""), 1, "\\xff.st.none")
    // Tables, their outputs, and what other programs write.
    let table = try place.shell(
      names
        + "cp t.csv \"$F.csv\"; $RNN forecast train --method network \"$F.csv\" --epochs 1 --window 4 --checkpoint \"$F.m\" && "
        + "$RNN forecast train --method network \"$F.csv\" --resume \"$F.m\" --epochs 2 && "
        + "$RNN forecast predict \"$F.m\" \"$F.csv\" --output \"$F.out\" --plot \"$F.svg\" && "
        + "$RNN export \"$B\" \"$F.npz\" && $RNN import \"$F.npz\" \"$F.back\" --vocabulary \"$F.txt\"")
    #expect(table.status == 0, "\(table.errors)")
    for end in ["m", "out", "svg", "npz", "back"] {
      #expect(try list(place).contains(Array("caf".utf8) + [0xE9] + Array(".\(end)".utf8)), "\(end)")
    }
  }

  /// Composed and decomposed, and what stands for a byte, are names of their own.
  @Test func namesThatLookAlike() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "t.txt")
    let script =
      "for b in 'caf\\303\\251' 'cafe\\314\\201' 'caf\\351' 'caf\\364\\217\\277\\251' 'caf\\357\\277\\275'; do "
      + "n=$(printf \"$b\"); $RNN train --text t.txt --steps 1 --checkpoint \"o/$n\" \(tiny.joined(separator: " ")) || exit 9; done"
    #expect(try place.shell("mkdir o; " + script).status == 0)
    #expect(try list(place, "o").count { !$0.contains(UInt8(ascii: "-")) } == 5)
  }
}
