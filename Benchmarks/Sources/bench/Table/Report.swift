/// What a text report says about covered rules.
struct CoveredReport {
  /// Lines of the configuration with a finding RUL001 or RUL002.
  private(set) var lines: Set<Int> = []

  /// - Parameters:
  ///   - report: a text report of `bulkhead check` about `path` alone.
  init(report: String, about path: String) {
    let start = Array((path + ":").utf8.map { CChar(bitPattern: $0) })
    forEachLine(of: report) { line in
      guard line.starts(with: start) else { return }
      let words = text(UnsafeBufferPointer(rebasing: line[start.count...].prefix(60)))
      guard words.contains("[RUL001]") || words.contains("[RUL002]") else { return }
      if let number = Int(words.prefix { $0 != ":" }) { lines.insert(number) }
    }
  }

  /// Rule numbers, from 1, by the place of their lines among the lines that are rules.
  func rules(of path: String) -> Set<Int> {
    var rules: Set<Int> = []
    var number = 0
    var lineNumber = 0
    let starts = ["access-list ", "-A "].map { Array($0.utf8.map { CChar(bitPattern: $0) }) }
    forEachLine(of: path) { line in
      lineNumber += 1
      guard starts.contains(where: { line.starts(with: $0) }) else { return }
      number += 1
      if lines.contains(lineNumber) { rules.insert(number) }
    }
    return rules
  }
}

/// Found against true, as `500/500`, with what is missing and what was invented.
func comparison(found: Set<Int>, truth: Set<Int>?) -> String {
  guard let truth else { return "\(found.count)/?" }
  let missing = truth.subtracting(found).count
  let invented = found.subtracting(truth).count
  return "\(found.count)/\(truth.count)" + (missing > 0 ? " -\(missing)" : "") + (invented > 0 ? " +\(invented)" : "")
}
