import PacketSets
import RuleModel
import SourceText

/// Lowers what rules say of packets.
extension PfReader {
  /// The match of a rule, with the objects that it came through.
  mutating func match(_ parts: PfMatchParts) -> (match: MatchBounds, sources: AddressBounds, objects: [ObjectReference])
  {
    let families = families(parts)
    var objects: [ObjectReference] = []
    let sources = cut(addresses(parts.source, &objects), families)
    let destinations = cut(addresses(parts.destination, &objects), families)
    var services = services(parts, families, &objects)
    for end in [parts.source, parts.destination] {
      if let problem = end.problem {
        services = ServiceBounds(
          lower: [], upper: services.upper, uncertainties: services.uncertainties + [problem])
      }
    }
    return (MatchBounds(sources: sources, destinations: destinations, services: services), sources, objects)
  }

  /// Without `<ipprotocol>` pfSense makes an IPv4 rule (filter.inc, `filter_generate_user_rule`), OPNsense one for both.
  private mutating func families(_ parts: PfMatchParts) -> AddressSet {
    switch parts.family?.lowercased() {
    case "inet": return .allV4
    case "inet6": return .allV6
    case "inet46": return .all
    case nil, "": return product == .pfsense ? .allV4 : .all
    default:
      notes.gap(
        parts.range, .notRecognised, matters: true,
        "`\(printable(parts.family ?? ""))` is no IP version; the rule is taken for both")
      return .all
    }
  }

  private func cut(_ bounds: AddressBounds, _ families: AddressSet) -> AddressBounds {
    if families.isAll { return bounds }
    let upper = bounds.upper.intersection(families)
    let lower = bounds.lower.intersection(families)
    // What is not known of the other family does not matter.
    return AddressBounds(lower: lower, upper: upper, uncertainties: upper == lower ? [] : bounds.uncertainties)
  }

  /// The addresses of one end.
  mutating func addresses(_ end: PfEndpoint, _ objects: inout [ObjectReference]) -> AddressBounds {
    if end.values.isEmpty { return AddressBounds(.all) }
    var collector = AddressCollector()
    for value in end.values { collector.add(addresses(value, end.range, &objects)) }
    let all = collector.bounds
    switch end.isNegated {
    case false?: return all
    case true?:
      if end.values.count > 1 {
        // pf takes each negated entry of a list by itself, so that a list of two lets everything through.
        let why = Uncertainty(range: end.range, reason: "a negated list of several entries may match everything")
        return AddressBounds(
          lower: all.complement.lower, upper: .all, uncertainties: all.uncertainties + [why])
      }
      return all.complement
    case nil:
      let why = open(end.range, "whether this end of the rule is negated is not certain")
      return AddressBounds(lower: .empty, upper: .all, uncertainties: all.uncertainties + [why])
    }
  }

  /// What one word stands for: an address, an interface's network or address, the device itself, or an alias.
  private mutating func addresses(
    _ value: String, _ range: SourceRange, _ objects: inout [ObjectReference]
  ) -> AddressBounds {
    if value == "any" { return AddressBounds(.all) }
    if let addresses = pfAddresses(value) { return AddressBounds(addresses) }
    if value == "(self)" {
      return interfaces.all.reduce(AddressBounds.empty) { $1.isEnabled ? $0.union($1.addresses) : $0 }
    }
    if let interface = interfaces[value] { return interface.networks }
    if value.hasSuffix("ip"), let interface = interfaces[String(value.dropLast(2))] { return interface.addresses }
    if let group = interfaces.groups[value], !group.members.isEmpty {
      let known = group.members.compactMap { interfaces[$0]?.networks }
      if known.count == group.members.count { return known.reduce(.empty) { $0.union($1) } }
      return .unknown(Uncertainty(range: range, reason: "the networks of `\(printable(value))` are not in the file"))
    }
    if let bounds = aliasAddresses(value) {
      if let alias = aliases[value]?.first { objects.append(ObjectReference(name: value, range: alias.range)) }
      return bounds
    }
    // The products leave a rule out whose addresses they cannot make sense of; whether it was meant to deny or to
    // permit, that is not what was meant.
    return .unknown(
      notes.undefined("network, interface or alias", value, range, among: interfaces.names + aliases.names))
  }

  // MARK: services

  private mutating func services(
    _ parts: PfMatchParts, _ families: AddressSet, _ objects: inout [ObjectReference]
  ) -> ServiceBounds {
    let name = (parts.proto ?? "any").lowercased()
    switch name {
    case "any", "":
      return withPorts([.any], parts, isPorted: false, &objects)
    case "tcp": return withPorts([flagged(parts)], parts, isPorted: true, &objects)
    case "udp": return withPorts([Service(proto: IPProtocol.udp)], parts, isPorted: true, &objects)
    case "tcp/udp":
      return withPorts(
        [Service(proto: IPProtocol.tcp), Service(proto: IPProtocol.udp)], parts, isPorted: true, &objects)
    case "icmp", "icmp6", "icmpv6", "ipv6-icmp": return icmp(parts, families, isV6Only: name != "icmp")
    default:
      guard let protocols = protocols(name) else {
        return .unknown(open(parts.range, "`\(printable(name))` is no protocol that is understood", .notRecognised))
      }
      return withPorts([Service(protocols: protocols)], parts, isPorted: false, &objects)
    }
  }

  private func protocols(_ name: String) -> IntervalSet<UInt8>? {
    if name == "pfsync" { return IntervalSet(240) }
    return ServiceNames.protocols(name)
  }

