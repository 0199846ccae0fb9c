import PacketSets
import RuleModel
import SourceText

extension IOSReader {
  /// What follows the addresses of an entry; false when a part was not understood.
  mutating func parseOptions(_ entry: inout IOSEntry) -> Bool {
    while let word = words.next {
      let text = words.text(word)
      if parseFlag(text, &entry) { continue }
      switch text {
      case "log", "log-input":
        _ = words.take()
        entry.isLogged = true
        // A cookie may follow; it is one word that is no option.
        if let next = words.next, isCookie(words.text(next)) { _ = words.take() }
      case "established":
        _ = words.take()
        // "A match occurs if the TCP segment has the ACK or RST control bits set" (`permit`).
        entry.tcpFlags = entry.tcpFlags.intersection(IOSReader.flags { $0 & 0x14 != 0 })
      case "fragments":
        _ = words.take()
        entry.isFragmentsOnly = true
      case "time-range":
        _ = words.take()
        guard let name = words.takeText() else { return false }
        entry.schedule = name
      case "reflect":
        _ = words.take()
        guard words.take() != nil else { return false }
        if words.takes("timeout") { _ = words.take() }
      case "timeout", "sequence":
        _ = words.take()
        guard words.take() != nil else { return false }
      default:
        guard takeHeaderCondition(text, &entry) || takeCounter(&entry) else { return false }
      }
    }
    return true
  }

  /// A condition on a part of the header that packets do not have here.
  private mutating func takeHeaderCondition(_ text: String, _ entry: inout IOSEntry) -> Bool {
    switch text {
    case "dscp", "precedence", "tos", "option", "flow-label", "dest-option-type", "routing-type", "mobility-type",
      "cos":
      _ = words.take()
      guard words.take() != nil else { return false }
    case "ttl", "packet-length":
      _ = words.take()
      let isRange = words.isNext("range")
      guard words.take() != nil, words.take() != nil else { return false }
      if isRange { _ = words.take() }
    case "routing", "dest-option", "mobility", "hbh", "auth", "undetermined-transport", "no-reflect",
      "match-local-traffic":
      _ = words.take()
      if text == "no-reflect" { return true }
    default: return false
    }
    entry.uncertainties.append(
      Uncertainty(range: here, reason: "`\(text)` looks at a part of the packet that is not modelled"))
    return true
  }

  private func isCookie(_ word: String) -> Bool {
    ![
      "log", "log-input", "established", "fragments", "time-range", "sequence", "dscp", "precedence", "tos", "ttl",
      "option", "reflect",
    ].contains(word) && !word.hasPrefix("(")
  }

  /// Takes `(12 matches)` of `show access-lists`, also `(12 estimate matches)`.
  private mutating func takeCounter(_ entry: inout IOSEntry) -> Bool {
    guard let word = words.next, file.bytes[word.lowerBound] == UInt8(ascii: "("),
      let hits = decimal(file.bytes.span, word.lowerBound + 1..<word.upperBound)
    else { return false }
    entry.hits = hits
    words.position = words.ranges.count
    return true
  }

  // MARK: - TCP flags

  /// The flag bytes that fulfil a condition.
  static func flags(_ condition: (UInt8) -> Bool) -> IntervalSet<UInt8> {
    IntervalSet((UInt8.min...UInt8.max).filter(condition).map { $0...$0 })
  }

  /// Takes flag words. Plain ones match when any of them is set; `match-all` and `match-any` say so themselves, and with
  /// them `+` asks for a flag to be set and `-` for it not to be ("ACL TCP Flags Filtering").
  private mutating func parseFlag(_ text: String, _ entry: inout IOSEntry) -> Bool {
    guard text == "match-any" || text == "match-all" || IOSTables.tcpFlags[text] != nil else { return false }
    let isAll = text == "match-all"
    if text.hasPrefix("match-") { _ = words.take() }
    var set: UInt8 = 0
    var clear: UInt8 = 0
    while let word = words.next {
      let name = words.text(word)
      let bare = name.hasPrefix("+") || name.hasPrefix("-") ? String(name.dropFirst()) : name
      guard let bit = IOSTables.tcpFlags[bare] else { break }
      _ = words.take()
      if name.hasPrefix("-") { clear |= bit } else { set |= bit }
    }
    let (wanted, unwanted) = (set, clear)
    let matching = IOSReader.flags {
      isAll ? $0 & wanted == wanted && $0 & unwanted == 0 : $0 & wanted != 0 || ~$0 & unwanted != 0
    }
    entry.tcpFlags = entry.tcpFlags.intersection(matching)
    return true
  }

