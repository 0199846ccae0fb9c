import Glibc

/// `bench table`: one line for each generated list.
struct TableCommand {
  let options: Options

  private static let columns: [(title: String, width: Int)] = [
    ("list", 12), ("rules", 8), ("MB", 6), ("read ms", 8), ("MB/s", 6), ("covered ms", 10), ("user", 9), ("growth", 6),
    ("all ms", 10), ("user", 9), ("growth", 6), ("check ms", 9), ("user", 9), ("growth", 6), ("peak MB", 7),
    ("found/true", 12),
  ]

  /// User times of one line, which the next is compared with.
  private struct Line {
    var rules: Int
    var covered: Double?
    var all: Double?
    var check: Double?
  }

  func run() throws {
    try options.requireProgram()
    print(
      """
      read, covered, all: in process; check: \(options.check("LIST").dropFirst().joined(separator: " "))
      as a process of its own, report to a file, its peak memory, and its covered rules against the true ones.
      Least of three runs (of one, from ten or twenty seconds on); ms are wall time, user is processor time in ms.
      growth: the power of the number of rules that user time grows with since the line before.

      """)
    printRow(Self.columns.map(\.title))
    for style in options.styles.isEmpty ? ["acl", "fw", "cb-acl", "cb-ipc", "cb-fw"] : options.styles {
      var last: Line?
      for size in options.sizes.isEmpty ? [1000, 10_000] : options.sizes { last = try row(style, size, last) }
    }
  }

  private func row(_ style: String, _ size: Int, _ last: Line?) throws -> Line {
    let files = try GeneratedFiles.make(
      style, size, family: options.family, formats: [options.format], options: options)
    let path = files.path(options.format)
    let megabytes = Double(fileSize(path) ?? 0) / 1e6
    let covered = try measure(path, .covered)
    let all = try measure(path, .all)
    let report = files.base + ".report"
    let check = try best(of: 3) { try bench.run(options.check(path), output: report, limit: options.limit) }
    // 3: nothing found, and something is not known.
    let isDone = check.status.map { [0, 1, 3].contains($0) } ?? false
    let found = CoveredReport(report: report, about: path).rules(of: path)
    let line = Line(
      rules: size, covered: covered?.engine.user, all: all?.engine.user, check: isDone ? check.user : nil)
    let limit = ">\(Int(options.limit)) s"
    printRow([
      files.base.split(separator: "/").last.map(String.init) ?? "", "\(size)", fixed(megabytes, 2),
      milliseconds(covered?.read.wall), covered.map { fixed(megabytes / $0.read.wall, 0) } ?? "-",
      covered == nil ? limit : milliseconds(covered?.engine.wall), milliseconds(covered?.engine.user),
      growth(last, line, \.covered), all == nil ? limit : milliseconds(all?.engine.wall),
      milliseconds(all?.engine.user), growth(last, line, \.all),
      isDone ? milliseconds(check.wall) : check.isOverLimit ? limit : "failed",
      isDone ? milliseconds(check.user) : "-", growth(last, line, \.check), fixed(Double(check.peak) / 1e6, 0),
      isDone ? comparison(found: found, truth: files.truth()) : "-",
    ])
    return line
  }

  /// Times within a process, which is another one, so that it can be stopped; nil when it was.
  func measure(_ path: String, _ question: Measurement.Question) throws -> Measurement? {
    let output = path + ".times"
    let outcome = try bench.run(
      [options.sibling("bench"), "measure", path, options.platform, question.rawValue], output: output,
      limit: options.limit)
    guard outcome.status == 0 else { return nil }
    var measurement: Measurement?
    forEachLine(of: output) { measurement = Measurement(line: text($0)) ?? measurement }
    return measurement
  }

  private func growth(_ last: Line?, _ line: Line, _ time: KeyPath<Line, Double?>) -> String {
    guard let last, let before = last[keyPath: time], let after = line[keyPath: time], before > 0, after > 0,
      last.rules != line.rules
    else { return "" }
    return "n^" + fixed(log(after / before) / log(Double(line.rules) / Double(last.rules)), 1)
  }

  private func printRow(_ cells: [String]) { printCells(cells, Self.columns) }
}
