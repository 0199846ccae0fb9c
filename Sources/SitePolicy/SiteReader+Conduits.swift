import PacketSets
import RuleModel
import SourceText

extension SiteReader {
  mutating func readConduits(_ node: DocumentNode) -> [Conduit] {
    var conduits: [Conduit] = []
    for entry in document.namedEntries(node, "'conduits'") {
      checkName(entry.key, "a conduit", at: entry.keyRange)
      if let conduit = conduit(entry) { conduits.append(conduit) }
    }
    return conduits
  }

  private mutating func conduit(_ entry: DocumentEntry) -> Conduit? {
    guard
      let fields = document.fields(
        entry.value, "conduit \(quoted(entry.key))", required: ["from", "to", "services"],
        optional: ["functions", "required", "one-way", "owner", "reason", "ticket", "review", "expires"])
    else { return nil }
    // Every key is read before giving up, so that all of its errors are told at once.
    let from = fields["from"].flatMap { endpoint($0, "from") }
    let to = fields["to"].flatMap { endpoint($0, "to") }
    let services = services(fields["services"])
    let functions = fields["functions"].map { functionMatch($0) } ?? .any
    let isRequired = document.flag(fields["required"], "required") ?? false
    let isOneWay = document.flag(fields["one-way"], "one-way") ?? false
    let owner = document.text(fields["owner"], "owner")
    let reason = document.text(fields["reason"], "reason")
    let ticket = document.text(fields["ticket"], "ticket")
    let review = date(fields["review"], "review")
    let expires = date(fields["expires"], "expires")
    guard let from, let to else { return nil }
    if let zone = from.zone, zone == to.zone {
      document.complain(
        entry.keyRange, "conduit \(quoted(entry.key)) leads from zone \(quoted(zone)) to itself",
        help: "a conduit joins two zones; traffic within a zone needs none")
    }
    return Conduit(
      name: entry.key, from: from, to: to, services: services, functions: functions, isRequired: isRequired,
      isOneWay: isOneWay, owner: owner, reason: reason, ticket: ticket, review: review, expires: expires,
      source: entry.range, keyRanges: fields.entries.mapValues(\.value.range))
  }

  private mutating func services(_ node: DocumentNode?) -> [Service] {
    guard let node else { return [] }
    return document.list(node, "services").compactMap { document.value($0, "services", parseService) }
  }

  /// The functions that are listed, and packets that carry none: without a handshake there is no session.
  private mutating func functionMatch(_ node: DocumentNode) -> FunctionMatch {
    var allowed = IntervalSet(IndustrialFunction.none.rawValue)
    let names = IndustrialProtocol.allCases.map(\.name)
    for entry in document.namedEntries(node, "'functions'") {
      guard let industrial = IndustrialProtocol(name: entry.key) else {
        document.complain(
          entry.keyRange, "there is no industrial protocol \(quoted(entry.key))",
          help: suggestion(entry.key, among: names))
        continue
      }
      for item in document.list(entry.value, entry.key) {
        let functions = document.value(item, entry.key) { (text) throws(TextProblem) in
          try parseFunctions(text, of: industrial)
        }
        if let functions { allowed = allowed.union(functions) }
      }
    }
    if node.entries?.isEmpty == true {
      document.complain(node.range, "'functions' is empty", help: "write {modbus: [read]}, or remove the key")
    }
    return FunctionMatch(functions: allowed)
  }

  private mutating func date(_ node: DocumentNode?, _ key: String) -> CalendarDate? {
    document.value(node, key) { (text) throws(TextProblem) in
      guard let date = CalendarDate(iso: text) else {
        throw TextProblem(message: "'\(key)' is \(quoted(text)), which is no date", help: "write it as 2027-03-31")
      }
      return date
    }
  }
}
