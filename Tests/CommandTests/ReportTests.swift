import Foundation
import FoundationXML
import Testing

/// The pages of `--report`.
struct ReportTests {
  private func page(_ place: Workplace, _ name: String = "r.html") throws -> String {
    let data = try place.data(name)
    let parser = XMLParser(data: data)
    #expect(parser.parse(), "\(String(describing: parser.parserError)) in line \(parser.lineNumber)")
    return String(decoding: data, as: UTF8.self)
  }

  private func steps(_ page: String) throws -> [Double] {
    let start = try #require(page.range(of: "id=\"data\">")).upperBound
    let end = try #require(page.range(of: "</script>", range: start..<page.endIndex)).lowerBound
    let json = try #require(try JSONSerialization.jsonObject(with: Data(page[start..<end].utf8)) as? [String: Any])
    let history = try #require(json["history"] as? [String: Any])
    return try #require(history["step"] as? [Double])
  }

  @Test func textGoesOn() throws {
    let place = try Workplace()
    try place.write(sampleText() + "<script>&", to: "t<b>.txt")
    let first = try place.rnn(["train", "--text", "t<b>.txt", "--steps", "4", "--report", "r.html"] + tiny)
    #expect(first.status == 0, "\(first.errors)")
    let page = try self.page(place)
    #expect(try steps(page) == [1, 2, 3, 4])
    for part in ["t&lt;b&gt;.txt", "Samples", "Gradient norm", "All 4 steps are done", "validation"] {
      #expect(page.contains(part), "\(part)")
    }
    let second = try place.rnn(
      "train", "--resume", "model.safetensors", "--steps", "6", "--report", "r.html", "--threads", "1")
    #expect(second.status == 0, "\(second.errors)")
    let longer = try self.page(place)
    #expect(try steps(longer) == [1, 2, 3, 4, 5, 6])
    #expect(longer.contains("resumed after step"))
    // Another training begins anew.
    try #require(
      try place.rnn(["train", "--text", "t<b>.txt", "--steps", "2", "--report", "r.html"] + tiny).status == 0)
    #expect(try steps(self.page(place)) == [1, 2])
  }

  @Test func resumingBesideAnotherFile() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "t.txt")
    try #require(try place.rnn(["train", "--text", "t.txt", "--steps", "2"] + tiny).status == 0)
    try place.write("<!doctype html><title>Another page</title>", to: "r.html")
    let outcome = try place.rnn(
      "train", "--resume", "model.safetensors", "--steps", "3", "--report", "r.html", "--threads", "1")
    #expect(outcome.status == 0 && outcome.errors.contains("begins at step 2"), "\(outcome.errors)")
    #expect(try steps(page(place)) == [3])
  }

  @Test func forecast() throws {
    let place = try Workplace()
    try place.write("i,x<y\n" + (0..<120).map { "\($0),\(sin(Double($0) / 5))\n" }.joined(), to: "t.csv")
    let outcome = try place.rnn(
      "forecast", "train", "--method", "network", "t.csv", "--epochs", "2", "--window", "6", "--hidden-size", "4",
      "--validation", "30",
      "--report", "r.html")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let page = try self.page(place)
    for part in ["x&lt;y", "80 % interval", "class=\"band b1\"", "validation", "All "] {
      #expect(page.contains(part), "\(part)")
    }
  }

  @Test func classes() throws {
    let place = try Workplace()
    let rows = (0..<160).map { "\($0 * $0 % 37),\($0 / 4),\(["<a>", "ב"][$0 / 4 % 2])\n" }
    try place.write("x,id,l\n" + rows.joined(), to: "t.csv")
    let outcome = try place.rnn(
      "classify", "train", "t.csv", "--sequence-column", "id", "--label-column", "l", "--epochs", "2", "--hidden-size",
      "4", "--report", "r.html")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let page = try self.page(place)
    for part in ["&lt;a&gt;", "ב", "Accuracy", "recall %", "class=\"heat\""] { #expect(page.contains(part), "\(part)") }
  }

  @Test func refusals() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "t.txt")
    try FileManager.default.createDirectory(at: place.url("d"), withIntermediateDirectories: true)
    let cases: [(path: String, status: Int32)] = [
      ("no/r.html", 1), ("d", 1), ("-", 1), ("t.txt", 1), ("model.safetensors", 64), ("", 64), ("/dev/null", 1),
    ]
    for (path, status) in cases {
      let outcome = try place.rnn(["train", "--text", "t.txt", "--steps", "1", "--report", path] + tiny)
      #expect(outcome.status == status, "\(path): \(outcome.errors)")
      #expect(!place.exists("model.safetensors"), "\(path)")
    }
    let both = try place.rnn(["train", "--text", "t.txt", "--steps", "1", "--log", "l", "--report", "l"] + tiny)
    expectFailure(both, 64, "would write the same file")
  }
}
