import PacketSets
import RuleModel
import SourceText

/// Who may administer the device: the services that run and restricted management access (HM2-MGMTACCESS-MIB).
///
/// The packet filter is for packets that pass the device; those for the device itself it lets by (RM GUI HiSecOS 3.0,
/// "Firewall Learning Mode": FORWARD and INPUT chain).
extension HiSecOSReader {
  private struct ManagementService {
    var name: String
    /// The object that switches it on, and whether it is on by default.
    var status: String
    var isOn: Bool
    var port: String
    var standardPort: UInt16
    var proto: UInt8
    /// The column of restricted management access.
    var restriction: String
    var isClearText: Bool
  }

  private static let services = [
    ManagementService(
      name: "http", status: "hm2WebHttpAdminStatus", isOn: true, port: "hm2WebHttpPortNumber", standardPort: 80,
      proto: IPProtocol.tcp, restriction: "hm2RmaSrvHttp", isClearText: true),
    ManagementService(
      name: "https", status: "hm2WebHttpsAdminStatus", isOn: true, port: "hm2WebHttpsPortNumber", standardPort: 443,
      proto: IPProtocol.tcp, restriction: "hm2RmaSrvHttps", isClearText: false),
    ManagementService(
      name: "telnet", status: "hm2TelnetServerAdminStatus", isOn: false, port: "hm2TelnetServerPort", standardPort: 23,
      proto: IPProtocol.tcp, restriction: "hm2RmaSrvTelnet", isClearText: true),
    ManagementService(
      name: "ssh", status: "hm2SshAdminStatus", isOn: true, port: "hm2SshPortNumber", standardPort: 22,
      proto: IPProtocol.tcp, restriction: "hm2RmaSrvSsh", isClearText: false),
    ManagementService(
      name: "snmp", status: "hm2SnmpV1AdminStatus", isOn: false, port: "hm2SnmpPortNumber", standardPort: 161,
      proto: IPProtocol.udp, restriction: "hm2RmaSrvSnmp", isClearText: true),
    ManagementService(
      name: "snmp", status: "hm2SnmpV2AdminStatus", isOn: false, port: "hm2SnmpPortNumber", standardPort: 161,
      proto: IPProtocol.udp, restriction: "hm2RmaSrvSnmp", isClearText: true),
    ManagementService(
      name: "snmpv3", status: "hm2SnmpV3AdminStatus", isOn: true, port: "hm2SnmpPortNumber", standardPort: 161,
      proto: IPProtocol.udp, restriction: "hm2RmaSrvSnmp", isClearText: false),
  ]

  mutating func lowerManagement() {
    var rules: [Rule] = []
    if container.has("HM2-MGMTACCESS-MIB") {
      for service in Self.services { lower(service, &rules) }
    }
    rules.append(otherServices(rules.count))
    let closed = DefaultAction(.deny, .implicit("the device answers only where a service listens"))
    let list = addList("services of the device", rules, closed)
    device.localPipeline = [
      Stage(.filter(lists: [list], fallback: closed), name: "traffic to the device itself", source: device.source)
    ]
  }

  private mutating func lower(_ service: ManagementService, _ rules: inout [Rule]) {
    let status = container.scalar(service.status)
    let port = container.scalar(service.port)
    for value in [status, port].compactMap({ $0 }) { ledger.mark(value.range, .used) }
    // HmEnabledStatus: enable 1, disable 2.
    guard status.map({ $0.text != "2" }) ?? service.isOn else { return }
    let source = status?.range ?? device.source
    let sources = sources(service)
    if sources.isEmpty { return }
    device.management.append(
      ManagementAccess(
        service: service.name, interface: nil, sources: sources, isClearText: service.isClearText, source: source))
    let number = port.flatMap { UInt16($0.text) } ?? service.standardPort
    let match = PacketMatch(
      sources: sources, services: [Service(proto: service.proto, destinationPorts: IntervalSet(number))])
    var rule = Rule(
      order: rules.count, name: "\(service.name) server", match: MatchBounds(match), action: .permit, source: source)
    rule.isExplicit = false
    rules.append(rule)
  }

  /// Everybody, unless restricted management access is on; then whoever an active entry names for the service.
  private mutating func sources(_ service: ManagementService) -> AddressSet {
    guard let operation = container.scalar("hm2RmaOperation") else { return .all }
    ledger.mark(operation.range, .used)
    guard operation.text == "1" else { return .all }
    var allowed = AddressSet.empty
    for row in container.rows("hm2RmaEntry") {
      ledger.mark(row.range, .used)
      guard row.number("hm2RmaRowStatus").map({ isActive($0) }) ?? true, row.text(service.restriction) != "2" else {
        continue
      }
      let base = row.text("hm2RmaIpAddr").flatMap { ipAddress($0) } ?? IPAddress(v4: 0)
      guard let network = IPPrefix(base, length: row.number("hm2RmaPrefixLength") ?? 0) else {
        gap(row.range, .notRecognised, "the address range cannot be read; it is taken as any")
        return .all
      }
      allowed = allowed.union(AddressSet(network))
    }
    return allowed
  }

  /// What features of the device answer besides: echo, VPN, routing, redundancy, names, time, industrial protocols.
  private func otherServices(_ order: Int) -> Rule {
    let reason = Uncertainty(
      range: device.source, reason: "which other services of the device listen is not followed")
    let tcp = IntervalSet<UInt16>([53...53, 102...102, 502...502, 4840...4840, 44818...44818])
    let udp = IntervalSet<UInt16>([
      53...53, 67...68, 123...123, 319...320, 500...500, 520...520, 2222...2222, 4500...4500, 34962...34964,
      44818...44818,
    ])
    let others = [
      Service(proto: IPProtocol.tcp, destinationPorts: tcp), Service(proto: IPProtocol.udp, destinationPorts: udp),
      Service(protocols: IntervalSet([1...2, 50...51, 58...58, 89...89, 112...112])),
    ]
    let isKnown = container.has("HM2-MGMTACCESS-MIB")
    var rule = Rule(
      order: order, name: "other services",
      match: MatchBounds(PacketMatch(services: isKnown ? others : [.any])).uncertain(reason), action: .permit,
      source: device.source)
    rule.isExplicit = false
    return rule
  }
}