  // MARK: - Rule

  /// The rule that an entry means.
  mutating func rule(
    _ entry: IOSEntry, _ list: IOSAccessList, _ number: Int, _ order: Int, _ family: AddressSet
  ) -> Rule {
    var match = MatchBounds(
      sources: bounded(entry.sources, by: family), destinations: bounded(entry.destinations, by: family),
      services: services(of: entry), states: entry.states)
    for uncertainty in entry.uncertainties { match = match.uncertain(uncertainty) }
    if let schedule = entry.schedule {
      match = match.uncertain(
        Uncertainty(range: here, reason: "in force only during time range `\(printable(schedule))`"))
    }
    if entry.isFragmentsOnly { match = fragments(match, entry.action) }
    let numbering = list.isNumbered ? "sequence" : "line"
    var rule = Rule(
      order: order, name: "access-list \(list.name) \(numbering) \(number)", match: match, action: entry.action,
      source: here)
    rule.objects = entry.objects
    rule.hits = entry.hits
    rule.logging = entry.isLogged ? .on : .off
    if let schedule = entry.schedule { rule.state = .scheduled(name: schedule) }
    return rule
  }

  /// `fragments` entries apply to fragments behind the first only, which hold no ports and open nothing by themselves
  /// (Cisco document 8014, "Access Control Lists and IP Fragments").
  private func fragments(_ match: MatchBounds, _ action: Action) -> MatchBounds {
    guard action == .permit else { return .nothing }
    return match.uncertain(Uncertainty(range: here, reason: "the entry applies to fragments only"))
  }

  private func bounded(_ addresses: AddressBounds, by family: AddressSet) -> AddressBounds {
    AddressBounds(
      lower: addresses.lower.intersection(family), upper: addresses.upper.intersection(family),
      uncertainties: addresses.uncertainties)
  }

  private mutating func services(of entry: IOSEntry) -> ServiceBounds {
    let isPlain =
      entry.services == nil && entry.icmpTypes.isAll && entry.icmpCodes.isAll && entry.tcpFlags.isAll
    if isPlain {
      if entry.protocols.isAll, entry.sourcePorts.isAll, entry.destinationPorts.isAll { return ServiceBounds([.any]) }
      let key = IOSServiceKey(
        protocols: entry.protocols, sourcePorts: entry.sourcePorts, destinationPorts: entry.destinationPorts)
      if let known = serviceCache[key] { return ServiceBounds(known) }
      let made = [service(of: entry)].filter { !isEmpty($0) }
      serviceCache[key] = made
      return ServiceBounds(made)
    }
    let own = service(of: entry)
    guard let named = entry.services else { return ServiceBounds(isEmpty(own) ? [] : [own]) }
    return ServiceBounds(
      lower: named.lower.compactMap { $0.intersection(own) }, upper: named.upper.compactMap { $0.intersection(own) },
      uncertainties: named.uncertainties)
  }

  private func service(of entry: IOSEntry) -> Service {
    var service = Service(protocols: entry.protocols)
    service.sourcePorts = entry.sourcePorts
    service.destinationPorts = entry.destinationPorts
    service.icmpTypes = entry.icmpTypes
    service.icmpCodes = entry.icmpCodes
    service.tcpFlags = entry.tcpFlags
    return service
  }

  private func isEmpty(_ service: Service) -> Bool {
    service.protocols.isEmpty || service.sourcePorts.isEmpty || service.destinationPorts.isEmpty
      || service.tcpFlags.isEmpty
  }
}
