import PacketSets
import RuleModel
import SourceText

/// How often a list may have an entry taken out or be numbered anew; each costs a look at all of it.
private let removalLimit = 200

extension IOSReader {
  /// `access-list NUMBER permit|deny|remark …`; a number without more opens the list as a block.
  mutating func numberedListLine() {
    guard let name = words.takeText() else { return unrecognised("access list") }
    guard let number = Int(name) else {
      // `access-list compiled`, `access-list rate-limit …`, `access-list dynamic-extended`: settings.
      return mark(.irrelevant)
    }
    switch number {
    case 1...99, 1300...1999: add(to: listIndex(name, .standard), name)
    case 100...199, 2000...2699: add(to: listIndex(name, .extended), name)
    default:
      // 200-299 by type code, 700-799 and 1100-1199 by MAC address, 600s, 800s and 900s of other network protocols.
      gap(changes: false, "this access list is for frames that are not IP")
    }
  }

  private mutating func add(to index: Int, _ name: String) {
    if words.isAtEnd {
      mark(.used)
      block = .list(index)
      return
    }
    addLine(to: index)
  }

  /// `ip access-list standard|extended NAME`, or `resequence NAME START STEP`.
  mutating func namedListLine() {
    mark(.used)
    guard let kind = words.takeText() else { return unrecognised("access list") }
    switch kind {
    case "standard", "extended":
      guard let name = words.takeText() else { return unrecognised("access list") }
      block = .list(listIndex(name, kind == "standard" ? .standard : .extended))
    case "resequence": resequence()
    case "log-update", "logging", "persistent", "helper", "match-local-traffic": mark(.irrelevant)
    case "role-based":
      block = .notModelled
      gap(changes: true, "role-based access lists filter by security group tags and are not modelled")
    default:
      block = .unknown
      unrecognised("access list")
    }
  }

  /// The place of a list, which is made when it is new.
  mutating func listIndex(_ name: String, _ kind: IOSListKind) -> Int {
    let known = kind == .ipv6 ? config.listIndexV6[name] : config.listIndex[name]
    if let known { return known }
    let index = config.lists.count
    if kind == .ipv6 { config.listIndexV6[name] = index } else { config.listIndex[name] = index }
    config.lists.append(IOSAccessList(name: name, kind: kind, source: here))
    return index
  }

  // MARK: - Entries

  mutating func listStatement(_ index: Int) {
    if words.takes("no") { return removeEntry(index) }
    if words.isNext("statistics") || words.isNext("default") { return mark(.irrelevant) }
    addLine(to: index)
  }

  /// Files an entry or remark by its sequence number; entries are read when all objects are known.
  private mutating func addLine(to index: Int) {
    mark(.used)
    var sequence: Int?
    if words.takes("sequence") {
      sequence = words.takeNumber()
    } else if let word = words.next, ASCII.isDigit(file.bytes[word.lowerBound]) {
      sequence = words.takeNumber()
    } else if config.lists[index].kind == .ipv6, words.ranges.count > 2,
      matches(file.bytes.span, words.ranges[words.ranges.count - 2], "sequence")
    {
      sequence = decimal(file.bytes.span, words.ranges[words.ranges.count - 1]).flatMap { Int(exactly: $0) }
    }
    let isRemark = words.isNext("remark")
    if !isRemark { noteReflexive(index) }
    var list = IOSListLine(line: UInt32(line), sequence: 0, isRemark: isRemark)
    let last = config.lists[index].lastSequence
    if let sequence {
      list.sequence = sequence
      if !isRemark { config.lists[index].isNumbered = true }
    } else {
      // Entries without a number follow the last one by ten (IP Access List Entry Sequence Numbering, "Sequence Numbering
      // Behavior"); a remark goes with the entry that follows it.
      list.sequence = isRemark ? last : last + 10
    }
    if list.sequence < last { config.lists[index].isSorted = false }
    config.lists[index].lastSequence = max(last, list.sequence)
    config.lists[index].lines.append(list)
  }

  /// An entry with `reflect NAME` fills that reflexive list with what answers its packets.
  private mutating func noteReflexive(_ index: Int) {
    guard let place = wordIndex("reflect"), place + 1 < words.ranges.count else { return }
    let name = words.text(words.ranges[place + 1])
    let start = words.position
    _ = words.take()
    let protocols = takeProtocol(isV6: config.lists[index].kind == .ipv6) ?? .all
    words.position = start
    config.reflexive[name] = (config.reflexive[name] ?? .empty).union(protocols)
  }

  private func wordIndex(_ literal: StaticString) -> Int? {
    let span = file.bytes.span
    return words.ranges.lastIndex { matches(span, $0, literal) }
  }

  /// `no 20` takes that entry out; of `no permit …` only the reader of the result could tell which it was.
  private mutating func removeEntry(_ index: Int) {
    mark(.used)
    if words.takes("remark") || words.isNext("statistics") { return mark(.irrelevant) }
    _ = words.takes("sequence")
    config.lists[index].removals += 1
    if let number: Int = words.takeNumber(), words.isAtEnd, config.lists[index].removals <= removalLimit {
      config.lists[index].lines.removeAll { $0.sequence == number && !$0.isRemark }
      return
    }
    config.lists[index].mayLackEntries = true
    gap(changes: true, "an entry is taken out of the list here; none of the list's entries is taken as certain")
  }

