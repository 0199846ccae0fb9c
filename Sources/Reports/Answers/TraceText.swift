import Findings
import PacketSets

/// The fate of a packet for a terminal.
public func traceText(_ report: TraceReport, style: TextStyle) -> String {
  var writer = LineWriter(style: style)
  writer.line(report.packet.description, isHeading: true)
  writer.line("from \(report.from.label) to \(report.to.label)")
  for (index, way) in report.ways.enumerated() {
    writer.line()
    let end = way.arrival.map { "arrives in \($0.label)" } ?? "is stopped"
    writer.line("path \(index + 1): \(way.isOpen ? end.doubtful : end)", isHeading: true)
    write(way, sent: report.packet, &writer)
  }
  if report.omitted > 0 { writer.line("and \(report.omitted) more paths") }
  writer.line()
  writer.end(report.frame)
  writer.line(report.verdict)
  return writer.text
}

private func write(_ way: TraceWay, sent: Packet, _ writer: inout LineWriter) {
  var before = sent
  for hop in way.hops {
    writer.field(hop.hop.text, hop.fate.rawValue, label: hop.hop.text.count + 2)
    if hop.packet != before { writer.field("enters as", hop.packet.description, indent: 4, label: 10) }
    before = hop.packet
    for line in hop.lines where !line.isImplied {
      let reason = line.reason.map { "; \($0)" } ?? ""
      writer.field(
        "", "\(line.list): \(line.rule.name) \(line.effect) (\(line.rule.place))\(reason)", indent: 4, label: 0)
    }
    let implied = hop.lines.filter(\.isImplied).map(\.list)
    if !implied.isEmpty {
      writer.field("", "passed by default: \(implied.joined(separator: ", "))", indent: 4, label: 0)
    }
    if hop.lines.isEmpty { writer.field("", "nothing filters here", indent: 4, label: 0) }
  }
}

extension String {
  /// `may arrive in …`, `may be stopped`.
  fileprivate var doubtful: String {
    hasPrefix("arrives") ? "may arrive" + dropFirst(7) : self == "is stopped" ? "may be stopped" : self
  }
}

/// The fate of a packet as one JSON document.
public func traceJSON(_ report: TraceReport) -> [UInt8] {
  JSONWriter.answer("trace", report.frame) { json in
    json.member("packet", report.packet)
    json.member("from", report.from)
    json.member("to", report.to)
    json.member("outcome", report.outcome.rawValue)
    json.member("verdict", report.verdict)
    json.member("omitted_paths", report.omitted)
    json.list("paths", report.ways) { way, json in
      json.key("arrival")
      json.string(way.arrival?.name)
      json.member("certain", !way.isOpen)
      json.list("devices", way.hops) { hop, json in
        json.member("device", hop.hop.device)
        json.member("ingress", hop.hop.ingress)
        json.member("egress", hop.hop.egress)
        json.member("packet", hop.packet)
        json.member("fate", hop.fate.rawValue)
        json.list("steps", hop.lines) { line, json in
          json.member("list", line.list)
          json.member("rule", line.rule)
          json.member("effect", line.effect)
          json.member("reason", line.reason)
          json.member("implied", line.isImplied)
        }
      }
    }
  }
}
