import PacketSets
import RuleModel
import SourceText

/// Traffic to the device itself, and the services that administer it.
extension VyOSSystem {
  mutating func lowerLocal() {
    device.localPipeline = baseStages("input") + interfaceStages("local") + localZoneStages()
    if device.localPipeline.isEmpty {
      let permit = DefaultAction(.permit, .factory("without a firewall the device takes everything"), logging: .off)
      device.localPipeline = [
        Stage(.filter(lists: [], fallback: permit), name: "no firewall", source: device.source)
      ]
    }
    lowerManagement()
  }

  private mutating func lowerManagement() {
    let services: [(word: String, isClearText: Bool)] = [
      ("ssh", false), ("telnet", true), ("https", false), ("snmp", true), ("tftp-server", true),
    ]
    for (word, isClearText) in services {
      guard let node = tree.find(["service", word]) else { continue }
      tree.markBelow(node, .used)
      var sources = AddressSet.all
      let clients = tree.children(of: ["allow-client", "address"], below: node).compactMap { IPPrefix(tree.word($0)) }
      if !clients.isEmpty { sources = union(of: clients.map { AddressSet($0) }) }
      for interface in listening(node) {
        device.management.append(
          ManagementAccess(
            service: word == "tftp-server" ? "tftp" : word, interface: interface, sources: sources,
            isClearText: isClearText, source: tree.range(node)))
      }
    }
  }

  /// Interfaces whose addresses a service listens at; nil for all.
  private func listening(_ node: Int) -> [String?] {
    let addresses =
      (tree.children(of: ["listen-address"], below: node)
      + tree.children(of: ["virtual-host"], below: node).flatMap { tree.children(of: ["listen-address"], below: $0) })
      .map { tree.word($0) }
    if addresses.isEmpty || addresses.contains(where: { ["*", "0.0.0.0", "::"].contains($0) }) { return [nil] }
    return addresses.map { address in
      device.interfaces.first { $0.addresses.contains { $0.address.description == address } }?.name
    }
  }
}
