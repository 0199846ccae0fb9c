import PacketSets
import RuleModel
import SourceText

/// Commands of serverd (CLI serverd commands reference guide).
extension StormshieldReader {
  /// Families of `CONFIG` that do not decide on packets between networks.
  private static let harmless: Set<String> = [
    "alarm", "antispam", "antivirus", "auth", "autobackup", "autoupdate", "backup", "certreq", "communication",
    "console", "crl", "ddnsclient", "dhcp", "dns", "ha", "ldap", "log", "mailfiltering", "monitor", "ntp", "object",
    "pki", "policy", "pvm", "report", "restore", "sandboxing", "slot", "snmp", "ssh", "sslfiltering", "status",
    "syslog",
    "system", "time", "urlfiltering", "webadmin", "xvpn", "passwdpolicy", "password", "upload", "download", "telemetry",
  ]

  mutating func takeCommand(_ text: String, _ range: SourceRange) {
    let words = text.split { $0 == " " || $0 == "\t" }.prefix(8).map { $0.lowercased() }
    let verbs = words.dropFirst().prefix { !$0.contains("=") }
    let command = verbs.joined(separator: " ")
    let tokens = stormshieldTokens(text)
    switch verbs.first {
    case "filter": takeFilterCommand(command, tokens, range)
    case "object": takeObjectCommand(Array(verbs), tokens, range)
    case "protocol": takeProtocolCommand(Array(verbs), tokens, range)
    case "slot" where command == "slot activate": activate(tokens, range)
    case "global": gap(range, .notModelled, "global settings made by script are not modelled")
    case .some(let family) where Self.harmless.contains(family): ledger.mark(range, .irrelevant)
    default: gap(range, .notRecognised, "what `CONFIG \(printable(command).uppercased())` does to packets is not known")
    }
  }

  // MARK: Filter

  private mutating func takeFilterCommand(_ command: String, _ tokens: [String: String], _ range: SourceRange) {
    let isGlobal = tokens["global"] == "1"
    let slot = isGlobal ? StormshieldSlots.global : Int(tokens["index"] ?? "") ?? 0
    let isNAT = tokens["type"]?.lowercased() == "nat"
    let place = tokens["position"].flatMap { Int($0) }
    switch command {
    case "filter rule insert":
      ledger.mark(range, .used)
      var rule = StormshieldRuleText(range: range)
      rule.values = tokens.mapValues { $0 }
      rule.unknown = tokens.keys.filter { !StormshieldTokens.known.contains($0) }.sorted()
      slots.insert(rule, into: slot, at: place, isNAT: isNAT || tokens["action"]?.lowercased() == "nat")
    case "filter rule addsep":
      ledger.mark(range, .irrelevant)
      if tokens["update"] != "1" { slots.insertSeparator(into: slot, at: place, isNAT: isNAT) }
    case "filter activate", "filter explicit", "filter implicit", "filter show", "filter default", "filter rule":
      ledger.mark(range, .irrelevant)
    default:
      let reason = "`CONFIG \(printable(command).uppercased())` changes rules; what they are afterwards is not followed"
      gap(range, .notModelled, reason)
      slots.disturb(slot, Uncertainty(range: range, reason: reason))
    }
  }

  private mutating func activate(_ tokens: [String: String], _ range: SourceRange) {
    ledger.mark(range, .used)
    guard tokens["type"]?.lowercased() != "urlfilter", let slot = Int(tokens["slot"] ?? "") else { return }
    slots.active = (slot, range)
  }

  // MARK: Objects

