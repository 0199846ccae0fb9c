import PacketSets
import RuleModel
import SourceText

/// What was read of one access list entry so far.
///
/// Parts that are not understood stay as wide as they can be, and `uncertainties` say so.
struct ASAEntry {
  var action = Action.unknown
  var protocols: ServiceBounds?
  var sourcePorts = PortBounds(.all)
  var destinationPorts = PortBounds(.all)
  var simple: ASAServiceKey?
  var icmpTypes = IntervalSet<UInt8>.all
  var icmpCodes = IntervalSet<UInt8>.all
  var services: ServiceBounds?
  var sources = AddressBounds(.all)
  var destinations = AddressBounds(.all)
  var ingress = InterfaceMatch.any
  var egress = InterfaceMatch.any
  var logging: Logging?
  var schedule: String?
  var isInactive = false
  var uncertainties: [Uncertainty] = []
  var objects: [ObjectReference] = []
  /// Threat Defense: `permit` hands the packet to Snort, whose rules decide.
  var isAdvanced = false
}

extension ASAReader {
  /// Reads the entry that the words are at; what is not understood widens the rule and is reported.
  mutating func entry(of list: ASAAccessList, number: Int, order: Int) -> Rule {
    var entry = ASAEntry()
    if !parse(&entry, list) {
      unrecognised("entry of access list `\(printable(list.name))`")
      entry.uncertainties.append(Uncertainty(range: here, reason: "the entry is not fully understood"))
    }
    return rule(entry, list, number, order)
  }

  /// False when a part was not understood; what was read before it stands.
  private mutating func parse(_ entry: inout ASAEntry, _ list: ASAAccessList) -> Bool {
    entry.isAdvanced = words.takes("advanced")
    if !entry.isAdvanced { _ = words.takes("extended") }
    guard parseAction(&entry), parseProtocol(&entry, list) else { return false }
    guard let source = parseSide(&entry, list) else { return false }
    (entry.sources, entry.ingress) = source
    parseSourcePorts(&entry)
    guard let destination = parseSide(&entry, list) else { return false }
    (entry.destinations, entry.egress) = destination
    return parseDestinationService(&entry) && parseOptions(&entry)
  }

  private mutating func parseAction(_ entry: inout ASAEntry) -> Bool {
    if words.takes("permit") {
      // Cisco document 212321 ("Clarify the Firepower Threat Defense Access Control Policy Rule Actions"): LINA `permit`
      // sends the flow to Snort, which may allow or block it; only `trust` and `deny` are final.
      entry.action = entry.isAdvanced ? .unknown : .permit
    } else if words.takes("deny") {
      entry.action = .deny(rejects: false)
    } else if entry.isAdvanced, words.takes("trust") {
      entry.action = .permit
    } else {
      return false
    }
    return true
  }

  // MARK: - Protocol

  private mutating func parseProtocol(_ entry: inout ASAEntry, _ list: ASAAccessList) -> Bool {
    if words.takes("object") || words.takes("object-group") {
      guard let word = words.take() else { return false }
      let name = words.text(word)
      note(name, in: &entry)
      entry.protocols = services(of: name, at: here)
      return true
    }
    if words.takes("vlan") {
      entry.uncertainties.append(Uncertainty(range: here, reason: "the VLAN of the packet is not modelled"))
      if words.takes("range") { _ = words.take() } else { _ = words.takes("eq") }
      _ = words.take()
    }
    let isIPv6Only = list.isIPv6Only
    guard let protocols = takeProtocols() else { return false }
    // In `ipv6 access-list`, `icmp` and `icmp6` are ICMPv6.
    let isICMP = isIPv6Only && protocols == IntervalSet(IPProtocol.icmp)
    entry.protocols = ServiceBounds([Service(protocols: isICMP ? IntervalSet(IPProtocol.icmpV6) : protocols)])
    if protocols.intervals.count == 1, let proto = protocols.intervals.first, proto.count == 1, !isICMP {
      entry.simple = ASAServiceKey(proto: proto.lowerBound, source: .all, destination: .all)
    }
    return true
  }

  // MARK: - Addresses

  /// `[ifc IF] [user …] [security-group …] ADDRESS`.
  private mutating func parseSide(
    _ entry: inout ASAEntry, _ list: ASAAccessList
  ) -> (AddressBounds, InterfaceMatch)? {
    var interface = InterfaceMatch.any
    if words.takes("ifc") {
      guard let name = words.takeText() else { return nil }
      interface = InterfaceMatch([name])
    }
    parseIdentity(&entry)
    guard let addresses = takeAddresses(&entry, list) else { return nil }
    // Software before 9.0 keeps the two families in lists of their own.
    let family: AddressSet? = list.isIPv6Only ? .allV6 : hasSeparateIPv6Lists ? .allV4 : nil
    guard let family else { return (addresses, interface) }
    return (
      AddressBounds(
        lower: addresses.lower.intersection(family), upper: addresses.upper.intersection(family),
        uncertainties: addresses.uncertainties), interface
    )
  }

  /// User and security group conditions narrow the entry by something that no packet shows.
  private mutating func parseIdentity(_ entry: inout ASAEntry) {
    while true {
      var name: String?
      if words.takes("user") || words.takes("user-group") || words.takes("object-group-user")
        || words.takes("object-group-security") || words.takes("object-group-network-service")
      {
        name = words.takeText()
      } else if words.takes("security-group") {
        _ = words.take()
        name = words.takeText()
      } else {
        return
      }
      let what = printable(name ?? "")
      entry.uncertainties.append(
        Uncertainty(range: here, reason: "users and security groups (`\(what)`) are not in the packet"))
      issues.append(
        ReadIssue(
          kind: .dynamicObject, range: here, message: "who or what `\(what)` is, is decided while the device runs",
          help: "the entry is checked both as if it matched and as if it did not", couldChangeVerdict: true))
    }
  }

