/// `bench diff`: lists against edited versions of which every edit is known.
struct DiffCommand {
  let options: Options
  /// Each list needs its truth for the edits, which only `acl` has at any size.
  private static let largestForPeers = 10_000

  private static let columns: [(title: String, width: Int)] = [
    ("list", 10), ("rules", 8), ("covered ms", 10), ("diff ms", 9), ("diff x", 6), ("user x", 6), ("regions", 7),
    ("flips/true", 10), ("false", 5), ("process ms", 10), ("peak MB", 7), ("BuDDy ms", 9), ("BuDDy x", 8),
  ]

  func run() throws {
    try options.requireProgram()
    let (buddy, reason) = try buddyProgram("buddy_difference", options)
    if buddy == nil { print("absent: BuDDy: \(reason)") }
    print(
      """
      covered: one analysis of the old version in process; diff: the difference in process, x times that.
      flips: rules whose action was turned round, found against true; false: regions that no flip explains, as those of
      covered rules that were deleted would be. process: bulkhead diff OLD NEW, from start to exit.
      BuDDy: both sets of permitted packets and their exclusive or, engine alone; x: how many times diff.

      """)
    printRow(Self.columns.map(\.title))
    let sizes = options.sizes.isEmpty ? [1000, 10_000, 100_000] + (options.isLong ? [1_000_000] : []) : options.sizes
    for style in options.styles.isEmpty ? ["acl"] : options.styles {
      for size in sizes { try row(style, size, buddy) }
    }
  }

  private func row(_ style: String, _ size: Int, _ buddy: String?) throws {
    let hasPeer = options.family == 4 && (size <= Self.largestForPeers || options.isLong && size <= 100_000)
    let formats = [options.format] + (buddy != nil && hasPeer ? ["tsv"] : [])
    let files = try GeneratedFiles.make(
      style, size, family: options.family, formats: formats, options: options, edits: size < 100_000 ? 20 : 200)
    let (old, new) = (files.path(options.format), "\(files.base)-edit.\(options.format)")
    let output = files.base + ".diff"
    let outcome = try bench.run(
      [options.sibling("bench"), "measure-diff", old, new, options.platform], output: output, limit: options.limit)
    let measurement = outcome.status == 0 ? DiffMeasurement(file: output) : nil
    let whole = try best(of: 3) {
      try bench.run([options.program, "diff", old, new], output: output, limit: options.limit)
    }
    let isDone = whole.status == 0 || whole.status == 1
    var peer: Double?
    if let buddy, hasPeer {
      _ = try bench.run([buddy, files.path("tsv"), files.base + "-edit.tsv"], output: output, limit: options.limit)
      forEachLine(of: output) { line in
        let words = text(line).split(separator: " ")
        if words.count == 6, words[0] == "differs" { peer = Double(words[3]).map { $0 / 1000 } }
      }
    }
    let flips = files.flips()
    let found = Set(measurement?.regions ?? [])
    let isTooLong = outcome.isOverLimit ? ">\(Int(options.limit)) s" : "failed"
    printRow([
      files.base.split(separator: "/").last.map(String.init) ?? "", "\(size)", milliseconds(measurement?.analysis.wall),
      measurement.map { milliseconds($0.difference.wall) } ?? isTooLong,
      measurement.map { fixed($0.difference.wall / $0.analysis.wall, 1) } ?? "-",
      measurement.map { fixed($0.difference.user / max($0.analysis.user, 1e-6), 1) } ?? "-",
      measurement.map { "\($0.regions.count)" } ?? "-",
      measurement == nil ? "-" : "\(found.intersection(flips).count)/\(flips.count)",
      measurement.map { "\($0.regions.count { !flips.contains($0) })" } ?? "-",
      isDone ? milliseconds(whole.wall) : whole.isOverLimit ? ">\(Int(options.limit)) s" : "failed",
      fixed(Double(whole.peak) / 1e6, 0), milliseconds(peer),
      peer.flatMap { peer in measurement.map { fixed(peer / $0.difference.wall, 1) } } ?? "-",
    ])
  }

  private func printRow(_ cells: [String]) { printCells(cells, Self.columns) }
}
