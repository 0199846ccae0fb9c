import PacketSets
import RuleModel
import SourceText

/// Reads the statements of a SCALANCE configuration; `ScalanceReader+Device` builds the device from them.
struct ScalanceReader {
  /// The section that a line belongs to.
  enum Mode {
    case global, firewall
    /// Index in `interfaces`.
    case interface(Int)
    case vlan(number: String)
    /// A section that touches no filtering.
    case other
  }

  let file: SourceFile
  var notes: ReaderNotes
  var modes: [Mode] = []
  var name: String

  var interfaces: [Interface] = []
  private var interfaceIndex: [String: Int] = [:]
  var vlanNames: [String: String] = [:]
  var routes: [(network: IPPrefix, gateway: IPAddress, source: SourceRange)] = []

  /// In the order of the file.
  var rules: [ScalanceRule] = []
  /// How many of them may have been removed again, and by which line.
  var doubtful: (count: Int, reason: Uncertainty)?
  /// State of predefined services by service, then by interface; "" stands for all interfaces.
  var predefined: [String: [String: ScalancePredefined]] = [:]
  /// What the services of rules are called, with the rule that first named each.
  var services: [String: SourceRange] = [:]
  /// Lines of the firewall section that are not known.
  var unknownFirewallLines: [CommandLine] = []
  var firewallOff: SourceRange?
  /// The kinds of VPN that the file sets up, with the first line of each.
  var vpn: [ScalanceVPN: SourceRange] = [:]
  /// A statement that is likely to translate addresses.
  var translation: SourceRange?
  var snmpIsV3Only = false
  /// Whether routes are learned, chosen by policy, or not all read.
  var hasOtherRoutes = false

  init(_ file: SourceFile) {
    self.file = file
    notes = ReaderNotes(file)
    name = baseName(file.path)
  }

  static func read(_ file: SourceFile) -> Reading {
    var reader = ScalanceReader(file)
    var isIndented = false
    for number in 1...file.lines.count {
      guard let line = commandLine(file, number, &reader.notes.ledger) else {
        // `!` on a line of its own stands between sections.
        if file.bytes[file.lines.bounds(ofLine: number, in: file.bytes)].first == ASCII.exclamation {
          reader.modes = []
        }
        continue
      }
      // Nor does a section go on at the margin once its lines were indented, even if no `exit` ends it.
      let depth = indentation(file, number)
      if depth == 0, isIndented { reader.modes = [] }
      isIndented = depth > 0
      reader.take(line)
    }
    let device = reader.device()
    reader.notes.ledger.finish(file)
    var reading = Reading(ledger: reader.notes.ledger)
    reading.devices = [device]
    reading.issues = reader.notes.issues
    return reading
  }

  var mode: Mode { modes.last ?? .global }

  mutating func mark(_ line: CommandLine, _ state: LineState) { notes.ledger.mark(line.range, state) }

  /// The index of an interface, which is added when it is new.
  mutating func interface(_ name: String, _ source: SourceRange) -> Int {
    if let known = interfaceIndex[name] { return known }
    var interface = Interface(name: name, source: source)
    // `vlan 1` is `vlan1` in the web interface and in plans.
    let short = name.filter { $0 != " " }
    if short != name { interface.aliases.append(short) }
    interface.vlan = name.hasPrefix("vlan ") ? Int(name.dropFirst(5)) : nil
    interfaces.append(interface)
    interfaceIndex[name] = interfaces.count - 1
    return interfaces.count - 1
  }

  // MARK: Lines

  private mutating func take(_ line: CommandLine) {
    if navigates(line) || opensSection(line) || isFirewallStatement(line) { return }
    switch mode {
    case .firewall: takeFirewall(line)
    case .interface(let index): takeInterface(line, index)
    case .vlan(let number): takeVLAN(line, number)
    case .other where !translates(line) && !line.words.prefix(2).contains("firewall"):
      if !takeGlobal(line) { mark(line, .irrelevant) }
    case .other, .global: if !takeGlobal(line) { unknown(line) }
    }
  }

