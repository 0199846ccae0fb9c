import Glibc

/// `bench peers`: Bulkhead and whatever else is installed, on the same files in turn.
struct PeersCommand {
  let options: Options

  private static let columns: [(title: String, width: Int)] = [
    ("wall ms", 11), ("user ms", 11), ("engine ms", 11), ("peak MB", 8), ("found/true", 13), ("wall x", 8),
    ("user x", 8), ("engine x", 8),
  ]
  private static let nameWidth = 32

  func run() throws {
    try options.requireProgram()
    var peers: [Peer] = []
    for search in try knownPeers(options) {
      switch search {
      case .present(let peer): peers.append(peer)
      case .absent(let name, let reason): print("absent: \(name): \(reason)")
      }
    }
    print(
      """
      Least of three runs (of one, from twenty seconds on). x: how many times what Bulkhead takes for the list:
      wall and user of the whole process, report included; engine of the analysis alone, where a program tells (some
      set up a gigabyte first).
      """)
    for style in options.styles.isEmpty ? ["acl", "fw"] : options.styles {
      for size in options.sizes.isEmpty ? [1000, 10_000] : options.sizes { try compare(style, size, peers) }
    }
  }

  private func compare(_ style: String, _ size: Int, _ peers: [Peer]) throws {
    let chosen = peers.filter { size <= 1000 || options.isLong || !$0.isSlow }
    let formats = Set(chosen.map(\.format) + [options.format]).sorted()
    let files = try GeneratedFiles.make(style, size, formats: formats, options: options)
    let truth = files.truth()
    let list = files.base.split(separator: "/").last.map(String.init) ?? ""
    print("\n" + named(list), Self.columns.map { padded($0.title, $0.width) }.joined(separator: " "))

    let path = files.path(options.format)
    let report = files.base + ".report"
    let own = try best(of: 3) {
      try bench.run(options.check(path), output: report, limit: options.limit)
    }
    let isDone = own.status.map { [0, 1, 3].contains($0) } ?? false
    let found = CoveredReport(report: report, about: path).rules(of: path)
    let engine = try TableCommand(options: options).measure(path, .covered)?.engine
    row(
      "bulkhead check", own, isDone: isDone, engine: engine?.wall, found: comparison(found: found, truth: truth),
      own: nil, ownEngine: nil)
    for peer in chosen {
      let output = "\(files.base).peer"
      let outcome = try best(of: 3) {
        try bench.run(peer.command(files), output: output, errors: output, limit: options.limit)
      }
      let isPeerDone = outcome.status.map(peer.statuses.contains) ?? false
      let answer = peer.answer(output)
      row(
        peer.name, outcome, isDone: isPeerDone, engine: answer.engine,
        found: answer.found.map { "\($0)/\(truth.map { "\($0.count)" } ?? "?")" } ?? "-", own: isDone ? own : nil,
        ownEngine: engine?.wall)
    }
    for peer in peers where !chosen.contains(where: { $0.name == peer.name }) {
      print(named(peer.name), "left out, slow at this size: --long")
    }
  }

  private func row(
    _ name: String, _ outcome: ChildOutcome, isDone: Bool, engine: Double?, found: String, own: ChildOutcome?,
    ownEngine: Double?
  ) {
    let isOver = outcome.isOverLimit
    /// How many times what Bulkhead took; at least, when the peer was stopped.
    func times(_ peer: Double, _ own: Double?) -> String {
      guard let own, isOver || isDone else { return "" }
      return (isOver ? ">" : "") + fixed(peer / max(own, 1e-4), 1)
    }
    let cells = [
      isOver ? ">\(Int(options.limit)) s" : isDone ? milliseconds(outcome.wall) : "failed",
      isOver || isDone ? milliseconds(outcome.user) : "-", milliseconds(isDone ? engine : nil),
      fixed(Double(outcome.peak) / 1e6, 0), isDone ? found : "-", times(outcome.wall, own?.wall),
      times(outcome.user, own?.user),
      isDone ? engine.flatMap { engine in ownEngine.map { fixed(engine / max($0, 1e-6), 1) } } ?? "" : "",
    ]
    print(named(name), zip(cells, Self.columns).map { padded($0, $1.width) }.joined(separator: " "))
    fflush(nil)
  }

  private func named(_ name: String) -> String {
    name + String(repeating: " ", count: max(0, Self.nameWidth - name.count))
  }
}
