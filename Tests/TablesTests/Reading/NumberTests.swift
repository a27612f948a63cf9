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
    (["EUR 5.5", "5 USD", "R$ 7"], [5.5, 5, 7]), (["5-"], [-5]),
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
}
