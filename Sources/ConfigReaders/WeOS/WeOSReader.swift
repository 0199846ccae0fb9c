import PacketSets
import RuleModel
import SourceText

/// Reads the blocks of a WeOS configuration; each ends in `end`.
struct WeOSReader {
  /// What a block is about.
  enum Block {
    case ip, firewall, web, system
    /// Index in `interfaces`.
    case interface(Int)
    case vlan(String)
    /// Touches no filtering.
    case other
    /// Not known: what stands in it is not read.
    case unknown
  }

  let file: SourceFile
  var notes: ReaderNotes
  private var blocks: [Block] = []
  /// Whether the line just read was not known.
  var isUnknown = false
  var name: String

  var interfaces: [Interface] = []
  private var interfaceIndex: [String: Int] = [:]
  var management: [(service: String, interface: String, source: SourceRange)] = []
  /// Names of VLANs by the name of their interface.
  var vlanNames: [String: String] = [:]
  var webPorts: [String: UInt16] = ["http": 80, "https": 443]
  /// Whether routes are learned, brought by tunnels, or not all read.
  var hasOtherRoutes = false
  var routes: [(network: IPPrefix, gateway: IPAddress, source: SourceRange)] = []
  /// IPsec and other tunnels, which add rules of their own.
  var tunnel: SourceRange?

  var firewall = WeOSFirewall()

  init(_ file: SourceFile) {
    self.file = file
    notes = ReaderNotes(file)
    name = baseName(file.path)
  }

  static func read(_ file: SourceFile) -> Reading {
    var reader = WeOSReader(file)
    reader.readHeader()
    reader.readLines()
    let device = reader.device()
    reader.notes.ledger.finish(file)
    var reading = Reading(ledger: reader.notes.ledger)
    reading.devices = [device]
    reading.issues = reader.notes.issues
    return reading
  }

  /// `# \\/ Westermo WeOS v4.32.3, CLI Format v1.32`
  private mutating func readHeader() {
    for number in 1...min(file.lines.count, 40) {
      let line = file.text(file.range(ofLine: number))
      guard line.count < 200, let at = line.firstRange(of: "Westermo WeOS v")?.upperBound, line[at...].first != "4"
      else {
        continue
      }
      let reason = "the firewall of this version of WeOS is not documented here; it is read as that of WeOS 4"
      notes.gap(file.range(ofLine: number), .notModelled, matters: true, reason)
      firewall.open = Uncertainty(range: file.range(ofLine: number), reason: reason)
    }
  }

  /// A block opens where the next line stands deeper, as in exports, or where a word that always opens one stands.
  private mutating func readLines() {
    var waiting: (line: CommandLine, depth: Int)?
    var isIndented = false
    for number in 1...file.lines.count {
      guard let line = commandLine(file, number, &notes.ledger) else { continue }
      let depth = indentation(file, number)
      if let (previous, before) = waiting {
        // No block goes on at the margin once its lines were indented, even if its `end` is missing.
        if before == 0, isIndented { blocks = [] }
        isIndented = before > 0
        take(previous, isFollowedDeeper: depth > before)
      }
      waiting = (line, depth)
    }
    if let (previous, _) = waiting { take(previous, isFollowedDeeper: false) }
  }

  mutating func mark(_ line: CommandLine, _ state: LineState) { notes.ledger.mark(line.range, state) }

  mutating func interface(_ name: String, _ source: SourceRange) -> Int {
    if let known = interfaceIndex[name] { return known }
    interfaces.append(Interface(name: name, source: source))
    interfaceIndex[name] = interfaces.count - 1
    return interfaces.count - 1
  }

  // MARK: Lines

  private mutating func take(_ line: CommandLine, isFollowedDeeper: Bool) {
    switch line.words {
    case ["end"], ["exit"]:
      if !blocks.isEmpty { blocks.removeLast() }
      return mark(line, .irrelevant)
    case ["leave"], ["abort"], ["configure"], ["config"], ["configure", "terminal"]:
      blocks = []
      return mark(line, .irrelevant)
    default: break
    }
    var opens: Block?
    isUnknown = false
    switch blocks.last {
    case nil: opens = takeGlobal(line)
    case .ip: opens = takeIP(line)
    case .firewall: takeFirewall(line)
    case .interface(let index): takeInterface(line, index)
    case .vlan(let name): takeVLAN(line, name)
    case .web: takeWeb(line)
    case .system: takeSystem(line)
    case .other: mark(line, .irrelevant)
    case .unknown: mark(line, .notRecognised)
    }
    if let opens {
      blocks.append(opens)
    } else if isFollowedDeeper, let inner = innerBlock {
      blocks.append(inner)
    }
  }

  /// The block that the line just read opens, though nothing says so but the indentation of the next one.
  private var innerBlock: Block? {
    if isUnknown { return .unknown }
    switch blocks.last {
    // Lines of these are read one by one whatever their indentation.
    case .firewall, .ip: return nil
    case .unknown: return .unknown
    default: return .other
    }
  }

