import Foundation
import Testing

import Tables

/// Tables as programs write them.
struct TableTextTests {
  private func values(_ table: CSVTable, _ column: String) throws -> [Double?] {
    let index = try table.column(column)
    return try (0..<table.rowCount).map { try table.number($0, index) }
  }

  @Test(arguments: [
    "sep=;\nd;y\n1;2\n", "\u{FEFF}sep=;\r\nd;y\r\n1;2\r\n", "\"sep=;\"\nd;y\n1;2\n", "d;y;\n1;2;\n",
    "d;y;;\n1;2;;\n;;;\n;;;\n",
    "d;y\n1;2;;\n", "d;y;\n1;2\n",
  ])
  func excel(text: String) throws {
    let table = try table(text)
    #expect(table.header == ["d", "y"] && table.rowCount == 1)
    #expect(try values(table, "y") == [2])
  }

  @Test func linesAfterSep() { expectRefusal("line 3") { try table("sep=;\nd;y\n1;2;3\n") } }

  @Test func pandasIndex() throws {
    let plain = try table(",y\n0,1.5\n1,2.5\n")
    #expect(
      plain.header == ["index", "y"] && plain.indexColumns == [0]
        && said(plain.remarks).contains("column 1 has no name"))
    #expect(try series(",y\n0,1.5\n1,2.5\n3,2\n").columns == ["y"])
    #expect(try table("Unnamed: 0,y\n0,1\n").indexColumns == [0])
    #expect(try table("n,y\n0,1\n") { $0.indexColumns = ["1"] }.indexColumns == [0])
    expectRefusal("no such column") { try table("n,y\n0,1\n") { $0.indexColumns = ["m"] } }
    expectRefusal("line 1: column 2 has no name") { try table("a,,c\n1,2,3\n") }
  }

  @Test func noHeader() throws {
    for text in [
      "2020-01-01,0.5\n2020-01-02,1.5\n", "2020-01-01;0,5\n2020-01-02;1,5\n", "1/2/2020 10:00,3\n1/3/2020 10:00,4\n",
    ] {
      let table = try table(text)
      #expect(table.header == ["column1", "column2"] && table.rowCount == 2 && table.lines == [1, 2])
      #expect(said(table.remarks).contains("no line of names"))
    }
    #expect(try table("0.5\n1.5\n").rowCount == 2)
    expectRefusal("line 1: expected the names", "--no-header") { try table("1,2\n3,4\n") }
    #expect(try table("1,2\n3,4\n") { $0.hasHeader = false }.rowCount == 2)
    #expect(try table("1,2\n3,4\n") { $0.hasHeader = true }.header == ["1", "2"])
    #expect(try table("item,2001,2002\na,1,2\n").header == ["item", "2001", "2002"])
  }

  @Test func missingValues() throws {
    let markers = [
      "", ".", "..", "#N/A", "-", "--", "\u{2013}", "n.a.", "N/A", "<NA>", "NaN", "null", "None", "#DIV/0!", "?", "NaT",
      "...",
      "\u{2026}", "(null)", "\\N",
    ]
    let table = try table("d,y\n0,1\n" + markers.map { "1,\($0)\n" }.joined() + "2,3\n")
    #expect(try values(table, "y") == [1] + markers.map { _ in nil } + [3])
    let own = try made("d,y\n0,-999.0\n1,void\n2,3\n") { $0.missingValues = ["-999", "void"] }
    #expect(try values(own, "y") == [nil, nil, 3])
    expectRefusal("\"void\" is not a number", "--missing-values void") {
      try values(made("d,y\n0,1\n1,void\n") { _ in }, "y")
    }
  }

  private func made(_ text: String, _ change: (inout TableReading) -> Void) throws -> CSVTable {
    try table(text, change)
  }

  @Test func encodings() throws {
    let text = "day;Größe\n1;2,5\n"
    for (name, encoding) in [
      ("windows-1252", String.Encoding.windowsCP1252), ("latin1", .isoLatin1), ("UTF-16LE", .utf16LittleEndian),
    ] {
      let bytes = try #require(text.data(using: encoding))
      expectRefusal("--encoding") { try CSVTable(Array(bytes), file: "t.csv") }
      var reading = TableReading()
      reading.encoding = TableEncoding(name)
      #expect(try CSVTable(Array(bytes), file: "t.csv", reading).header == ["day", "Größe"], "\(name)")
    }
    #expect(TableEncoding("klingon") == nil && TableEncoding.names.allSatisfy { TableEncoding($0) != nil })
  }

  @Test func linesBeforeTheNames() throws {
    let plain = "d;y\n2001-01-01;2\n"
    for text in ["# made by hand\n" + plain, "# a\r\n# b; c\r\n\r\n" + plain, "\n\n" + plain, "sep=;\n#x\n" + plain] {
      let table = try table(text)
      #expect(table.header == ["d", "y"] && table.rowCount == 1, "\(text)")
    }
    #expect(said(try table("# a\n# b\n" + plain).remarks).contains("2 lines of comments (#)"))
    // Names may stand behind the mark.
    #expect(try table("# d;y\n2001-01-01;2\n").header == ["d", "y"])
    #expect(try table("# of 2001\n#d;y\n2001-01-01;2\n").header == ["d", "y"])
    #expect(try table("#,y\n1,2\n").header == ["#", "y"])
    #expect(try table("# one, two\nd,y\n2001-01-01,2\n").header == ["d", "y"])
    // Others are said.
    let head = "Statistics\nof, the year, 2001\n"
    #expect(try table(head + "d,y\n2001-01-01,2\n") { $0.skippedLines = 2 }.header == ["d", "y"])
    expectRefusal("line 4") { try table(head + "d,y\n1,2,3\n") { $0.skippedLines = 2 } }
    expectRefusal("--skip-lines N") { try table(head + "d,y\n") }
    expectRefusal("no line is left after the 9") { try table("d\n1\n") { $0.skippedLines = 9 } }
  }
}