  /// Manual pp. 241, 262, 697: `exit` leads one level up, `end` out of the configuration.
  private mutating func navigates(_ line: CommandLine) -> Bool {
    switch line.words {
    case ["exit"]: if !modes.isEmpty { modes.removeLast() }
    case ["end"], ["configure", "terminal"]: modes = []
    default: return false
    }
    mark(line, .irrelevant)
    return true
  }

  private mutating func opensSection(_ line: CommandLine) -> Bool {
    let words = line.words
    switch words[0] {
    case "firewall" where words.count == 1: modes = [.firewall]
    case "interface" where words.count > 1:
      guard let name = Self.interfaceName(Array(words.dropFirst())) else {
        // Physical ports belong to VLANs, which have the addresses.
        modes = [.other]
        mark(line, .irrelevant)
        return true
      }
      modes = [.interface(interface(name, line.range))]
      mark(line, .used)
      return true
    case "vlan" where words.count == 2: modes = [.vlan(number: words[1])]
    case "ipsec" where words.count == 1: modes = [.other]
    case "dnsclient" where words.count == 1, "ntp" where words.count == 1: modes = [.other]
    case "connection" where words.count > 2 && words[1] == "name":
      if vpn[.ipsec] == nil { vpn[.ipsec] = line.range }
      modes.append(.other)
    case "remote-end" where words.count > 2, "authentication" where words.count == 1, "phase" where words.count == 2:
      guard case .other = mode else { return false }
      modes.append(.other)
    default: return false
    }
    mark(line, .irrelevant)
    return true
  }

  /// `vlan 1`, `vlan1`, `ppp 2`, …; nil for physical ports.
  static func interfaceName(_ words: [String]) -> String? {
    for kind in ["vlan", "ppp", "usb"] {
      if words.count == 2, words[0] == kind, UInt16(words[1]) != nil { return "\(kind) \(words[1])" }
      if words.count == 1, words[0].hasPrefix(kind), let number = UInt16(words[0].dropFirst(kind.count)) {
        return "\(kind) \(number)"
      }
    }
    return nil
  }

  /// Statements that no other section has, wherever they stand.
  private mutating func isFirewallStatement(_ line: CommandLine) -> Bool {
    switch line.first {
    case "ipv4rule":
      takeRule(line)
      return true
    case "prerule":
      takePredefined(line)
      return true
    case "no" where line.words.count > 1 && line.words[1] == "ipv4rule":
      removeRules(line)
      return true
    default: return false
    }
  }

  private mutating func takeInterface(_ line: CommandLine, _ index: Int) {
    switch line.words {
    case ["shutdown"]: interfaces[index].isShutdown = true
    case ["no", "shutdown"]: interfaces[index].isShutdown = false
    case let words where words.starts(with: ["no", "ip", "address"]): interfaces[index].addresses = []
    case ["ip", "address", "dhcp"]: interfaces[index].addresses = []
    case let words where words.starts(with: ["ip", "address"]):
      guard let address = Self.address(words.dropFirst(2).filter { $0 != "secondary" }) else { return unknown(line) }
      interfaces[index].addresses.append(address)
    case let words where words[0] == "switchport" || words.starts(with: ["no", "switchport"]):
      return mark(line, .irrelevant)
    default: return unknown(line)
    }
    mark(line, .used)
  }

  /// `A M`, `A/24` or `A / 24` (manual 9.1.3.2).
  static func address(_ words: [String]) -> InterfaceAddress? {
    words.count == 2 && !words[1].hasPrefix("/")
      ? LiteralText.interfaceAddress(words) : LiteralText.interfaceAddress([words.joined()])
  }

  private mutating func takeVLAN(_ line: CommandLine, _ number: String) {
    switch line.first {
    case "name" where line.words.count > 1:
      vlanNames[number] = line.rest.joined(separator: " ")
      mark(line, .used)
    case "ports": mark(line, .irrelevant)
    case "no" where ["ports", "name"].contains(line.words.dropFirst().first): mark(line, .irrelevant)
    default: unknown(line)
    }
  }

