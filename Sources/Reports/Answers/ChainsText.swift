import Findings
import SourceText

/// The chains for a terminal: an overview, then each pair hop by hop.
public func chainsText(_ report: ChainsReport, style: TextStyle) -> String {
  var writer = LineWriter(style: style)
  writer.line("stepping stones from outside to what matters", isHeading: true)
  overview(report, &writer)
  for pair in report.pairs where !pair.shortest.isEmpty {
    writer.line()
    writer.line("\(pair.from) -> \(pair.to)", isHeading: true)
    for (index, hop) in pair.shortest.enumerated() { writer.hop(hop, number: index + 1) }
    if let weakest = pair.weakest { writer.field("what if", whatIf(weakest, pair)) }
    let assets = Dictionary(grouping: pair.assets, by: \.hops).sorted { $0.key < $1.key }
    writer.fields("assets", assets.map { "in \(hopText($0.key)): \($0.value.map(\.name).joined(separator: ", "))" })
  }
  writer.line()
  writer.line("what the chains take for granted:")
  for line in report.assumptions { writer.field("-", line, label: 2) }
  writer.end(report.frame)
  let open = report.pairs.count { !$0.shortest.isEmpty }
  writer.line("site \(report.frame.site): \(open) of \(report.pairs.count) targets can be reached step by step")
  return writer.text
}

/// A line for each target, below its start.
private func overview(_ report: ChainsReport, _ writer: inout LineWriter) {
  let width = min(report.pairs.map { printable($0.to).count }.max() ?? 0, 60)
  for (index, pair) in report.pairs.enumerated() {
    if index == 0 || report.pairs[index - 1].from != pair.from { writer.line("from \(pair.from)") }
    // A search that gave up before it found a chain rules none out.
    let nothing = pair.isCut ? "cannot tell: there are too many ways to follow" : "no chain"
    let text = pair.shortest.isEmpty ? nothing : "\(hopText(pair.shortest.count)) at least, \(pair.countText)"
    writer.line("  \(printable(pair.to).filled(width))  \(text)")
  }
}

/// `1 hop`, `4 hops`.
private func hopText(_ count: Int) -> String { "\(count) hop\(count == 1 ? "" : "s")" }

/// What becomes of the chains without the rule that most of them need.
func whatIf(_ weakest: WeakPoint, _ pair: ChainPair) -> String {
  let rule = "\(weakest.rule.title) (\(weakest.rule.place))"
  let head: String
  switch (weakest.breaks, pair.count, pair.isCut) {
  case (1, 1, false): head = "the only chain needs \(rule); "
  case (let breaks, let count, false) where breaks == count: head = "all \(count) chains need \(rule); "
  case (let breaks, let count, false): head = "\(breaks) of \(count) chains need \(rule), more than any other rule; "
  case (let breaks, let count, true): head = "\(breaks) of the \(count) chains that were looked at need \(rule); "
  }
  switch weakest.rest {
  case .nothing: return head + "without it none is left"
  case .hops(let hops): return head + "without it the target can still be reached, with \(hopText(hops)) at least"
  case .notTried: return head + "what remains without it was not tried"
  }
}

extension LineWriter {
  /// One hop with its example.
  mutating func hop(_ hop: ChainHop, number: Int) {
    let to = "\(hop.to.text) in \(hop.toZone.label)"
    switch hop.kind {
    case .session:
      field("\(number)", "\(hop.from.text) opens \(hop.service ?? "") to \(to)", label: 3)
      if let rule = hop.rule {
        field("by", "\(rule.title) (\(rule.place))\(hop.isCertain ? "" : ", perhaps")", indent: 5)
      }
      field("path", hop.path.text, indent: 5)
    case .insideZone: field("\(number)", "\(hop.from.text) reaches \(to)", label: 3)
    case .twoNetworks: field("\(number)", "\(hop.from.text) is also \(to)", label: 3)
    case .diode: field("\(number)", "\(hop.from.text) sends over the diode to \(to)", label: 3)
    }
    field("if", hop.assumes, indent: 5)
  }
}

/// What follows when a host is taken over, for a terminal.
public func cascadeText(_ report: CascadeReport, style: TextStyle) -> String {
  var writer = LineWriter(style: style)
  let zones = report.startZones.map(\.label).joined(separator: ", ")
  writer.line("somebody holds \(report.start) in \(zones)", isHeading: true)
  for (index, wave) in report.waves.enumerated() {
    writer.line()
    writer.line("with \(index + 1) hop\(index == 0 ? "" : "s")", isHeading: true)
    for reach in wave { write(reach, &writer) }
  }
  writer.line()
  writer.line("what this takes for granted:")
  for line in report.assumptions { writer.field("-", line, label: 2) }
  for remark in report.remarks { writer.line("note: \(remark)") }
  writer.end(report.frame)
  let zonesReached = Set(report.waves.joined().map(\.zone)).count
  let end =
    report.waves.isEmpty ? "nothing else is reached" : "\(zonesReached) zone\(zonesReached == 1 ? "" : "s") reached"
  writer.line("\(end); at risk: \(report.worst?.rawValue ?? "nothing that the site file names")")
  return writer.text
}

private func write(_ reach: CascadeReach, _ writer: inout LineWriter) {
  let risk = reach.consequence.map { ", at risk: \($0.rawValue)" } ?? ""
  writer.field("\(reach.zone.label):", "\(reach.hosts)\(risk)", label: 0)
  if !reach.assets.isEmpty {
    let shown = reach.assets.prefix(8).map { asset in
      asset.name + (asset.consequence.map { " (\($0.rawValue))" } ?? "")
    }
    let more = reach.assets.count > 8 ? " and \(reach.assets.count - 8) more" : ""
    writer.field("assets", shown.joined(separator: ", ") + more, indent: 5)
  }
  guard let hop = reach.hop else { return }
  switch hop.kind {
  case .session:
    writer.field("first", "\(hop.from.text) opens \(hop.service ?? "") to \(hop.to.text)", indent: 5)
    if let rule = hop.rule {
      writer.field("by", "\(rule.title) (\(rule.place))\(hop.isCertain ? "" : ", perhaps")", indent: 5)
    }
  case .insideZone, .twoNetworks, .diode: writer.field("if", hop.assumes, indent: 5)
  }
}
