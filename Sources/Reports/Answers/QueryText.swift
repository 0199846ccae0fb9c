import Findings
import PacketSets

/// The answer to a question for a terminal.
public func queryText(_ report: QueryReport, style: TextStyle) -> String {
  var writer = LineWriter(style: style)
  writer.line("from \(report.from) to \(report.to): \(report.service)", isHeading: true)
  for answer in report.answers {
    writer.line()
    write(answer, &writer)
  }
  for stop in report.stops {
    writer.line()
    writer.line("\(stop.from.label) -> \(stop.to.label)", isHeading: true)
    writer.field("path", stop.path.text)
    writer.field("packet", stop.packet.description)
    writer.field("stopped", stop.reason)
    if let rule = stop.rule { writer.field("by", "\(rule.title) (\(rule.place))") }
  }
  writer.line()
  for remark in report.remarks { writer.line("note: \(remark)") }
  writer.end(report.frame)
  writer.line(verdict(report))
  return writer.text
}

private func write(_ answer: QueryAnswer, _ writer: inout LineWriter) {
  writer.line("\(answer.from.label) -> \(answer.to.label)", isHeading: true)
  writer.fields("passes", answer.certain)
  writer.fields("perhaps", answer.possible)
  if let state = answer.state {
    writer.field("note", "only packets of state \(state), which open no session; crafted ones do get through")
  }
  writer.field("by", "\(answer.rule.title) (\(answer.rule.place))")
  writer.fields("also by", answer.others.map { "\($0.title) (\($0.place))" })
  writer.field("path", answer.path.text)
  writer.fields("changed", answer.translations.map { "\($0.rule.title) (\($0.rule.place)): \($0.change)" })
  writer.field("packet", answer.packet.description)
  if let arriving = answer.arriving { writer.field("arrives", arriving.description) }
}

private func verdict(_ report: QueryReport) -> String {
  if report.answers.isEmpty {
    if report.isTranslated { return "the target stands for another address: see the note above" }
    let isInside = report.stops.isEmpty && !report.remarks.isEmpty
    return isInside ? "nothing passes a device: see the note above" : "nothing gets through"
  }
  let certain = report.answers.contains { !$0.certain.isEmpty }
  let paths = Set(report.answers.map(\.path)).count
  let rules = Set(report.answers.map(\.rule)).count
  return "\(certain ? "traffic gets through" : "traffic perhaps gets through"): \(rules) rule\(rules == 1 ? "" : "s"), "
    + "\(paths) path\(paths == 1 ? "" : "s")"
}

/// The answer to a question as one JSON document.
public func queryJSON(_ report: QueryReport) -> [UInt8] {
  JSONWriter.answer("query", report.frame) { json in
    json.member("from", report.from)
    json.member("to", report.to)
    json.member("service", report.service)
    let isCertain = report.answers.contains { !$0.certain.isEmpty }
    json.member("verdict", isCertain ? "open" : report.answers.isEmpty ? "nothing" : "possible")
    json.list("passes", report.answers) { answer, json in
      json.member("from", answer.from)
      json.member("to", answer.to)
      json.member("certain", answer.certain)
      json.member("possible", answer.possible)
      json.member("state", answer.state ?? "new")
      json.member("rule", answer.rule)
      json.list("other_rules", answer.others) { rule, json in json.member("rule", rule) }
      json.member("path", answer.path)
      json.list("translations", answer.translations) { line, json in
        json.member("rule", line.rule)
        json.member("change", line.change)
      }
      json.member("packet", answer.packet)
      json.member("arriving", answer.arriving)
    }
    json.list("stopped", report.stops) { stop, json in
      json.member("from", stop.from)
      json.member("to", stop.to)
      json.member("path", stop.path)
      json.member("packet", stop.packet)
      json.member("reason", stop.reason)
      json.member("rule", stop.rule)
    }
    json.member("notes", report.remarks)
  }
}