  /// `ip access-list resequence NAME START STEP` numbers the entries that are there anew.
  private mutating func resequence() {
    guard let name = words.takeText(), let start: Int = words.takeNumber(), let step: Int = words.takeNumber(),
      step > 0
    else { return unrecognised("statement") }
    guard let index = config.listIndex[name] else {
      return undefined("access list", name, at: here, among: { $0.lists.map(\.name) })
    }
    config.lists[index].removals += 1
    guard config.lists[index].removals <= removalLimit else {
      config.lists[index].mayLackEntries = true
      return gap(changes: true, "the list is numbered anew too often to be followed")
    }
    sortLines(index)
    var next = start
    for place in config.lists[index].lines.indices {
      config.lists[index].lines[place].sequence = next
      guard !config.lists[index].lines[place].isRemark else { continue }
      config.lists[index].lastSequence = next
      let (sum, overflow) = next.addingReportingOverflow(step)
      next = overflow ? next : sum
    }
  }

  /// `no access-list 101` and `no ip access-list extended NAME` empty the list; scripts begin so.
  mutating func removeList(_ name: String, isV6: Bool) {
    mark(.used)
    guard let index = isV6 ? config.listIndexV6[name] : config.listIndex[name] else { return }
    config.lists[index].lines.removeAll()
    config.lists[index].lastSequence = 0
    config.lists[index].isSorted = true
  }

  /// Puts the lines of a list in the order in which the device tries them.
  mutating func sortLines(_ index: Int) {
    guard !config.lists[index].isSorted else { return }
    config.lists[index].isSorted = true
    let sorted = config.lists[index].lines.enumerated().sorted {
      ($0.element.sequence, $0.offset) < ($1.element.sequence, $1.offset)
    }
    config.lists[index].lines = sorted.map(\.element)
  }

  // MARK: - Lowering

  /// The rules of one list, in order.
  mutating func lower(_ index: Int) -> RuleList {
    sortLines(index)
    let list = config.lists[index]
    let numbering = list.isNumbered ? "sequence" : "line"
    var rules = RuleTable(prefix: "access-list \(list.name) \(numbering) ", file: file.id)
    rules.reserveCapacity(list.lines.count)
    var remarks: [String] = []
    var number = 0
    var lastSequence: Int?
    for entry in list.lines {
      line = Int(entry.line)
      words.load(file.lines.bounds(ofLine: line, in: file.bytes))
      skipToEntry()
      if words.takes("remark") {
        remarks.append(words.rest)
        continue
      }
      number += 1
      var rule = rule(of: list, number: list.isNumbered ? entry.sequence : number, order: rules.count)
      if list.isNumbered, entry.sequence == lastSequence {
        let reason = "the sequence number is used twice, and the device keeps one of the two entries"
        gap(changes: true, reason)
        rule.match = rule.match.uncertain(Uncertainty(range: here, reason: reason))
      }
      lastSequence = entry.sequence
      if list.mayLackEntries {
        rule.match = rule.match.uncertain(
          Uncertainty(range: here, reason: "a later statement may take this entry out again"))
      }
      if !remarks.isEmpty {
        rule.comment = remarks.joined(separator: "\n")
        remarks.removeAll(keepingCapacity: true)
      }
      rules.append(rule)
    }
    if list.mayLackEntries { rules.append(emptied(list, order: rules.count)) }
    // Neighbour discovery passes an IPv6 list that has entries (Cisco IOS IPv6 Command Reference, `ipv6 access-list`).
    if list.kind == .ipv6, !rules.isEmpty { appendNeighborDiscovery(list, &rules) }
    return RuleList(name: list.name, rules: rules, fallback: fallback(list), source: list.source)
  }

  /// A list that lost all its entries would permit everything.
  private func emptied(_ list: IOSAccessList, order: Int) -> Rule {
    let family: AddressSet = list.kind == .ipv6 ? .allV6 : .allV4
    let doubt = Uncertainty(
      range: list.source, reason: "statements take entries out of the list, and an empty list permits all packets")
    var rule = Rule(
      order: order, name: "access-list \(list.name) without entries",
      match: MatchBounds(PacketMatch(sources: family, destinations: family)).uncertain(doubt), action: .permit,
      source: list.source)
    rule.isExplicit = false
    rule.logging = .off
    return rule
  }

  /// Takes a prompt, `access-list NUMBER` and the sequence number off the front.
  private mutating func skipToEntry() {
    let starts: Set<String> = ["permit", "deny", "remark", "evaluate", "dynamic"]
    while let word = words.next, !starts.contains(words.text(word)) { _ = words.take() }
  }

  private mutating func appendNeighborDiscovery(_ list: IOSAccessList, _ rules: inout RuleTable) {
    for (name, type) in [("nd-na", UInt8(136)), ("nd-ns", 135)] {
      var service = Service(proto: IPProtocol.icmpV6)
      service.icmpTypes = IntervalSet(type)
      var rule = Rule(
        order: rules.count, name: "access-list \(list.name) implicit \(name)",
        match: MatchBounds(PacketMatch(sources: .allV6, destinations: .allV6, services: [service])), action: .permit,
        source: list.source)
      rule.isExplicit = false
      rule.logging = .off
      rules.append(rule)
    }
  }

  private func fallback(_ list: IOSAccessList) -> DefaultAction {
    guard list.hasEntries else {
      return DefaultAction(.permit, .implicit(emptyListPermits), logging: .off)
    }
    return DefaultAction(
      .deny, .implicit("an access list ends with an implicit deny (\"IP Access List Overview\", Access List Rules)"),
      logging: .off)
  }
}

/// Where Cisco says what a list without entries does.
let emptyListPermits =
  "an access list that does not exist or has no entry permits all packets (\"IP Access List Overview\", Access List Rules)"
