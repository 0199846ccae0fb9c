import PacketSets
import RuleModel
import SourceText

/// Aliases of both stores, resolved when they are asked for.
struct PfAliases {
  /// One definition.
  struct Definition {
    var name: String
    var type: String
    /// Entries as written.
    var entries: [String]
    var range: SourceRange
    var isEnabled: Bool
  }
  private(set) var definitions: [String: [Definition]] = [:]
  fileprivate var resolved: [String: AddressBounds] = [:]
  fileprivate var resolvedPorts: [String: PortBounds] = [:]
  fileprivate var open: Set<String> = []

  subscript(name: String) -> [Definition]? { definitions[name] }
  var names: [String] { definitions.keys.sorted() }

  mutating func append(_ definition: Definition) { definitions[definition.name, default: []].append(definition) }
}

/// How deep aliases may hold each other; the products follow any depth, people do not.
private let depthLimit = 32

/// Types whose content is fetched, looked up or filled in at run time.
private let dynamicTypes: Set<String> = [
  "url", "urltable", "urljson", "geoip", "external", "dynipv6host", "mac", "asn", "authgroup", "internal", "url_ports",
  "urltable_ports",
]

extension PfReader {
  mutating func readAliases() {
    if let section = root.element(named: "aliases") {
      markTags(section)
      for element in section.elements { readAlias(element, content: "address") }
    }
    if let section = firewallModel?.element(named: "Alias") {
      markTags(section)
      for part in section.elements {
        if part.name == "aliases" {
          markTags(part)
          for element in part.elements { readAlias(element, content: "content") }
        } else {
          use(part)
        }
      }
    }
  }

  private mutating func readAlias(_ element: XMLElement, content: String) {
    use(element)
    guard element.name == "alias", let name = element.value("name") else {
      if !element.isVoid {
        notes.gap(element.range, .notRecognised, matters: true, "an alias without a name; it is left out")
      }
      return
    }
    let text = element.element(named: content)?.text ?? ""
    aliases.append(
      PfAliases.Definition(
        name: name, type: (element.value("type") ?? "").lowercased(), entries: entries(text), range: element.range,
        isEnabled: element.value("enabled") != "0"))
  }

  /// OPNsense puts entries on lines of their own, pfSense separates them by blanks.
  private func entries(_ text: String) -> [String] {
    text.utf8.split { $0 <= ASCII.space || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") }.map {
      String(Substring($0))
    }
  }

  // MARK: addresses

  /// The addresses that an alias stands for; nil when no alias has the name.
  mutating func aliasAddresses(_ name: String, depth: Int = 0) -> AddressBounds? {
    if let known = aliases.resolved[name] { return known }
    if let own = builtIn(name) { return own }
    guard let definitions = aliases[name] else { return nil }
    let range = definitions[0].range
    guard depth < depthLimit, aliases.open.insert(name).inserted else {
      let why = depth < depthLimit ? "holds itself" : "is nested more than \(depthLimit) levels deep"
      return .unknown(open(range, "the alias `\(printable(name))` \(why); what it holds is open"))
    }
    defer { aliases.open.remove(name) }
    if definitions.count > 4 {
      return .unknown(open(range, "the alias `\(printable(name))` is defined \(definitions.count) times"))
    }
    var bounds = addresses(of: definitions[0], depth)
    for other in definitions.dropFirst() {
      let second = addresses(of: other, depth)
      let why = open(other.range, "the alias `\(printable(name))` is defined twice; either may be in force")
      bounds = AddressBounds(
        lower: bounds.lower.intersection(second.lower), upper: bounds.upper.union(second.upper),
        uncertainties: bounds.uncertainties + second.uncertainties + [why])
    }
    aliases.resolved[name] = bounds
    return bounds
  }

  private mutating func addresses(of alias: PfAliases.Definition, _ depth: Int) -> AddressBounds {
    let name = printable(alias.name)
    guard alias.isEnabled else {
      return .unknown(open(alias.range, "the alias `\(name)` is switched off but used; what rules do with it is open"))
    }
    if dynamicTypes.contains(alias.type) {
      return .unknown(dynamic(alias, "`\(printable(alias.type))`: its content is not in the file"))
    }
    var left = AddressCollector()
    for entry in alias.entries where entry.hasPrefix("!") {
      add(String(entry.dropFirst()), of: alias, to: &left, depth)
    }
    var taken = AddressCollector()
    for entry in alias.entries where !entry.hasPrefix("!") { add(entry, of: alias, to: &taken, depth) }
    if left.isEmpty { return taken.bounds }
    let excluded = left.bounds
    let inside = taken.exact(inside: excluded.upper)
    var bounds = taken.bounds.subtracting(excluded)
    if !inside.isEmpty {
      // In a table the more specific entry wins (pf.conf(5), TABLES), whichever way it says.
      bounds.upper = bounds.upper.union(inside)
      bounds.uncertainties.append(
        Uncertainty(range: alias.range, reason: "entries of the alias `\(name)` lie inside those that it excludes"))
    }
    return bounds
  }

  private mutating func add(
    _ entry: String, of alias: PfAliases.Definition, to all: inout AddressCollector, _ depth: Int
  ) {
    if let addresses = pfAddresses(entry) {
      all.add(addresses)
    } else if let nested = aliasAddresses(entry, depth: depth + 1) {
      all.add(nested)
    } else if entry.contains(".") || alias.type == "host" || alias.type == "network" {
      all.add(
        AddressBounds.unknown(
          dynamic(alias, "`\(printable(entry))` is a host name or unknown: its addresses are not in the file")))
    } else {
      all.add(AddressBounds.unknown(notes.undefined("alias", entry, alias.range, among: aliases.names)))
    }
  }

