import PacketSets
import RuleModel
import SourceText

/// How the router itself is administered.
struct RouterOSServices {
  /// Settings of `/ip service` by name.
  var settings: [String: [RouterOSStatement]] = [:]
  var snmp: SourceRange?
  var romon: SourceRange?
  /// Interface lists that MAC access is allowed from; nil for the factory setting `all`.
  var macTelnet: (list: String, range: SourceRange)?
  var macWinbox: (list: String, range: SourceRange)?
  var pointToPoint: SourceRange?
}

/// Services in the order of `/ip service print`, with what the factory sets (RouterOS documentation, Services).
private let factoryServices: [(name: String, service: String, isClearText: Bool, isOn: Bool)] = [
  ("telnet", "telnet", true, true), ("ftp", "ftp", true, true), ("www", "http", true, true),
  ("ssh", "ssh", false, true),
  ("www-ssl", "https", false, false), ("api", "api", true, true), ("winbox", "winbox", false, true),
  ("api-ssl", "api-ssl", false, true),
]

extension RouterOSReader {
  mutating func readService(_ statement: RouterOSStatement) {
    use(statement)
    switch statement.path {
    case "snmp": if statement["enabled"] == "yes" { services.snmp = statement.range }
    case "tool romon": if statement["enabled"] == "yes" { services.romon = statement.range }
    case "tool mac-server":
      if let list = statement["allowed-interface-list"] { services.macTelnet = (list, statement.range) }
    case "tool mac-server mac-winbox":
      if let list = statement["allowed-interface-list"] { services.macWinbox = (list, statement.range) }
    default: readServiceSetting(statement)
    }
  }

  /// `set telnet disabled=yes`, `disable telnet,ftp`, `set [ find name=ssh ] port=2222`.
  private mutating func readServiceSetting(_ statement: RouterOSStatement) {
    guard ["set", "disable", "enable"].contains(statement.verb) else { return }
    var names: [String] = []
    for target in statement.targets {
      if target.isExpression {
        guard let name = expressionValue(target.text, "name") else {
          return gap(statement, .notModelled, matters: false, "which services this is about is not known")
        }
        names.append(name)
      } else {
        names += target.text.split(separator: ",").map(String.init)
      }
    }
    var setting = statement
    if statement.verb != "set" { setting.values["disabled"] = statement.verb == "disable" ? "yes" : "no" }
    for name in names {
      let known = Int(name).flatMap { factoryServices.indices.contains($0) ? factoryServices[$0].name : nil } ?? name
      services.settings[known, default: []].append(setting)
    }
  }

  mutating func lowerManagement() {
    for factory in factoryServices {
      var isOn = factory.isOn
      var sources = AddressSet.all
      var range = device.source
      for setting in services.settings[factory.name] ?? [] {
        range = setting.range
        if let word = setting["disabled"] { isOn = word == "no" || word == "false" }
        if let word = setting["address"] { sources = addresses(of: word, setting) }
      }
      if isOn { access(factory.service, nil, sources, factory.isClearText, range) }
    }
    if let range = services.snmp { access("snmp", nil, .all, true, range) }
    if let range = services.romon { access("romon", nil, .all, false, range) }
    lowerMACAccess("mac-telnet", services.macTelnet, isClearText: true)
    lowerMACAccess("mac-winbox", services.macWinbox, isClearText: false)
  }

  private mutating func access(
    _ service: String, _ interface: String?, _ sources: AddressSet, _ isClearText: Bool, _ range: SourceRange
  ) {
    device.management.append(
      ManagementAccess(
        service: service, interface: interface, sources: sources, isClearText: isClearText, source: range))
  }

  /// An empty word stands for everybody.
  private mutating func addresses(of word: String, _ statement: RouterOSStatement) -> AddressSet {
    if word.isEmpty { return .all }
    var result = AddressSet.empty
    for piece in word.split(separator: ",") {
      guard let addresses = plainAddresses(String(piece)) else {
        gap(statement, .notModelled, matters: false, "the addresses of a service are not understood; taken as all")
        return .all
      }
      result = result.union(addresses)
    }
    return result
  }

  /// Access by MAC address: the IP firewall does not see it.
  private mutating func lowerMACAccess(
    _ service: String, _ setting: (list: String, range: SourceRange)?, isClearText: Bool
  ) {
    guard let setting, setting.list != "all" else {
      return access(service, nil, .all, isClearText, setting?.range ?? device.source)
    }
    if setting.list == "none" { return }
    for name in interfaces.members(of: setting.list) ?? [] {
      access(service, RouterOSInterfaces.plain(name), .all, isClearText, setting.range)
    }
  }
}
