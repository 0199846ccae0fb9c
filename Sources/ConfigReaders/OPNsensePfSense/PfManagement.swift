import PacketSets
import RuleModel
import SourceText

/// How the device itself is administered: web interface, SSH and SNMP. Who gets there, the rules for incoming packets say.
extension PfReader {
  /// The port of SSH when it is switched on.
  var sshPort: UInt16? {
    guard let ssh = root.descendant("system", "ssh"), let flag = sshSwitch(ssh) else { return nil }
    if ["0", "disabled"].contains(flag.text) { return nil }
    return ssh.value("port").flatMap { UInt16($0) } ?? 22
  }

  /// `<enabled>` in OPNsense, `<enable>` in pfSense.
  private func sshSwitch(_ ssh: XMLElement) -> XMLElement? {
    ssh.element(named: product == .opnsense ? "enabled" : "enable")
  }

  mutating func lowerManagement() {
    let system = root.element(named: "system")
    let gui = system?.element(named: "webgui")
    let isPlain = gui?.value("protocol") == "http"
    let source = gui?.range ?? device.source
    addAccess(isPlain ? "http" : "https", gui?.value("interfaces"), isClearText: isPlain, source)
    if let ssh = system?.element(named: "ssh"), sshPort != nil {
      addAccess("ssh", ssh.value("interfaces"), isClearText: false, ssh.range)
    }
    if let snmp = root.element(named: "snmpd"), snmp.has("enable") {
      addAccess("snmp", nil, isClearText: true, snmp.range)
    }
    if let snmp = models?.descendant("netsnmp", "general"), snmp.value("enabled") == "1" {
      addAccess("snmp", nil, isClearText: snmp.value("community") != nil, snmp.range)
    }
  }

  private mutating func addAccess(_ service: String, _ names: String?, isClearText: Bool, _ source: SourceRange) {
    let interfaces = pfList(names ?? "")
    for interface in interfaces.isEmpty ? [nil] : interfaces.map({ Optional($0) }) {
      device.management.append(
        ManagementAccess(
          service: service, interface: interface, sources: .all, isClearText: isClearText, source: source))
    }
  }

  /// Suricata of OPNsense; it finds attacks, and which industrial functions it would stop its rules outside the file say.
  mutating func lowerInspection() {
    guard let ids = models?.element(named: "IDS"), let general = ids.element(named: "general") else { return }
    use(ids)
    let isOn = general.value("enabled") == "1"
    let blocks = general.value("ips") == "1" || general.value("mode").map { $0 != "pcap" } ?? false
    guard isOn || blocks else { return }
    let mode: InspectionProfile.Mode =
      !isOn
      ? .inert("intrusion prevention is chosen but detection is switched off")
      : blocks ? .inert("its rules are not in the file; it is taken to stop attacks, not regular traffic") : .monitoring
    device.profiles.append(
      InspectionProfile(
        name: "intrusion detection", mode: mode, blocked: .nothing, protocols: [], source: general.range))
  }
}
