import PacketSets
import RuleModel
import SourceText

/// A zone with what rules have asked of it.
struct UCIZone {
  /// One way to meet the zone: devices and addresses, as one rule of nftables tests them.
  struct Membership {
    var family: IPFamily?
    var devices: [String] = []
    var otherDevices: [String] = []
    var otherPatterns: [String] = []
    var subnets = UCIAddressGroup()
  }
  var name: String
  var section: UCISection
  var family: IPFamily?
  var input: String
  var output: String
  var forward: String
  var isMasqueraded: (v4: Bool, v6: Bool)
  var allowsInvalid: Bool
  var masqueradedSources: [UCISubnet] = []
  var masqueradedDestinations: [UCISubnet] = []
  /// Bit 0 logs packets that filter rules stop.
  var logs: Bool
  var memberships: [Membership] = []
  /// Names that the zone's interfaces have in the rule model.
  var deviceNames: [String] = []
  /// The addresses of its networks, own ones with their masks.
  var networks: [InterfaceAddress] = []
  /// Whether the file tells the addresses of all its networks.
  var knowsNetworks = true
  /// Verdicts that some rule wants for packets to the zone.
  var verdictsTo: Set<String> = []
  var translatesDestinations = false
  var translatesSources = false
  /// Why the zone may not be as it is read.
  var doubt: Uncertainty?
}

/// Lowers UCI sections the way fw4 does: to the chains of one table of nftables (firewall4, fw4.uc and ruleset.uc).
struct UCIFirewall {
  let file: SourceFile
  var sections: [UCISection]
  var ledger: ReadingLedger
  var issues: [ReadIssue] = []
  var networks: UCINetworks
  var defaults = UCIDefaults()
  var zones: [UCIZone] = []
  var zonePlaces: [String: Int] = [:]
  /// Rules by the chain that they go to.
  var chains: [String: [NFTRule]] = [:]
  var sets: [String: UCISet] = [:]

  init(_ file: SourceFile, _ document: UCIDocument) {
    self.file = file
    ledger = document.ledger
    // Sections of other packages say nothing about filtering, whatever their types are named.
    sections = document.sections.filter { section in
      guard let package = section.package else { return true }
      return ["firewall", "network", "system"].contains(package)
    }
    for section in document.sections
    where !(section.package.map { ["firewall", "network", "system"].contains($0) } ?? true) {
      ledger.mark(section.range, .irrelevant)
    }
    networks = UCINetworks(sections)
  }

  /// Reads every section in fw4's order; the order within a type is the file's.
  mutating func read() {
    for place in sections.indices { account(place) }
    let isOpen = openPriorities()
    each("defaults") { $0.readDefaults($1) }
    each("ipset") { $0.readSet($1) }
    each("zone") { $0.readZone($1) }
    each("rule") { $0.readRule($1, isOpen) }
    each("forwarding") { $0.readForwarding($1) }
    each("redirect") { $0.readRedirect($1, isOpen) }
    each("nat") { $0.readTranslation($1, isOpen) }
    each("include") { $0.readInclude($1) }
  }

  private mutating func each(_ type: String, _ body: (inout UCIFirewall, UCISection) -> Void) {
    // `config rule` of the network package chooses routes.
    for section in sections where section.type == type && section.package != "network" { body(&self, section) }
  }

  /// Accounts for the lines of a section.
  private mutating func account(_ place: Int) {
    let section = sections[place]
    guard section.package != "network", let known = UCIOptions.known[section.type] else {
      if UCIOptions.otherTypes.contains(section.type) || section.package == "network" || section.package == "system" {
        let isUsed = ["interface", "route", "route6", "rule", "rule6", "device", "system"].contains(section.type)
        return ledger.mark(section.range, isUsed ? .used : .irrelevant)
      }
      return gap(
        section.range, "a section of type `\(printable(section.type))` is not known; it is read over",
        state: .notRecognised)
    }
    ledger.mark(section.head, .used)
    for option in section.options {
      if known.read.contains(option.key) {
        for range in option.ranges { ledger.mark(range, .used) }
        for value in option.values { ledger.mark(value.range, .used) }
      } else if known.ignored.contains(option.key) {
        for range in option.ranges { ledger.mark(range, .irrelevant) }
      } else if UCIValues.bool(section.value("enabled")) == false {
        // A section that is switched off does nothing, whatever it says.
        ledger.gap(
          LedgerGap(
            range: section.range(of: option.key), state: .notRecognised, couldChangeVerdict: false,
            reason: "the option `\(printable(option.key))` is not known in a section that has no effect by it"))
      } else {
        gap(
          section.range(of: option.key),
          "the option `\(printable(option.key))` is not known here; the section may do less than it says",
          state: .notRecognised)
        sections[place].hasUnknownOption = section.range(of: option.key)
      }
    }
  }

