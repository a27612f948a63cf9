/// The lines of a text, without its byte order mark and without their ends: LF, CR LF, or CR alone as old Macs have it, which a text
/// is taken for that has more than twice as many of those as of line feeds. What follows the last end is a line, too, if an
/// empty one.
package func textLines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
  let own = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
  let isOfOldMac = own.count { $0 == 0x0D } > 2 * own.count { $0 == 0x0A }
  if isOfOldMac { return own.filter { $0 != 0x0A }.split(separator: 0x0D, omittingEmptySubsequences: false) }
  return own.split(separator: 0x0A, omittingEmptySubsequences: false).map { $0.last == 0x0D ? $0.dropLast() : $0 }
}
