import Glibc

/// A number with some decimals.
func fixed(_ value: Double, _ decimals: Int) -> String {
  let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
  let scaled = Int((value * Double(scale)).rounded())
  guard decimals > 0 else { return "\(scaled)" }
  let digits = "\(scaled % scale)".replacingMinus
  return (scaled < 0 && scaled / scale == 0 ? "-" : "") + "\(scaled / scale)."
    + String(repeating: "0", count: decimals - digits.count) + digits
}

/// Seconds as milliseconds with one decimal; a dash for none.
func milliseconds(_ seconds: Double?) -> String { seconds.map { fixed($0 * 1000, 1) } ?? "-" }

/// Right-aligned.
func padded(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

/// Prints one line of a table at once.
func printCells(_ cells: [String], _ columns: [(title: String, width: Int)]) {
  print(zip(cells, columns).map { padded($0, $1.width) }.joined(separator: " "))
  fflush(nil)
}

extension String {
  fileprivate var replacingMinus: String { hasPrefix("-") ? String(dropFirst()) : self }
}