  /// First words of blocks that do not filter.
  private static let irrelevant: Set<String> = [
    "aaa", "system", "alarm", "port", "snmp-server", "ntp", "logging", "frnt", "lldp", "rmon", "mdns", "login", "led",
    "dhcp-server", "dhcp-relay", "spanning-tree", "ipconfig", "ssh-server", "timezone", "date",
  ]
  private static let irrelevantCommands: Set<String> = ["show", "copy", "cd", "hostname", "terminal", "ping"]

  /// The block that a line outside all blocks opens.
  private mutating func takeGlobal(_ line: CommandLine) -> Block? {
    let words = line.words
    switch words[0] {
    case "iface" where words.count > 1:
      mark(line, .used)
      return .interface(interface(words[1], line.range))
    case "vlan" where words.count == 2:
      mark(line, .irrelevant)
      return .vlan(words[1])
    case "ip" where words.count == 1:
      mark(line, .irrelevant)
      return .ip
    case "web" where words.count == 1:
      mark(line, .irrelevant)
      return .web
    case "system" where words.count == 1:
      mark(line, .irrelevant)
      return .system
    case "tunnel":
      hasOtherRoutes = true
      tunnel = tunnel ?? line.range
      notes.gap(line.range, .notModelled, matters: true, "tunnels are not modelled; they may bring rules of their own")
      return .other
    case "router":
      hasOtherRoutes = true
      notes.gap(line.range, .notModelled, matters: true, "dynamic routing is not modelled")
      return .other
    case "no" where words.count > 1 && (Self.irrelevant.contains(words[1]) || words[1] == "web"):
      mark(line, .irrelevant)
    case let word where Self.irrelevantCommands.contains(word): mark(line, .irrelevant)
    case let word where Self.irrelevant.contains(word):
      mark(line, .irrelevant)
      return .other
    default: unknown(line)
    }
    return nil
  }

  private mutating func takeIP(_ line: CommandLine) -> Block? {
    let words = line.words
    switch words[0] {
    case "firewall" where words.count == 1:
      firewall.section = line.range
      firewall.isEnabled = true
      mark(line, .used)
      return .firewall
    case "no" where words == ["no", "firewall"]:
      firewall.isEnabled = false
      firewall.section = line.range
      mark(line, .used)
    case "route" where words.count == 3:
      guard let network = IPPrefix(words[1]), words[1].contains("/"), let gateway = IPAddress(words[2]) else {
        hasOtherRoutes = true
        unknown(line)
        return nil
      }
      routes.append((network, gateway, line.range))
      mark(line, .used)
    case "forwarding", "multicast-flood-unknown", "igmp", "name-server", "domain", "ddns":
      mark(line, .irrelevant)
    case "no"
    where ["multicast-flood-unknown", "igmp", "name-server", "domain", "ddns"].contains(words.dropFirst().first):
      mark(line, .irrelevant)
    case "no" where words == ["no", "forwarding"]:
      notes.gap(
        line.range, .notModelled, matters: true, "routing is switched off; the device is judged as if it were on")
    case "route":
      hasOtherRoutes = true
      unknown(line)
    default: unknown(line)
    }
    return nil
  }

  private mutating func takeInterface(_ line: CommandLine, _ index: Int) {
    let words = line.words
    switch words[0] {
    case "address" where words.count > 1:
      guard let address = LiteralText.interfaceAddress([words[1]]) else { return unknown(line) }
      interfaces[index].addresses.append(address)
      mark(line, .used)
    case "management":
      for service in words.dropFirst() { management.append((service, interfaces[index].name, line.range)) }
      mark(line, .used)
    case "shutdown":
      interfaces[index].isShutdown = true
      mark(line, .used)
    case "primary", "distance", "option", "mtu", "hello-interval", "description": mark(line, .irrelevant)
    case "no" where words == ["no", "management"]:
      management.removeAll { $0.interface == interfaces[index].name }
      mark(line, .used)
    case "no" where words.count > 1: mark(line, .irrelevant)
    default: unknown(line)
    }
  }

  private mutating func takeVLAN(_ line: CommandLine, _ number: String) {
    switch line.first {
    case "name" where line.words.count > 1:
      vlanNames["vlan\(number)"] = line.words[1]
      mark(line, .used)
    case "untagged", "tagged", "forbid", "igmp", "priority", "no", "channel", "enable": mark(line, .irrelevant)
    default: unknown(line)
    }
  }

  private mutating func takeWeb(_ line: CommandLine) {
    switch line.first {
    case "port" where line.words.count == 2: webPorts["http"] = UInt16(line.words[1])
    case "ssl-port" where line.words.count == 2: webPorts["https"] = UInt16(line.words[1])
    default: return mark(line, .irrelevant)
    }
    mark(line, .used)
  }

  private mutating func takeSystem(_ line: CommandLine) {
    guard line.words.count == 2, line.first == "hostname" else { return mark(line, .irrelevant) }
    name = printable(line.words[1])
    mark(line, .used)
  }

  mutating func unknown(_ line: CommandLine) {
    isUnknown = true
    let word = line.first == "no" && line.words.count > 1 ? line.words[1] : line.first
    notes.gap(
      line.range, .notRecognised, matters: true,
      "the statement `\(withoutSecrets(printable(String(word.prefix(60)))))` is not known here")
  }
}
