import Testing

import Tables

/// Numbers as people write them.
struct NumberTests {
  private func values(_ texts: [String], _ mark: DecimalMark? = nil) throws -> [Double?] {
    let table = try table("d\ty\n" + texts.map { "1\t\($0)\n" }.joined()) {
      ($0.separator, $0.decimalMark) = (0x09, mark)
    }
    return try (0..<table.rowCount).map { try table.number($0, 1) }
  }

  @Test(arguments: [
    (["0,5", "1"], [0.5, 1]), (["1.234,5", "1.234"], [1234.5, 1234]), (["1,234.5", "1,234"], [1234.5, 1234]),
    (["1,234,567"], [1_234_567]), (["1.234.567"], [1_234_567]), (["12,34,567.5"], [1_234_567.5]), (["1.234"], [1.234]),
    (["1 234,5", "2\u{A0}345", "3\u{202F}456,5"], [1234.5, 2345, 3456.5]),
    (["1'234.5", "2\u{2019}345"], [1234.5, 2345]),
    (["1\u{2009}234\u{2009}567"], [1_234_567]), (["\u{2212}4", "\u{A0}5\u{A0}"], [-4, 5]),
    (["5%", "12.5 %"], [5, 12.5]),
    (["$1,234.50", "-$5", "$-6.5", "(7.25)"], [1234.5, -5, -6.5, -7.25]),
    (["1.234,50 \u{20AC}", "-0,5\u{20AC}"], [1234.5, -0.5]),
    (["EUR 5.5", "5€"], [5.5, 5]), (["5 USD"], [5]), (["R$ 7"], [7]), (["5-"], [-5]),
    (["1e3", "1,5e3"].reversed().map { $0 }, [1500, 1000]),
    ([".5", "5."], [0.5, 5]), (["+3"], [3]),
  ])
  func spellings(texts: [String], expected: [Double]) throws { #expect(try values(texts) == expected, "\(texts)") }

  @Test func otherColumnsShowTheMark() throws {
    let table = try table("a;b\n1,5;1.234\n2,5;2.345\n")
    #expect(try table.number(0, 1) == 1234)
    #expect(said(table.remarks).contains("decimal commas in a"))
  }

  @Test func whatMayBeEither() throws {
    expectRefusal("\"1,234\"", "--decimal") { try values(["1,234", "2"]) }
    #expect(try values(["1,234", "2"], .comma) == [1.234, 2] && values(["1,234", "2"], .point) == [1234, 2])
    expectRefusal("line 3", "--decimal") { try values(["1.5", "2,5"]) }
  }

  @Test(arguments: [
    "1 2", "12 34", "1,23,4.5", "0x10", "1.2.3", "1-2", "--5", "$", "%", "5 kg", "1e", "\u{664}", "1,,5", "(5",
    "1 2345",
  ])
  func noNumbers(text: String) {
    // The first is one: it is a column of numbers.
    expectRefusal("line 3", "is not a number") { try values(["1", text]) }
  }

  @Test func whatIsSaid() throws {
    let table = try table("a;b;c\n1.234,5;5 %;$3\n2;6 %;$4\n")
    #expect(said(table.remarks).contains("thousands are set apart in a: 1.234,5 is 1234.5"))
    #expect(said(table.remarks).contains("in b: 5 % is 5") && said(table.remarks).contains("in c: $3 is 3"))
    let plain = try Self.forced("a;b\n1;2,345\n")
    #expect(plain.remarks.isEmpty)
  }

  private static func forced(_ text: String) throws -> CSVTable { try table(text) { $0.decimalMark = .comma } }

  @Test func nothingStandsBehindANumber() {
    for text in ["1\u{0}3", "1\u{0}", "-2.5\u{0}e3", "1,234\u{0}", "5%\u{0}", "0x1p3", "1_000", "1e3\u{0}.st"] {
      #expect(throws: (any Error).self, "\(text)") { try values([text]) }
    }
    expectRefusal("1\\u{0}3") { try series("t,x\n1,1\u{0}3\n2,5\n") }
  }

  @Test func neighboursShowTheMark() throws {
    func read(_ texts: [String], _ separator: String = ";", _ mark: DecimalMark? = nil) throws -> ([Double?], String) {
      let table = try table("t\(separator)x\n" + texts.enumerated().map { "\($0)\(separator)\($1)\n" }.joined()) {
        $0.decimalMark = mark
      }
      return (try (0..<table.rowCount).map { try table.number($0, 1) }, said(table.remarks))
    }
    let thousands = try read(["985", "992", "1.004", "1.012", "998"])
    #expect(thousands.0 == [985, 992, 1004, 1012, 998] && thousands.1.contains("--decimal ."))
    let english = try read(["985", "992", "1,004", "1,012"])
    #expect(english.0 == [985, 992, 1004, 1012] && english.1.contains("--decimal ,"))
    let decimals = try read(["1", "2", "1.125", "3.375"])
    #expect(decimals.0 == [1, 2, 1.125, 3.375])
    // Nothing shows it: it is said.
    let either = try read(["1.234", "5.678"])
    #expect(either.0 == [1.234, 5.678] && either.1.contains("--decimal , says so"))
    #expect(try read(["1.234", "5.678"], ";", .comma).0 == [1234, 5678])
    // Commas between fields: points are decimal marks.
    let plain = try read(["1.234", "5.678"], ",")
    #expect(plain.0 == [1.234, 5.678] && !plain.1.contains("1.234"))
    #expect(try read(["985", "1.004"], ",").0 == [985, 1.004])
  }

  @Test func unitsAreNotMixed() throws {
    expectRefusal("\"$1\" and \"€2\" are not in one unit") { try series("t,x\n1,$1\n2,€2\n") }
    expectRefusal("not in one unit") { try series("t,x\n1,AUD 1\n2,2 CAD\n") }
    expectRefusal("not in one unit") { try series("t,x\n1,1%\n2,2‰\n") }
    #expect(try series("t,x\n1,$1\n2,USD 2\n3,3\n4,US$4\n").values == [1, 2, 3, 4])
    // Only where they are asked for.
    #expect(try series("t,x,price\n1,1,$1\n2,2,€2\n", columns: ["x"]).values == [1, 2])
  }
}