  private mutating func dynamic(_ alias: PfAliases.Definition, _ reason: String) -> Uncertainty {
    let message = "alias `\(printable(alias.name))`, \(reason)"
    notes.issue(
      .dynamicObject, alias.range, message,
      help: "write the addresses into the alias, or keep it out of rules between zones")
    return Uncertainty(range: alias.range, reason: message)
  }

  /// Names that the products fill in themselves.
  private mutating func builtIn(_ name: String) -> AddressBounds? {
    if ["bogons", "bogonsv6"].contains(name) {
      return bogons(name == "bogons" ? .v4 : .v6, device.source)
    }
    if ["sshlockout", "virusprot", "webConfiguratorlockout", "snort2c"].contains(name), aliases[name] == nil {
      return .unknown(Uncertainty(range: device.source, reason: "`\(name)` is filled by the device while it runs"))
    }
    guard name.hasPrefix("__"), name.hasSuffix("_network") else { return nil }
    return interfaces[String(name.dropFirst(2).dropLast(8))]?.networks
  }

  /// Addresses that nobody should send from: "reserved (but not RFC 1918) or not yet assigned by IANA" (OPNsense
  /// documentation, Firewall settings, "Bogon Networks"); which these are changes with time.
  func bogons(_ family: IPFamily, _ range: SourceRange) -> AddressBounds {
    let upper =
      family == .v4
      ? AddressSet.allV4.subtracting(privateV4) : AddressSet.allV6
    return AddressBounds(
      lower: .empty, upper: upper,
      uncertainties: [Uncertainty(range: range, reason: "the list of bogon networks is fetched by the device")])
  }

  // MARK: ports

  /// The ports of a port, range, name or alias; nil when it is none of these.
  mutating func ports(_ text: String, depth: Int = 0) -> PortBounds? {
    let lower = text.lowercased()
    if lower == "any" { return PortBounds(.all) }
    if let named = ServiceNames.ports(lower) { return PortBounds(named) }
    let range = lower.replacingAny("-", with: ":")
    // `80:any` and `any:80` are open to one end (Rule.php, convertAddress).
    let ends = pieces(range, at: ASCII.colon).map { $0 == "any" ? "" : $0 }
    if let ports = ServiceNames.ports(ends.joined(separator: ":")), !range.isEmpty { return PortBounds(ports) }
    if let port = otherPorts[lower] { return PortBounds(IntervalSet(port)) }
    return aliasPorts(text, depth)
  }

  private mutating func aliasPorts(_ name: String, _ depth: Int) -> PortBounds? {
    if let known = aliases.resolvedPorts[name] { return known }
    guard let definitions = aliases[name] else { return nil }
    let range = definitions[0].range
    guard depth < depthLimit, aliases.open.insert(name).inserted else {
      return PortBounds(unknown: open(range, "the alias `\(printable(name))` holds itself or is nested too deeply"))
    }
    defer { aliases.open.remove(name) }
    var result: PortBounds
    let alias = definitions[0]
    if definitions.count > 1 {
      result = PortBounds(unknown: open(range, "the alias `\(printable(name))` is defined twice"))
    } else if !alias.isEnabled {
      result = PortBounds(unknown: open(range, "the alias `\(printable(name))` is switched off but used"))
    } else if dynamicTypes.contains(alias.type) {
      result = PortBounds(unknown: dynamic(alias, "`\(printable(alias.type))`: its content is not in the file"))
    } else {
      result = PortBounds(.empty)
      var intervals: [ClosedRange<UInt16>] = []
      for entry in alias.entries {
        guard let ports = ports(entry, depth: depth + 1) else {
          let why = notes.undefined("port or alias", entry, range, among: aliases.names)
          result = result.union(PortBounds(unknown: why))
          continue
        }
        if ports.uncertainties.isEmpty { intervals += ports.upper.intervals } else { result = result.union(ports) }
      }
      result = result.union(PortBounds(IntervalSet(intervals)))
    }
    aliases.resolvedPorts[name] = result
    return result
  }
}

/// 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16 (RFC 1918).
let privateV4 = AddressSet(
  v4: IntervalSet([0x0A00_0000...0x0AFF_FFFF, 0xAC10_0000...0xAC1F_FFFF, 0xC0A8_0000...0xC0A8_FFFF]))

/// Names of ports that the products offer beside those of `/etc/services` on Linux (OPNsense, PortField.php).
private let otherPorts: [String: UInt16] = [
  "cvsup": 5999, "hbci": 3000, "aol": 5190, "ipsec-msft": 4500, "ms-streaming": 1755, "afs3-fileserver": 7000,
  "wins": 1512, "msnp": 1863, "avt-profile-1": 5004, "igmpv3lite": 465, "nat-stun-port": 3478, "teredo": 3544,
  "rfb": 5900,
]

/// `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, `10.0.0.0/0.255.0.255`, IPv6 alike; nil for anything else.
func pfAddresses(_ text: String) -> AddressSet? {
  if let addresses = plainAddresses(text) { return addresses }
  // A wildcard mask: ones are free (OPNsense documentation, Aliases, "Networks").
  let parts = pieces(text, at: UInt8(ascii: "/"))
  if parts.count == 2, let base = IPAddress(parts[0]), let mask = IPAddress(parts[1]), base.family == .v4,
    mask.family == .v4
  {
    return AddressSet(v4: base.v4, mask: ~mask.v4)
  }
  return nil
}

extension String {
  /// The text with one ASCII character in place of another.
  func replacingAny(_ old: Character, with new: Character) -> String { String(map { $0 == old ? new : $0 }) }
}