  private mutating func takeAddresses(_ entry: inout ASAEntry, _ list: ASAAccessList) -> AddressBounds? {
    if words.takes("any") { return AddressBounds(.all) }
    if words.takes("any4") { return AddressBounds(.allV4) }
    if words.takes("any6") { return AddressBounds(.allV6) }
    if words.takes("host") { return words.take().flatMap(address).map { AddressBounds(AddressSet($0)) } }
    if words.takes("interface") { return words.takeText().map(interfaceAddresses) }
    if words.takes("object") || words.takes("object-group") {
      guard let word = words.take() else { return nil }
      let name = words.text(word)
      note(name, in: &entry)
      return addresses(of: name, at: here)
    }
    return takeNetwork().map { AddressBounds($0) }
  }

  /// `interface IF`: the device's own address there.
  func interfaceAddresses(_ name: String) -> AddressBounds {
    guard let interface = config.interfaces.first(where: { $0.nameif == name }), !interface.addresses.isEmpty,
      !interface.hasDynamicAddress
    else {
      return .unknown(
        Uncertainty(range: here, reason: "the address of interface `\(printable(name))` is not in this file"))
    }
    return AddressBounds(interface.addresses.reduce(.empty) { $0.union(AddressSet($1.address)) })
  }

  /// Remembers an object that the entry came through.
  private func note(_ name: String, in entry: inout ASAEntry) {
    guard let object = config.objects[name] else { return }
    entry.objects.append(ObjectReference(name: name, range: object.source))
  }

  // MARK: - Ports

  private mutating func parseSourcePorts(_ entry: inout ASAEntry) {
    if let ports = takePorts() {
      entry.sourcePorts = PortBounds(ports.set)
      entry.simple?.source = ports
    } else if words.isNext("object-group"), isPortGroupNext {
      _ = words.take()
      guard let name = words.takeText() else { return }
      note(name, in: &entry)
      entry.sourcePorts = ports(of: name, at: here)
      entry.simple = nil
    }
  }

  /// Whether `object-group X` after the source stands for ports, and not already for the destination.
  private var isPortGroupNext: Bool {
    guard words.position + 1 < words.ranges.count else { return false }
    let name = words.text(words.ranges[words.position + 1])
    if let kind = config.objects[name]?.kind { return kind == .ports || kind == .service }
    // Not defined: it can only be ports when an address follows.
    guard words.position + 2 < words.ranges.count else { return false }
    let following = words.ranges[words.position + 2]
    return ["any", "any4", "any6", "host", "object", "interface", "ifc"].contains(words.text(following))
      || address(following) != nil
  }

  /// Ports, an ICMP type and code, or a group of either.
  private mutating func parseDestinationService(_ entry: inout ASAEntry) -> Bool {
    if let ports = takePorts() {
      entry.destinationPorts = PortBounds(ports.set)
      entry.simple?.destination = ports
      return true
    }
    let isICMPv6 = entry.protocols?.upper.first?.protocols == IntervalSet(IPProtocol.icmpV6)
    let isICMP = isICMPv6 || entry.protocols?.upper.first?.protocols == IntervalSet(IPProtocol.icmp)
    if words.takes("object-group") {
      guard let name = words.takeText() else { return false }
      note(name, in: &entry)
      entry.simple = nil
      if config.objects[name]?.kind == .ports {
        entry.destinationPorts = ports(of: name, at: here)
      } else {
        entry.services = services(of: name, at: here, icmpV6: isICMPv6)
      }
    } else if isICMP, let types = takeICMPType() {
      guard let type = isICMPv6 ? types.v6 : types.v4 else { return false }
      entry.icmpTypes = IntervalSet(type)
      entry.simple = nil
      if let code = words.takeNumber(UInt8.self) { entry.icmpCodes = IntervalSet(code) }
    }
    return true
  }

  // MARK: - Options

  private mutating func parseOptions(_ entry: inout ASAEntry) -> Bool {
    while !words.isAtEnd {
      if words.takes("log") {
        parseLog(&entry)
      } else if words.takes("inactive") || words.takes("(inactive)") {
        entry.isInactive = true
      } else if words.takes("time-range") {
        guard let name = words.takeText() else { return false }
        entry.schedule = name
      } else if words.takes("rule-id") {
        _ = words.take()
      } else if words.takes("event-log") {
        entry.logging = .on
        _ = words.take()
      } else if !takeCounter() {
        return false
      }
    }
    return true
  }

  /// Takes `(hitcnt=12)` or the hash that `show access-list` ends an entry with.
  private mutating func takeCounter() -> Bool {
    guard let word = words.next else { return false }
    let isCounter = begins(file.bytes.span, word, with: "(hitcnt=") || begins(file.bytes.span, word, with: "0x")
    if isCounter { _ = words.take() }
    return isCounter
  }

  /// `log [disable|default|LEVEL] [interval SECONDS]`; nothing of it need follow.
  private mutating func parseLog(_ entry: inout ASAEntry) {
    entry.logging = .on
    if words.takes("disable") {
      entry.logging = .off
    } else if words.takes("default") {
      entry.logging = nil
    } else if let next = words.next, ASAReader.logLevels.contains(words.text(next)) {
      _ = words.take()
    }
    if words.takes("interval") { _ = words.take() }
  }

  private static let logLevels: Set<String> = [
    "0", "1", "2", "3", "4", "5", "6", "7", "alerts", "critical", "debugging", "emergencies", "errors",
    "informational", "notifications", "warnings",
  ]
}
