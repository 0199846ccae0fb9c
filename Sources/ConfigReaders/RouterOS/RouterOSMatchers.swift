import PacketSets
import RuleModel
import SourceText

/// What the properties of a rule say about packets (RouterOS documentation, "Common Firewall Matchers and Actions").
extension RouterOSReader {
  /// Properties that do not say which packets a rule takes.
  private static let indifferent: Set<String> = [
    "chain", "action", "comment", "disabled", "log", "log-prefix", "jump-target", "reject-with", "address-list",
    "address-list-timeout", "hw-offload", "to-addresses", "to-ports", "to-address", "randomise-ports",
    "randomize-ports",
    "same-not-by-dst", "place-before", "new-connection-mark", "new-packet-mark", "new-routing-mark", "passthrough",
    "new-mss", "new-ttl", "new-hop-limit", "new-dscp", "new-priority", "route-dst", "sniff-target", "sniff-target-port",
    "sniff-id", "socks5-port", "socks5-server", "socks5-user", "socks5-password", "set-priority", "copy-from",
  ]

  /// Matchers that are known and not in the model.
  private static let open: [String: String] = [
    "connection-mark": "a mark", "packet-mark": "a mark", "routing-mark": "a mark", "routing-table": "a routing table",
    "layer7-protocol": "the payload", "content": "the payload", "tls-host": "the payload", "p2p": "the payload",
    "dst-limit": "a rate", "limit": "a rate", "connection-limit": "a number of connections",
    "connection-rate": "a rate", "connection-bytes": "the volume of a connection", "nth": "every n-th packet",
    "random": "chance", "psd": "a port scan", "per-connection-classifier": "a share of connections",
    "hotspot": "a hotspot", "ttl": "the time to live", "hop-limit": "the hop limit", "dscp": "the DSCP value",
    "packet-size": "the size", "src-mac-address": "a MAC address", "dst-mac-address": "a MAC address",
    "in-bridge-port": "a port of a bridge", "out-bridge-port": "a port of a bridge",
    "in-bridge-port-list": "a port of a bridge", "out-bridge-port-list": "a port of a bridge",
    "src-address-type": "the type of an address", "dst-address-type": "the type of an address",
    "fragment": "fragments", "ipv4-options": "IP options", "headers": "extension headers",
    "ingress-priority": "a priority", "priority": "a priority", "connection-type": "a helper", "realm": "a realm",
    "tcp-mss": "the segment size", "time": "the time", "icmp-id": "an ICMP field",
  ]

  mutating func readMatchers(_ statement: RouterOSStatement, _ place: RouterOSPlace, _ rule: inout IptablesRule) {
    readServices(statement, &rule)
    for key in statement.keys where !Self.indifferent.contains(key) {
      guard let word = statement[key], !word.isEmpty else { continue }
      switch key {
      case "src-address": rule.sources = narrowed(rule.sources, word, &rule)
      case "dst-address": rule.destinations = narrowed(rule.destinations, word, &rule)
      case "src-address-list": rule.sources = rule.sources.meeting(list(word, statement.range, place.family))
      case "dst-address-list": rule.destinations = rule.destinations.meeting(list(word, statement.range, place.family))
      case "in-interface", "in-interface-list", "out-interface", "out-interface-list":
        readInterfaceMatcher(key, word, statement, &rule)
      case "connection-state": readStates(word, &rule)
      // NAT of the whole configuration has to be known first.
      case "connection-nat-state": break
      case "ipsec-policy": readIPsec(word, &rule)
      case "protocol", "dst-port", "src-port", "port", "icmp-options", "tcp-flags", "any-port": break
      default:
        if let what = Self.open[key] {
          rule.doubt("it asks for \(what) (`\(key)`)")
          if key == "time" { rule.schedule.append(word) }
        } else {
          rule.problem("`\(printable(key))` of a rule is not known")
        }
      }
    }
  }

