import Testing

import Tables

/// Which columns are what, and series that share a table.
struct ColumnTests {
  @Test func namesOfOtherPrograms() throws {
    let prophet = try series("ds,y,price\n2020-01-01,1,5\n2020-01-02,2,6\n")
    #expect(
      prophet.columns == ["y"] && prophet.time.name == "ds"
        && said(prophet.remarks).contains("--column names others, as price"))
    let nixtla = "unique_id,ds,y\na,2020-01-01,1\na,2020-01-02,2\nb,2020-01-01,3\nb,2020-01-02,4\n"
    expectRefusal("column \"unique_id\"", "2 series stand below each other", "--series takes one of them: a, b") {
      try series(nixtla)
    }
    #expect(try series(nixtla) { $0.series = "b" }.values == [3, 4])
    expectRefusal("no series is called \"c\"; there are a, b") { try series(nixtla) { $0.series = "c" } }
    let gluon = "item_id,timestamp,target\n7,2020-01-01,1\n7,2020-01-02,2\n"
    #expect(try series(gluon).columns == ["target"])
  }

  @Test func stackedSeriesWithoutAName() throws {
    let text = "year,source,net\n2001-01-01,coal,1\n2002-01-01,coal,2\n2001-01-01,sun,3\n2002-01-01,sun,4\n"
    expectRefusal("column \"source\"", "2 series", "coal, sun") { try series(text) }
    #expect(try series(text) { $0.series = "sun" }.values == [3, 4])
    // Numbers may name them, too; and two columns together.
    let shops =
      "date,shop,item,sales\n"
      + (1...2).flatMap { shop in
        (1...2).flatMap { item in (1...3).map { "2020-01-0\($0),\(shop),\(item),\(shop * item * $0)\n" } }
      }.joined()
    let collection = try SeriesCollection(
      table(shops), columns: ["sales"], reading { $0.seriesColumns = ["shop", "item"] })
    #expect(
      collection.members.map(\.name) == ["1/1", "1/2", "2/1", "2/2"]
        && collection.members[3].series.values == [4, 8, 12])
    let one =
      "date,shop,sales\n" + (1...2).flatMap { shop in (1...4).map { "2020-01-0\($0),\(shop),\(shop * $0)\n" } }.joined()
    #expect(try series(one) { $0.series = "2" }.values == [2, 4, 6, 8])
  }

  private func reading(_ change: (inout SeriesReading) -> Void = { _ in }) -> SeriesReading {
    var reading = SeriesReading()
    change(&reading)
    return reading
  }

  @Test func collection() throws {
    let text = """
      symbol,sector,date,price
      A,tech,Jan 1 2000,1
      A,tech,Feb 1 2000,2
      A,tech,Mar 1 2000,3
      B,food,Feb 1 2000,5
      B,food,Mar 1 2000,6

      """
    let collection = try SeriesCollection(table(text), columns: nil, reading())
    #expect(collection.seriesColumn == "symbol" && collection.staticColumns == ["sector"])
    #expect(collection.members.map(\.name) == ["A", "B"] && collection.members.map(\.statics) == [["tech"], ["food"]])
    #expect(
      collection.members.map(\.series.count) == [3, 2] && collection.members[1].series.time.label(2) == "Apr 1 2000")
    #expect(said(collection.remarks).contains("2 of 2 to 3 steps, told apart by symbol"))
  }

  @Test func sideBySide() throws {
    let text = "date,a,b\n2020-01-01,1,\n2020-01-02,2,7\n2020-01-03,,8\n"
    let collection = try SeriesCollection(sideBySide: table(text), columns: nil, reading())
    #expect(collection.members.map(\.series.values) == [[1, 2], [7, 8]])
    #expect(collection.members.map { $0.series.time.label(2) } == ["2020-01-03", "2020-01-04"])
  }

  @Test func folder() throws {
    let tables = try [("a", table("d,x\n2020-01-01,1\n2020-01-02,2\n")), ("b", table("d,x\n2020-01-01,1\n"))]
    let collection = try SeriesCollection(tables: tables.map { (name: $0.0, table: $0.1) }, columns: nil, reading())
    #expect(collection.members.map(\.series.count) == [2, 1])
  }

  @Test func timeElsewhere() throws {
    #expect(try series("x,date\n1,2020-01-01\n2,2020-01-02\n").time.label(2) == "2020-01-03")
    #expect(try series(",date,x\n0,2020-01-01,1\n1,2020-01-02,2\n").columns == ["x"])
    let parts = try series("year,month,x\n2001,9,0\n2001,10,1\n2001,11,1\n2001,12,2\n")
    #expect(parts.columns == ["x"] && parts.time.label(4) == "2002-1" && parts.time.name == "year-month")
    let clock = try series("Date,Time,x\n16/12/2006,23:58:00,1\n16/12/2006,23:59:00,2\n")
    #expect(clock.time.label(2) == "17/12/2006 00:00:00" && clock.columns == ["x"])
    // A kind of weather is no time.
    #expect(try series("w,x\nsun,1\nsun,2\nrain,3\n").time.name == nil)
  }

  @Test func knownFuture() throws {
    let text = "date,y,price\n2020-01-01,1,5\n2020-01-02,2,6\n2020-01-03,,7\n2020-01-04,,8\n"
    let series = try series(text, columns: ["y"]) { $0.covariates = ["price"] }
    #expect(series.values == [1, 2] && series.futureCount == 2 && series.covariateValues == [5, 6, 7, 8])
    #expect(series.time.label(3) == "2020-01-04" && series.time.label(4) == "2020-01-05")
    #expect(said(series.remarks).contains("2 rows without values at the end, from 2020-01-03 on"))
    expectRefusal("2 values are missing, in lines 4, 5", "--column names the columns") {
      try Tables.Series(table(text), columns: nil, reading())
    }
    // A value that is said to be missing is none of the future.
    expectRefusal("a value is missing, in line 3") {
      try Tables.Series(table("date,y\n2020-01-01,1\n2020-01-02,NA\n"), columns: nil, reading())
    }
  }

  @Test func noNumbers() {
    expectRefusal("no column of numbers", "line 2 of column x is \"5 kg\"") { try series("d,x\n2020-01-01,5 kg\n") }
  }
}
