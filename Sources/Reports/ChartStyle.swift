/// How charts look. Colours of Okabe & Ito, apart for colour-blind eyes; lines differ in dashes, too.
enum ChartStyle {
  /// Text, what is less important, rules, and the lines' colours; of the background the file needs it alone.
  struct Palette {
    let back, text, dim, rule: String
    let lines: [String]

    static let light = Palette(
      back: "#fff", text: "#1c1e21", dim: "#5b6068", rule: "#dcdfe3",
      lines: ["#0072b2", "#c2500a", "#00795a", "#a34d80"])
    static let dark = Palette(
      back: "#15171a", text: "#e7e9ec", dim: "#a2a8b0", rule: "#363b42",
      lines: ["#56b4e9", "#f0a150", "#3cc79a", "#dd9ac2"])
    static let printed = Palette(back: "#fff", text: "#000", dim: "#444", rule: "#ccc", lines: light.lines)
    /// Those of the page's variables.
    static let variables = Palette(
      back: "var(--back)", text: "var(--text)", dim: "var(--dim)", rule: "var(--rule)",
      lines: (0..<4).map { "var(--c\($0))" })

    /// As declarations of these variables.
    var declarations: String {
      "--back:\(back);--text:\(text);--dim:\(dim);--rule:\(rule);"
        + lines.enumerated().map { "--c\($0):\($1)" }.joined(separator: ";")
    }

    /// What has a colour.
    var rules: String {
      let colors = lines + [text]
      let own = colors.enumerated().map { index, color in
        ".s\(index){stroke:\(color)}.s\(index).point,.b\(index){fill:\(color)}"
      }
      return "svg text{fill:\(dim)}.grid{stroke:\(rule)}.axis{stroke:\(dim)}"
        + ".mark{fill:\(back);stroke:\(text);stroke-width:2}" + own.joined()
    }
  }

  /// What is the same in all colours.
  static let shapes =
    "svg text{font-size:10px;unicode-bidi:plaintext}"
    + ".line{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}.dense{stroke-width:.8}"
    + ".s1{stroke-dasharray:7 4}.s2{stroke-dasharray:2 4}.s3{stroke-dasharray:9 3 2 3}.point{stroke-dasharray:none}"
    + ".band{opacity:.22;stroke:none}"

  /// Of a file of its own. Without variables, which not every program that shows SVG knows.
  static let file: String = {
    func colors(_ palette: Palette) -> String {
      palette.rules + ".back{fill:\(palette.back)}svg .title{fill:\(palette.text)}"
    }
    return "svg text{font-family:system-ui,\"Noto Sans\",\"DejaVu Sans\",sans-serif}" + shapes
      + "svg .title{font-size:13px;font-weight:600}" + colors(.light)
      + "@media (prefers-color-scheme:dark){\(colors(.dark))}@media print{\(colors(.printed))}"
  }()
}