  // MARK: addresses and interfaces

  private func narrowed(_ known: AddressBounds, _ word: String, _ rule: inout IptablesRule) -> AddressBounds {
    let isNegated = word.hasPrefix("!")
    guard let addresses = routerOSAddresses(isNegated ? String(word.dropFirst()) : word, rule.family) else {
      rule.problem("`\(printable(word))` is no address that is understood")
      return known
    }
    let meant = isNegated ? addresses.complement : addresses
    return known.meeting(AddressBounds(meant))
  }

  private mutating func list(_ word: String, _ range: SourceRange, _ family: IPFamily) -> AddressBounds {
    let isNegated = word.hasPrefix("!")
    let name = isNegated ? String(word.dropFirst()) : word
    let bounds: AddressBounds
    if let known = addressLists[family]?.bounds(name) {
      bounds = known
    } else {
      let names = addressLists[family]?.names ?? []
      bounds = .unknown(notes.undefined("address list", name, range, among: names))
    }
    return isNegated ? bounds.complement : bounds
  }

  private mutating func readInterfaceMatcher(
    _ key: String, _ word: String, _ statement: RouterOSStatement, _ rule: inout IptablesRule
  ) {
    let (match, doubt) =
      key.hasSuffix("-list") ? interfaceListMatch(word, statement.range) : interfaceMatch(word, statement)
    if let doubt { rule.doubt(doubt) }
    let isIn = key.hasPrefix("in-")
    let known = isIn ? rule.ingress : rule.egress
    // Nothing is both: a match of no interface.
    let both = known.meeting(match)?.both ?? InterfaceMatch([])
    if isIn { rule.ingress = both } else { rule.egress = both }
  }

  // MARK: protocols and ports

  private func readServices(_ statement: RouterOSStatement, _ rule: inout IptablesRule) {
    var protocols = IntervalSet<UInt8>.all
    if let word = statement["protocol"] {
      let isNegated = word.hasPrefix("!")
      guard let known = protocolNumbers(isNegated ? String(word.dropFirst()) : word) else {
        return rule.problem("`\(printable(word))` is no protocol that is understood")
      }
      protocols = isNegated ? known.complement : known
    }
    var services = [Service(protocols: protocols)]
    readPorts(statement, &services, &rule)
    if let word = statement["icmp-options"] { readICMP(word, &services, &rule) }
    if let word = statement["tcp-flags"] { readFlags(word, &services, &rule) }
    rule.services = services
  }

  private func protocolNumbers(_ word: String) -> IntervalSet<UInt8>? {
    let own: [String: UInt8] = [
      "ipsec-esp": 50, "ipsec-ah": 51, "icmpv6": 58, "ipencap": 4, "udp-lite": 136, "ggp": 3, "st": 5, "pup": 12,
      "hmp": 20, "xns-idp": 22, "rdp": 27, "iso-tp4": 29, "xtp": 36, "ddp": 37, "idpr-cmtp": 38, "rspf": 73, "vmtp": 81,
      "encap": 98,
    ]
    if let number = own[word] { return IntervalSet(number) }
    return ServiceNames.protocols(word)
  }

  private func readPorts(_ statement: RouterOSStatement, _ services: inout [Service], _ rule: inout IptablesRule) {
    for key in ["dst-port", "src-port", "port", "any-port"] {
      guard let word = statement[key], !word.isEmpty else { continue }
      guard let ports = routerOSPorts(word) else {
        rule.problem("`\(printable(word))` are no ports that are understood")
        continue
      }
      services = services.flatMap { service -> [Service] in
        var (to, from) = (service, service)
        to.destinationPorts = service.destinationPorts.intersection(ports)
        from.sourcePorts = service.sourcePorts.intersection(ports)
        return key == "dst-port" ? [to] : key == "src-port" ? [from] : [to, from]
      }
    }
  }

