import Glibc

/// `bench table`: one line for each generated list.
struct TableCommand {
  let options: Options

  private static let columns: [(title: String, width: Int)] = [
    ("list", 14), ("rules", 8), ("bytes", 10), ("read ms", 9), ("MB/s", 7), ("engine ms", 10), ("user", 9),
    ("growth", 6),
    ("check ms", 10), ("user", 9), ("growth", 6), ("peak MB", 8), ("found/true", 13),
  ]

  func run() throws {
    guard access(options.program, X_OK) == 0 else {
      throw BenchError("there is no program \(options.program); build it: Scripts/bulkhead --version")
    }
    print(
      """
      read, engine: in process, one thread of control; check: bulkhead check as a process of its own, report to a file.
      Least of three runs (of one, from ten or twenty seconds on); ms are wall time, user is processor time in ms.
      growth: the power of the number of rules that user time grows with since the line before.

      """)
    printRow(Self.columns.map(\.title))
    for style in options.styles.isEmpty ? ["acl", "fw", "cb-acl", "cb-ipc", "cb-fw"] : options.styles {
      var last: (rules: Int, engine: Double?, check: Double?)?
      for size in options.sizes.isEmpty ? [1000, 10_000] : options.sizes {
        last = try row(style, size, last)
      }
    }
  }

  private func row(_ style: String, _ size: Int, _ last: (rules: Int, engine: Double?, check: Double?)?) throws
    -> (rules: Int, engine: Double?, check: Double?)
  {
    let files = try GeneratedFiles.make(
      style, size, family: options.family, formats: [options.format], options: options)
    let path = files.path(options.format)
    let bytes = fileSize(path) ?? 0
    let inProcess = try measure(path)
    let report = files.base + ".report"
    let check = try best(of: 3) {
      try bench.run([options.program, "check", path, "--color", "never"], output: report, limit: options.limit)
    }
    let isDone = check.status == 0 || check.status == 1
    let found = CoveredReport(report: report, about: path).rules(of: path)
    let engineGrowth = growth(last?.rules, last?.engine, size, inProcess?.engine.user)
    let checkGrowth = growth(last?.rules, last?.check, size, isDone ? check.user : nil)
    printRow([
      files.base.split(separator: "/").last.map(String.init) ?? "", "\(size)", "\(bytes)",
      milliseconds(inProcess?.read.wall), inProcess.map { fixed(Double(bytes) / 1e6 / $0.read.wall, 1) } ?? "-",
      milliseconds(inProcess?.engine.wall), milliseconds(inProcess?.engine.user), engineGrowth,
      isDone ? milliseconds(check.wall) : check.isOverLimit ? ">\(Int(options.limit)) s" : "failed",
      isDone ? milliseconds(check.user) : "-", checkGrowth, fixed(Double(check.peak) / 1e6, 0),
      isDone ? comparison(found: found, truth: files.truth()) : "-",
    ])
    return (size, inProcess?.engine.user, isDone ? check.user : nil)
  }

  /// Times within a process, which is another one, so that it can be stopped; nil when it was.
  func measure(_ path: String) throws -> Measurement? {
    let output = path + ".times"
    let platform = options.format == "asa" ? "cisco-asa" : "iptables-save"
    let outcome = try bench.run(
      [options.sibling("bench"), "measure", path, platform], output: output, limit: options.limit)
    guard outcome.status == 0 else { return nil }
    var measurement: Measurement?
    forEachLine(of: output) { measurement = Measurement(line: text($0)) ?? measurement }
    return measurement
  }

  private func growth(_ rules: Int?, _ before: Double?, _ size: Int, _ after: Double?) -> String {
    guard let rules, let before, let after, before > 0, after > 0, rules != size else { return "" }
    return "n^" + fixed(log(after / before) / log(Double(size) / Double(rules)), 1)
  }

  private func printRow(_ cells: [String]) {
    print(zip(cells, Self.columns).map { padded($0, $1.width) }.joined(separator: " "))
    fflush(nil)
  }
}
