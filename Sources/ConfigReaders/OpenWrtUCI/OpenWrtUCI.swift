import PacketSets
import RuleModel
import SourceText

extension Platform {
  /// OpenWrt and routers built on it (Teltonika RutOS and other cellular gateways): the firewall configuration.
  static let openWrtUCI = Platform(
    id: "openwrt-uci",
    title: "OpenWrt UCI /etc/config/firewall (Teltonika and others)", support: .samples,
    documentation: [
      "OpenWrt user guide, Firewall configuration (openwrt.org/docs/guide-user/firewall/firewall_configuration)",
      "firewall4, root/usr/share/ucode/fw4.uc and templates/ruleset.uc",
      "Teltonika wiki, Firewall traffic rules; GPL SDK of RUTX, firewall.config",
    ],
    modelled: [
      "defaults, zones with networks, devices and subnets, forwardings, rules, redirects with reflection, nat, ipsets",
      "zone policies, masquerading, families, protocols, addresses with ! and masks, ports, ICMP types, enabled, log",
      "interfaces, addresses and static routes of /etc/config/network in the same file; the JSON form of fw4's tests",
    ],
    bounded: [
      "limit, times, marks, MAC addresses, helpers, option extra, priorities that contradict the order",
      "ipsets with timeout or loadfile, zones without networks, values and options that are not known",
      "connections that a redirect has translated; include sections and template marks are gaps",
    ],
    ignored: ["helpers, MTU fixing, counters, offloading, kernel settings", "sections of other packages"],
    detect: detectOpenWrtUCI, read: readOpenWrtUCI)
}

/// Reads a UCI firewall configuration, text or JSON.
@Sendable func readOpenWrtUCI(_ file: SourceFile) -> Reading {
  let isJSON = file.bytes.first { !ASCII.isBlank($0) && $0 != 10 && $0 != 13 } == UInt8(ascii: "{")
  let document = isJSON ? parseUCIJSON(file) : parseUCI(file)
  var firewall = UCIFirewall(file, document)
  firewall.read()
  var reading = Reading(ledger: firewall.ledger)
  reading.issues = firewall.issues
  let isFirewall = firewall.sections.contains { UCIOptions.known[$0.type] != nil && $0.type != "helper" }
  if isFirewall {
    let name = firewall.sections.first { $0.type == "system" }?.value("hostname") ?? baseName(file.path)
    var builder = NFTDeviceBuilder(file, firewall.ruleset(), name: name, platform: "openwrt-uci")
    builder.build()
    addInterfaces(&builder.device, firewall)
    builder.device.routes = firewall.networks.routes
    builder.device.hasOtherRoutes = firewall.networks.hasOtherRoutes || routesByProgram(document.sections)
    reading.devices = [builder.device]
    reading.issues += builder.issues
    for gap in builder.gaps { reading.ledger.gap(gap) }
  } else {
    reading.issues.append(
      ReadIssue(
        kind: .truncated, range: file.range(0, 0), message: "the file holds no section of a firewall",
        help: "export with `uci export firewall`", couldChangeVerdict: true))
  }
  reading.ledger.finish(file)
  return reading
}

/// The interfaces of networks and zones, with the zone that each is in.
private func addInterfaces(_ device: inout Device, _ firewall: UCIFirewall) {
  var interfaces: [Interface] = []
  var places: [String: Int] = [:]
  func place(_ name: String, _ source: SourceRange) -> Int {
    if let known = places[name] { return known }
    places[name] = interfaces.count
    interfaces.append(Interface(name: name, source: source))
    return interfaces.count - 1
  }
  for network in firewall.networks.list where network.device != "lo" && network.name != "loopback" {
    let index = place(network.device, network.source)
    if network.name != network.device { interfaces[index].aliases.append(network.name) }
    interfaces[index].addresses += network.addresses
    if network.isDisabled { interfaces[index].isShutdown = true }
  }
  for zone in firewall.zones {
    for name in zone.deviceNames where !name.hasSuffix("+") && name != "lo" {
      interfaces[place(name, zone.section.range)].platformZone = zone.name
    }
  }
  for interface in device.interfaces where places[interface.name] == nil && interface.name != "/never/" {
    interfaces.append(interface)
  }
  device.interfaces = interfaces
  device.listsAllInterfaces = firewall.networks.areKnown
}

/// Packages that learn routes or choose among several ways out.
private let routingPackages: Set<String> = [
  "babeld", "batman-adv", "bgp", "bird", "bmx7", "eigrp", "frr", "isis", "mwan3", "nhrp", "olsrd", "openvpn", "ospf",
  "pbr",
  "quagga", "rip", "tailscale", "tinc", "vpn-policy-routing", "zerotier",
]

/// Whether such a package has a section that is not switched off.
private func routesByProgram(_ sections: [UCISection]) -> Bool {
  sections.contains { section in
    section.package.map { routingPackages.contains($0) } ?? false
      && UCIValues.bool(section.value("enabled")) != false && UCIValues.bool(section.value("ignore")) != true
  }
}

/// A `config` line of a firewall's type with an `option` or `list` line behind it, or JSON with such a key first.
@Sendable private func detectOpenWrtUCI(_ file: SourceFile) -> String? {
  let bytes = file.bytes.span
  if file.bytes.prefix(400).first(where: { !ASCII.isBlank($0) && $0 != 10 && $0 != 13 }) == UInt8(ascii: "{") {
    return detectJSON(file)
  }
  var section: Int?
  for line in 1...file.lines.count {
    let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
    var position = bounds.lowerBound
    guard let word = takeWord(bytes, &position, end: bounds.upperBound) else { continue }
    if word.lowerBound == bounds.lowerBound, matches(bytes, word, "config"),
      let type = takeWord(bytes, &position, end: bounds.upperBound), type.count < 12,
      ["defaults", "zone", "forwarding", "rule", "redirect"].contains(text(bytes, type))
    {
      section = line
    } else if let section, matches(bytes, word, "option") || matches(bytes, word, "list") {
      return "line \(section) opens a section of OpenWrt's firewall"
    }
  }
  return nil
}

private func detectJSON(_ file: SourceFile) -> String? {
  let head = file.text(0..<min(file.bytes.count, 400)).filter { !$0.isWhitespace }
  for type in ["defaults", "zone", "forwarding", "rule", "redirect", "nat", "ipset", "include"]
  where head.hasPrefix("{\"\(type)\":[{") || head.hasPrefix("{\"\(type)\":{") {
    return "the JSON document begins with firewall sections of type \(type)"
  }
  return nil
}