  /// `8:0-255`, `3:4`, `8`.
  private func readICMP(_ word: String, _ services: inout [Service], _ rule: inout IptablesRule) {
    let parts = word.split(separator: ":", omittingEmptySubsequences: false)
    func numbers(_ text: Substring) -> IntervalSet<UInt8>? {
      let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt8($0) }
      guard (1...2).contains(ends.count), let low = ends[0], let high = ends[ends.count - 1], low <= high else {
        return nil
      }
      return IntervalSet(low...high)
    }
    guard (1...2).contains(parts.count), let types = numbers(parts[0]),
      let codes = parts.count == 2 ? numbers(parts[1]) : .all
    else { return rule.doubt("it asks for ICMP messages `\(printable(word))`") }
    for index in services.indices {
      services[index].icmpTypes = types
      services[index].icmpCodes = codes
    }
  }

  /// `syn,!ack`: those named are set, those with `!` are not.
  private func readFlags(_ word: String, _ services: inout [Service], _ rule: inout IptablesRule) {
    let bits: [String: UInt8] = [
      "fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ece": 64, "cwr": 128,
    ]
    var (set, of) = (UInt8(0), UInt8(0))
    for flag in word.split(separator: ",") {
      let isNegated = flag.hasPrefix("!")
      guard let bit = bits[String(isNegated ? flag.dropFirst() : flag)] else {
        return rule.problem("`\(printable(word))` are no TCP flags that are understood")
      }
      of |= bit
      if !isNegated { set |= bit }
    }
    for index in services.indices {
      services[index].tcpFlags = IntervalSet((UInt8.min...UInt8.max).filter { $0 & of == set }.map { $0...$0 })
    }
  }

  // MARK: connections

  private func readStates(_ word: String, _ rule: inout IptablesRule) {
    let names: [String: SessionStates] = [
      "new": .new, "established": .reply, "related": .related, "invalid": .invalid, "untracked": .untracked,
    ]
    var states: SessionStates = []
    let isNegated = word.hasPrefix("!")
    for name in (isNegated ? word.dropFirst() : word[...]).split(separator: ",") {
      guard let state = names[String(name)] else {
        return rule.problem("`\(printable(String(name)))` is no connection state")
      }
      states.formUnion(state)
    }
    rule.states = isNegated ? SessionStates.all.subtracting(states) : states
    rule.certainStates = rule.states
  }

  /// `in,ipsec`, `out,none`: whether a packet was, or will be, protected by IPsec.
  private func readIPsec(_ word: String, _ rule: inout IptablesRule) {
    guard word.hasSuffix("ipsec") || word.hasSuffix("none") else {
      return rule.problem("`\(printable(word))` is no IPsec policy that is understood")
    }
    if usesIPsec != nil { return rule.doubt("whether a packet belongs to an IPsec policy is not followed") }
    // Nothing in the file sets IPsec up, so no packet belongs to it.
    if word.hasSuffix("ipsec") { rule.states = [] }
  }
}

extension AddressBounds {
  /// Addresses of both.
  func meeting(_ other: AddressBounds) -> AddressBounds {
    AddressBounds(
      lower: lower.intersection(other.lower), upper: upper.intersection(other.upper),
      uncertainties: uncertainties + other.uncertainties)
  }
}

/// `80`, `80,443,8000-8010`, `!80`.
func routerOSPorts(_ word: String) -> IntervalSet<UInt16>? {
  let isNegated = word.hasPrefix("!")
  var intervals: [ClosedRange<UInt16>] = []
  for piece in (isNegated ? word.dropFirst() : word[...]).split(separator: ",", omittingEmptySubsequences: false) {
    let ends = piece.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
    guard (1...2).contains(ends.count), let low = ends[0], let high = ends[ends.count - 1], low <= high else {
      return nil
    }
    intervals.append(low...high)
  }
  let ports = IntervalSet(intervals)
  return isNegated ? ports.complement : ports
}