  private mutating func takeObjectCommand(_ verbs: [String], _ tokens: [String: String], _ range: SourceRange) {
    let kind = verbs.count > 1 ? verbs[1] : ""
    switch verbs.count > 2 ? verbs[2] : "" {
    case "new" where kind == "group" || kind == "servicegroup":
      define(kind, ["name": tokens["name"] ?? ""], range)
    case "new" where ["host", "network", "range", "fqdn", "service", "protocol", "router"].contains(kind):
      define(kind, withProtocolNumber(tokens), range)
    case "addto" where kind == "group" || kind == "servicegroup":
      guard let group = tokens["group"], let member = tokens["node"] else {
        return gap(range, .notRecognised, "the command names no group and member")
      }
      ledger.mark(range, .used)
      objects.add(member, to: group, range, isService: kind == "servicegroup")
    case "delete", "removefrom", "rename", "update", "modify":
      gap(range, .notModelled, "objects that a script changes afterwards are not followed")
    default: ledger.mark(range, .irrelevant)
    }
  }

  private func withProtocolNumber(_ tokens: [String: String]) -> [String: String] {
    var tokens = tokens
    if tokens["protonumber"] == nil { tokens["protonumber"] = tokens["value"] }
    return tokens
  }

  // MARK: Protocols

  /// `CONFIG PROTOCOL MODBUS PROFILE IPS CONFIG …`
  private mutating func takeProtocolCommand(_ verbs: [String], _ tokens: [String: String], _ range: SourceRange) {
    let name = verbs.count > 1 ? verbs[1] : ""
    let index = Int(tokens["index"] ?? "") ?? 0
    if name == "modbus" {
      let action = verbs.dropFirst(4).first ?? ""
      guard verbs.count > 4, verbs[2] == "profile", verbs[3] == "ips" else { return ledger.mark(range, .irrelevant) }
      ledger.mark(range, .used)
      modbus[index, default: StormshieldModbusProfile(range: range)].take(action, tokens, range)
      return
    }
    let families: [String: IndustrialProtocol] = [
      "s7": .s7, "s7plus": .s7, "dnp3": .dnp3, "cip": .ethernetIP, "ethernetip": .ethernetIP, "opcua": .opcUA,
      "opcda": .opcClassic, "opcae": .opcClassic, "opchda": .opcClassic, "iec60870-5-104": .iec104, "iec104": .iec104,
      "iec61850mms": .mms, "mms": .mms, "bacnetip": .bacnet, "bacnet": .bacnet, "profinetio": .profinet,
      "profinetrpc": .profinet,
    ]
    if let industrial = families[name] {
      gap(range, .notModelled, "what this profile blocks is not modelled")
      otherProfiles[industrial] = range
    } else {
      // Profiles of usual protocols stop attacks, not regular traffic.
      ledger.mark(range, .irrelevant)
    }
  }
}

/// The tokens of a rule (CONFIG FILTER RULE UPDATE).
enum StormshieldTokens {
  static let known: Set<String> = deciding.union(idle)

  /// Read, or known to leave the rule open.
  static let deciding: Set<String> = [
    "action", "state", "loglevel", "comment", "rulename", "inspection", "securityinspection", "ipproto", "icmptype",
    "icmpcode", "proto", "schedule", "srctarget", "srcport", "srcportop", "srcif", "srcuser", "srcusertype",
    "srcuserdomain", "srcusermethod", "srcgeo", "srciprep", "srchostrep", "srchostrepop", "via", "dsttarget", "dstport",
    "dstportop", "dstif", "dstgeo", "dstiprep", "dsthostrep", "dsthostrepop", "natsrctarget", "natsrcport",
    "natdsttarget", "natdstport", "natdstportop", "natsrcportop", "route", "rate", "tos", "fwservice",
    "enforceipsecforward", "enforceipsecreverse", "beforevpn", "inbound",
  ]

  /// Quality of service, content filters, log targets, and the address of the rule itself.
  static let idle: Set<String> = [
    "index", "type", "position", "global", "output", "update", "name", "noconnlog", "count", "synproxy", "settos",
    "qosid", "ackqosid", "qosfairness", "antivirus", "sandboxing", "antispam", "ftpfiltering", "urlfiltering",
    "mailfiltering", "sslfiltering", "proxycache", "webportalexcept", "ipstate", "nohasync", "natsrclb", "natsrcarp",
    "natsrcportlb", "natdstlb", "natdstarp", "natdstportlb",
  ]
}
