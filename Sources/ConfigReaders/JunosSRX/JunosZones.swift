import PacketSets
import RuleModel
import SourceText

/// Security zones and what they hold.
extension JunosSystem {
  /// Names that no file defines: the device itself, and any zone.
  static let factoryZones: Set<String> = ["junos-host", "any"]

  mutating func lowerZones() {
    guard let security, let section = tree.child(security, "zones") else { return }
    for kind in tree.children(section) {
      switch tree.word(kind) {
      case "security-zone": for zone in tree.children(kind) { lowerZone(zone) }
      case "functional-zone": lowerFunctionalZone(kind)
      default: _ = notRecognised(kind)
      }
    }
    spreadToAllInterfaces()
    for (name, zone) in zones {
      let members = Set(zone.interfaces)
      for i in device.interfaces.indices where members.contains(device.interfaces[i].name) {
        device.interfaces[i].platformZone = name
      }
    }
  }

  private mutating func lowerZone(_ node: Int) {
    let name = tree.word(node)
    var zone = JunosZone(node: node)
    tree.mark(node, .used)
    for part in tree.children(node) {
      switch tree.word(part) {
      case "interfaces":
        zone.interfaces = tree.children(part).map { logicalName($0) }
        for interface in tree.children(part) { addMissing(interface) }
        tree.mark(part, .used)
      // Read where they are asked for, which may be nowhere.
      case "host-inbound-traffic", "address-book": tree.markBelow(part, .used)
      case "screen", "tcp-rst", "description", "application-tracking", "enable-reverse-reroute",
        "unidirectional-session-refreshing",
        "advance-policy-based-routing-profile", "advance-policy-based-routing", "source-identity-log", "apply-groups",
        "apply-groups-except", "user-id", "device-identity":
        tree.markBelow(part, .irrelevant)
      default: _ = notRecognised(part)
      }
    }
    zones[name] = zone
    zoneNames.append(name)
  }

  /// The management zone: its interfaces are out of band ("Functional Zones": traffic entering them does not match
  /// policies, so it cannot leave by another interface).
  private mutating func lowerFunctionalZone(_ kind: Int) {
    for zone in tree.children(kind) {
      let members = Set(tree.children(of: ["interfaces"], below: zone).map { logicalName($0) })
      for i in device.interfaces.indices where members.contains(device.interfaces[i].name) {
        device.interfaces[i].isManagementOnly = true
        device.interfaces[i].platformZone = tree.word(zone)
      }
    }
    tree.markBelow(kind, .used)
  }

  /// `ge-0/0/0` stands for its unit 0.
  func logicalName(_ node: Int) -> String {
    let word = tree.word(node)
    return word.contains(".") || word == "all" ? word : word + ".0"
  }

  /// Interfaces that only a zone names: tunnels, and those of a fragment.
  private mutating func addMissing(_ node: Int) {
    tree.mark(node, .used)
    let name = logicalName(node)
    guard name != "all", interfaceNames.insert(name).inserted else { return }
    device.interfaces.append(Interface(name: name, source: tree.range(node)))
  }

  /// `interfaces all`: those that no zone names.
  private mutating func spreadToAllInterfaces() {
    guard let name = zoneNames.first(where: { zones[$0]?.interfaces.contains("all") == true }) else { return }
    let named = Set(zones.values.flatMap(\.interfaces))
    let others = device.interfaces.filter { !$0.isManagementOnly && !named.contains($0.name) }.map(\.name)
    zones[name]?.interfaces.removeAll { $0 == "all" }
    zones[name]?.interfaces += others
  }

  /// Interfaces that rules for a zone apply to; the zone's own name among them, so that questions may be asked by zone.
  mutating func interfaces(ofZone name: String, _ use: SourceRange) -> InterfaceMatch {
    if name == "any" { return .any }
    if zones[name] == nil, !Self.factoryZones.contains(name) { _ = undefined("zone", name, use) }
    return InterfaceMatch([name] + (zones[name]?.interfaces ?? []))
  }

  /// Interfaces in no zone: the null zone, whose traffic is dropped ("Security Zones Overview": an interface that is
  /// assigned to no zone belongs to the null zone, which drops all traffic).
  var interfacesWithoutZone: [Interface] {
    let named = Set(zones.values.flatMap(\.interfaces))
    return device.interfaces.filter { !$0.isManagementOnly && !named.contains($0.name) }
  }
}