  /// `flags SET/OF` of a TCP rule.
  private mutating func flagged(_ parts: PfMatchParts) -> Service {
    var service = Service(proto: IPProtocol.tcp)
    guard !parts.flagsOf.isEmpty else { return service }
    let bits: [String: UInt8] = [
      "fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ece": 64, "cwr": 128,
    ]
    let set = parts.flagsSet.reduce(UInt8(0)) { $0 | (bits[$1.lowercased()] ?? 0) }
    let of = parts.flagsOf.reduce(UInt8(0)) { $0 | (bits[$1.lowercased()] ?? 0) }
    service.tcpFlags = IntervalSet((UInt8.min...UInt8.max).filter { $0 & of == set }.map { $0...$0 })
    return service
  }

  /// Ports count only where the protocol is TCP, UDP or both: without it OPNsense makes a rule for every port
  /// (Rule.php, `convertAddress`), pfSense one for every TCP port (filter.inc, `filter_generate_port`).
  private mutating func withPorts(
    _ plain: [Service], _ parts: PfMatchParts, isPorted: Bool, _ objects: inout [ObjectReference]
  ) -> ServiceBounds {
    let source = endPorts(parts.source, &objects)
    let destination = endPorts(parts.destination, &objects)
    if source == nil, destination == nil { return ServiceBounds(plain) }
    let from = source ?? PortBounds(.all)
    let to = destination ?? PortBounds(.all)
    func narrowed(_ sourcePorts: IntervalSet<UInt16>, _ destinationPorts: IntervalSet<UInt16>) -> [Service] {
      if sourcePorts.isEmpty || destinationPorts.isEmpty { return [] }
      return plain.map {
        var service = $0
        service.sourcePorts = sourcePorts
        service.destinationPorts = destinationPorts
        return service
      }
    }
    let lower = narrowed(from.lower, to.lower)
    guard isPorted else {
      let why = open(
        (source == nil ? parts.destination : parts.source).range,
        "a port counts only with TCP or UDP; \(product.title) makes a rule for every port of this one")
      return ServiceBounds(lower: lower, upper: plain, uncertainties: [why])
    }
    return ServiceBounds(
      lower: lower, upper: narrowed(from.upper, to.upper), uncertainties: from.uncertainties + to.uncertainties)
  }

  private mutating func endPorts(_ end: PfEndpoint, _ objects: inout [ObjectReference]) -> PortBounds? {
    guard let text = end.port, !text.isEmpty, text != "any" else { return nil }
    if let alias = aliases[text]?.first { objects.append(ObjectReference(name: text, range: alias.range)) }
    if let ports = ports(text) { return ports }
    return PortBounds(unknown: notes.undefined("port or alias", text, end.range, among: aliases.names))
  }

  private mutating func icmp(_ parts: PfMatchParts, _ families: AddressSet, isV6Only: Bool) -> ServiceBounds {
    var services: [Service] = []
    var isOpen: Uncertainty?
    func typed(_ proto: UInt8, _ words: [String], _ names: [String: UInt8]) {
      var service = Service(proto: proto)
      let wanted = words.filter { $0 != "any" && !$0.isEmpty }
      guard !wanted.isEmpty else { return services.append(service) }
      let numbers = wanted.map { names[$0.lowercased()] ?? UInt8($0) }
      if numbers.contains(nil) {
        isOpen = Uncertainty(range: parts.range, reason: "an ICMP type of the rule is not known")
        return services.append(service)
      }
      service.icmpTypes = IntervalSet(numbers.compactMap { $0 }.map { $0...$0 })
      services.append(service)
    }
    let types6 = parts.icmp6Types.isEmpty ? parts.icmpTypes : parts.icmp6Types
    if !families.v4.isEmpty, !isV6Only { typed(IPProtocol.icmp, parts.icmpTypes, icmpNames) }
    if !families.v6.isEmpty || isV6Only { typed(IPProtocol.icmpV6, types6, icmp6Names) }
    guard let isOpen else { return ServiceBounds(services) }
    notes.gap(parts.range, .notRecognised, matters: true, isOpen.reason)
    return ServiceBounds(lower: [], upper: services, uncertainties: [isOpen])
  }
}

/// ICMP types by the names of pf (OPNsense core, models/OPNsense/Firewall/Filter.xml).
private let icmpNames: [String: UInt8] = [
  "echorep": 0, "unreach": 3, "squench": 4, "redir": 5, "althost": 6, "echoreq": 8, "routeradv": 9, "routersol": 10,
  "timex": 11, "paramprob": 12, "timereq": 13, "timerep": 14, "inforeq": 15, "inforep": 16, "maskreq": 17,
  "maskrep": 18, "trace": 30, "dataconv": 31, "mobredir": 32, "ipv6-where": 33, "ipv6-here": 34, "mobregreq": 35,
  "mobregrep": 36, "skip": 39, "photuris": 40,
]

/// ICMPv6 types by the names of pf (OPNsense core, models/OPNsense/Firewall/Filter.xml).
private let icmp6Names: [String: UInt8] = [
  "unreach": 1, "toobig": 2, "timex": 3, "paramprob": 4, "echoreq": 128, "echorep": 129, "listqry": 130,
  "groupqry": 130, "listenrep": 131, "grouprep": 131, "listendone": 132, "groupterm": 132, "routersol": 133,
  "routeradv": 134, "neighbrsol": 135, "neighbradv": 136, "redir": 137, "routrrenum": 138, "niqry": 139, "wrureq": 139,
  "fqdnreq": 139, "nirep": 140, "wrurep": 140, "fqdnrep": 140, "mtraceresp": 200, "mtrace": 201,
]