  mutating func gap(
    _ range: SourceRange, _ reason: String, state: LineState = .notModelled, couldChangeVerdict: Bool = true
  ) {
    ledger.gap(LedgerGap(range: range, state: state, couldChangeVerdict: couldChangeVerdict, reason: reason))
  }

  /// Notes that a value is not understood; fw4 skips such a section, others may not.
  mutating func invalid(_ section: UCISection, _ key: String) -> Uncertainty {
    let reason = "the value of `\(key)` is not understood; whether the section is in force is open"
    gap(section.range(of: key), reason, state: .notRecognised)
    return Uncertainty(range: section.range(of: key), reason: reason)
  }

  /// Notes that fw4 skips the section.
  mutating func skipped(_ section: UCISection, _ reason: String) {
    gap(section.head, "\(reason); the section has no effect", couldChangeVerdict: false)
  }

  mutating func add(_ rule: NFTRule, to chain: String) { chains[chain, default: []].append(rule) }

  func zone(_ name: String) -> Int? { zonePlaces[name] }

  /// Teltonika numbers rules by `option priority`: sections whose numbers are not in the order of the file.
  ///
  /// The web interface evaluates from top to bottom; which of the two orders that is, is not documented.
  private mutating func openPriorities() -> Set<SourceRange> {
    var open: Set<SourceRange> = []
    for type in ["rule", "redirect", "nat"] {
      let numbered = sections.filter { $0.type == type }.compactMap { section -> (range: SourceRange, number: Int)? in
        section.value("priority").flatMap { Int($0) }.map { (section.head, $0) }
      }
      var highest = Int.min
      var late: [SourceRange] = []
      for entry in numbered {
        if entry.number < highest { late.append(entry.range) }
        highest = max(highest, entry.number)
      }
      var lowest = Int.max
      for entry in numbered.reversed() {
        if entry.number > lowest { late.append(entry.range) }
        lowest = min(lowest, entry.number)
      }
      guard let first = late.first else { continue }
      open.formUnion(late)
      gap(first, "priorities contradict the order of the sections; which of them counts is open")
    }
    return open
  }
}

extension UCISection {
  /// Where an option stands that is not known, as an uncertainty.
  var doubt: Uncertainty? {
    hasUnknownOption.map { Uncertainty(range: $0, reason: "the section has an option that is not known") }
  }
}

/// The policies and switches of the `defaults` section.
struct UCIDefaults {
  // fw4.uc, parse_defaults: every policy is drop when it is not set.
  var input = "drop"
  var output = "drop"
  var forward = "drop"
  var dropsInvalid = false
  var limitsSYN = false
  /// Where each policy is set.
  var ranges: [String: SourceRange] = [:]
  var isRead = false
}

extension UCIFirewall {
  private mutating func readDefaults(_ section: UCISection) {
    guard !defaults.isRead else { return skipped(section, "fw4 reads only the first `defaults` section") }
    defaults.isRead = true
    let policies: [(String, WritableKeyPath<UCIDefaults, String>)] = [
      ("input", \.input), ("output", \.output), ("forward", \.forward),
    ]
    for (key, path) in policies {
      guard let text = section.value(key) else { continue }
      guard let policy = UCIValues.choice(text, UCIValues.policies) else {
        _ = invalid(section, key)
        continue
      }
      defaults[keyPath: path] = policy
      defaults.ranges[key] = section.range(of: key)
    }
    defaults.dropsInvalid =
      UCIValues.bool(section.value("drop_invalid")) == true
      || UCIValues.bool(section.value("drop_invalid_early")) == true
    if UCIValues.bool(section.value("disable_ipv6")) == true {
      gap(
        section.range(of: "disable_ipv6"),
        "older releases leave IPv6 unfiltered by this option, fw4 takes no notice of it; IPv6 is read as filtered")
    }
    defaults.limitsSYN = UCIValues.bool(section.value("synflood_protect") ?? section.value("syn_flood")) == true
  }
}