  /// First words of statements that do not filter (manual 5, 7, 9.7, 9.8, 12.1, 13.2).
  private static let irrelevant: Set<String> = [
    "system", "ntp", "dnsclient", "syslogserver", "snmpagent", "snmp", "user-account", "username", "change", "write",
    "restart", "configbackup", "ping", "traceroute", "show", "clear", "logout",
  ]

  /// Statements of the global section; false for one that is not known.
  private mutating func takeGlobal(_ line: CommandLine) -> Bool {
    let words = line.words
    switch words[0] {
    case "ip" where words.count > 1 && words[1] == "route": takeRoute(line)
    case "ip" where words.starts(with: ["ip", "domain"]): mark(line, .irrelevant)
    case "base" where words == ["base", "bridge-mode", "dot1q-vlan"]: mark(line, .irrelevant)
    case "system" where words.count > 2 && words[1] == "name":
      name = printable(words[2])
      mark(line, .used)
    case "snmp" where words.starts(with: ["snmp", "agent", "version"]):
      snmpIsV3Only = words.last == "v3only"
      mark(line, .used)
    case "no" where words.count > 1 && Self.irrelevant.contains(words[1]): mark(line, .irrelevant)
    case let word where Self.irrelevant.contains(word): mark(line, .irrelevant)
    default: return false
    }
    return true
  }

  /// `ip route PREFIX MASK NEXT-HOP` (manual 9.1.2.5).
  private mutating func takeRoute(_ line: CommandLine) {
    let words = line.words
    guard words.count == 5, let network = LiteralText.interfaceAddress([words[2], words[3]])?.network,
      let gateway = IPAddress(words[4])
    else { return unknown(line) }
    routes.append((network, gateway, line.range))
    mark(line, .used)
  }

  /// A line that is not known, outside the firewall section.
  private mutating func unknown(_ line: CommandLine) {
    let word = line.first == "no" && line.words.count > 1 ? line.words[1] : line.first
    if word.lowercased().hasPrefix("sinemarc") { vpn[.sinemaRC] = vpn[.sinemaRC] ?? line.range }
    if word.lowercased().hasPrefix("openvpn") { vpn[.openVPN] = vpn[.openVPN] ?? line.range }
    if routes(line) { hasOtherRoutes = true }
    var reason = "the statement `\(withoutSecrets(printable(String(word.prefix(60)))))` is not known here"
    if translates(line) {
      if translation == nil { translation = line.range }
      reason = "how the CLI writes address translation is not published; what this does is open"
    }
    if line.begins(with: "no", "firewall") || line.first == "firewall" { unknownFirewallLines.append(line) }
    notes.gap(line.range, .notRecognised, matters: true, reason)
  }

  /// Routing protocols, route maps, policy routing, and routes that cannot be read.
  private func routes(_ line: CommandLine) -> Bool {
    line.words.contains { word in
      ["router", "ospf", "ospfv3", "rip", "bgp", "isis", "eigrp", "route", "policy", "redistribute", "vrf"].contains(
        word)
        || word.hasPrefix("route-")
    }
  }

  private func translates(_ line: CommandLine) -> Bool {
    line.words.contains { word in
      let word = word.lowercased()
      return word == "nat" || ["napt", "netmap", "masquerad", "srcnat", "dstnat"].contains { word.hasPrefix($0) }
    }
  }

  private mutating func takeFirewall(_ line: CommandLine) {
    switch line.words {
    case ["no", "shutdown"]:
      firewallOff = nil
      mark(line, .used)
    case ["shutdown"]:
      // Manual 12.4.3.18: of IPsec, `shutdown` switches the whole function off; of the firewall the page was not to be had.
      firewallOff = line.range
      notes.gap(
        line.range, .notModelled, matters: true, "the firewall seems to be switched off; everything may then pass")
    default: unknownFirewallLines.append(line)
    }
  }
}

/// Kinds of connection whose rules the device may make by itself.
enum ScalanceVPN: String, CaseIterable {
  case ipsec = "IPsec"
  case openVPN = "OpenVPN"
  case sinemaRC = "SinemaRC"
}

/// A predefined service on one interface.
struct ScalancePredefined {
  var isEnabled: Bool
  var source: SourceRange
}
