/// The names of months, or of days of the week, in one language and length.
struct CalendarNames: Hashable {
  /// From January, or from Monday.
  let names: [String]

  private init(_ text: String) { names = text.split(separator: " ").map(String.init) }

  static let months = [
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "January February March April May June July August September October November December",
    "Jan Feb Mar Apr May June July Aug Sept Oct Nov Dec",
    "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
    "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez",
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "janv févr mars avr mai juin juil août sept oct nov déc",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "ene feb mar abr may jun jul ago sep oct nov dic",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gen feb mar apr mag giu lug ago set ott nov dic",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "jan fev mar abr mai jun jul ago set out nov dez",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
  ].map(CalendarNames.init)

  static let weekdays = [
    "Mon Tue Wed Thu Fri Sat Sun", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday", "Mo Di Mi Do Fr Sa So",
    "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag", "lun mar mer jeu ven sam dim",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
  ].map(CalendarNames.init)

  private static let monthNumbers = numbers(months)
  private static let weekdayNumbers = numbers(weekdays)

  /// For each name in small letters its number from 1, in each list that has it.
  private static func numbers(_ lists: [CalendarNames]) -> [String: [(list: Int, number: Int)]] {
    var result: [String: [(list: Int, number: Int)]] = [:]
    for (list, names) in lists.enumerated() {
      for (index, name) in names.names.enumerated() { result[name.lowercased(), default: []].append((list, index + 1)) }
    }
    return result
  }

  static func month(_ name: String) -> [(list: Int, number: Int)] { monthNumbers[name.lowercased()] ?? [] }
  static func weekday(_ name: String) -> [(list: Int, number: Int)] { weekdayNumbers[name.lowercased()] ?? [] }
}
