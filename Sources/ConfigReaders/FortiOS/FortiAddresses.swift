import PacketSets
import RuleModel
import SourceText

/// Address objects and groups.
extension FortiDomain {
  /// Groups inside groups deeper than this are not followed; the CLI itself allows far fewer.
  private static let depthLimit = 48

  /// What a list of address names stands for.
  ///
  /// - Parameter family: the name space; FortiOS keeps IPv4 and IPv6 objects apart.
  mutating func addressBounds(_ setting: FortiSetting, _ family: IPFamily) -> AddressBounds {
    if setting.isBroken {
      return .unknown(Uncertainty(range: setting.range, reason: "the quotation marks of this line do not pair up"))
    }
    return union(of: setting.words.map { address($0, family, setting.range, depth: 0) })
  }

  /// What one name stands for, by object, group, external list or factory object.
  mutating func address(_ name: String, _ family: IPFamily, _ use: SourceRange, depth: Int) -> AddressBounds {
    if let known = family == .v4 ? addresses[name] : addresses6[name] { return known }
    let key = "address \(family) \(name)"
    guard depth < Self.depthLimit, resolving.insert(key).inserted else {
      return .unknown(circle("address group", name, use))
    }
    let bounds = resolvedAddress(name, family, use, depth: depth)
    resolving.remove(key)
    if family == .v4 { addresses[name] = bounds } else { addresses6[name] = bounds }
    return bounds
  }

  private mutating func resolvedAddress(
    _ name: String, _ family: IPFamily, _ use: SourceRange, depth: Int
  ) -> AddressBounds {
    let suffix = family == .v4 ? "" : "6"
    if let node = entry(name, in: "firewall address\(suffix)") { return addressObject(node, family) }
    if let node = entry(name, in: "firewall addrgrp\(suffix)") { return addressGroup(node, family, depth: depth) }
    if let node = entry(name, in: "firewall multicast-address\(suffix)") { return addressObject(node, family) }
    if let factory = FortiFactory.address(name, family, use) { return factory }
    if ["proxy-address", "proxy-addrgrp"].contains(where: { entry(name, in: "firewall \($0)") != nil }) {
      let what = "proxy address `\(printable(name))` asks what a request says, which may lead to any address"
      return .unknown(Uncertainty(range: use, reason: what))
    }
    let all: AddressSet = family == .v4 ? .allV4 : .allV6
    return AddressBounds(
      lower: .empty, upper: all,
      uncertainties: [
        undefined("address", name, use, like: ["firewall address\(suffix)", "firewall addrgrp\(suffix)"])
      ])
  }

  private mutating func addressGroup(_ node: Int, _ family: IPFamily, depth: Int) -> AddressBounds {
    let members = tree.setting("member", of: node)
    var bounds = union(
      of: (members?.words ?? []).map { address($0, family, members?.range ?? tree.nodes[node].range, depth: depth + 1) }
    )
    if tree.isEnabled("exclude", of: node), let excluded = tree.setting("exclude-member", of: node) {
      let less = union(of: excluded.words.map { address($0, family, excluded.range, depth: depth + 1) })
      bounds = bounds.subtracting(less)
    }
    var open = unknownStatements(of: node)
    if members == nil { open.append(Uncertainty(range: tree.nodes[node].range, reason: "the group has no member")) }
    if members?.isBroken == true {
      open.append(Uncertainty(range: tree.nodes[node].range, reason: "quotation marks do not pair up"))
    }
    return widened(bounds, family, open)
  }

  /// Bounds that nothing is certain of any more, for the reasons given; unchanged without reasons.
  private func widened(_ bounds: AddressBounds, _ family: IPFamily, _ reasons: [Uncertainty]) -> AddressBounds {
    guard !reasons.isEmpty else { return bounds }
    return AddressBounds(
      lower: .empty, upper: family == .v4 ? .allV4 : .allV6, uncertainties: limited(bounds.uncertainties + reasons))
  }

  private mutating func addressObject(_ node: Int, _ family: IPFamily) -> AddressBounds {
    let reasons = unknownStatements(of: node)
    let isBroken = tree.nodes[node].settings.contains { $0.isBroken && $0.name != "fqdn" }
    guard reasons.isEmpty, !isBroken else {
      let open = Uncertainty(range: tree.nodes[node].range, reason: "the address is not fully understood")
      return widened(.empty, family, [open])
    }
    return family == .v4 ? address4(node) : address6(node)
  }

  /// IPv4 address types, as `config firewall address` and `config firewall multicast-address` know them.
  private mutating func address4(_ node: Int) -> AddressBounds {
    switch tree.value("type", of: node) ?? "ipmask" {
    case "ipmask", "broadcastmask":
      // A multicast address has the type ipmask only on request; its default is a range.
      if tree.setting("start-ip", of: node) != nil, tree.setting("subnet", of: node) == nil { return range4(node) }
      guard let subnet = tree.setting("subnet", of: node) else { return AddressBounds(.allV4) }
      return LiteralText.subnet(subnet.words).map { AddressBounds($0) } ?? malformed(node, .allV4)
    case "iprange", "multicastrange": return range4(node)
    case "wildcard":
      guard let words = tree.setting("wildcard", of: node)?.words, words.count == 2,
        let base = IPAddress(words[0]), let mask = IPAddress(words[1]), base.family == .v4, mask.family == .v4,
        let set = AddressSet(v4: base.v4, mask: mask.v4)
      else { return malformed(node, .allV4) }
      return AddressBounds(set)
    case "interface-subnet": return interfaceSubnet(node)
    case let type: return dynamicAddress(node, type, type == "mac" ? .all : .allV4)
    }
  }

  private mutating func range4(_ node: Int) -> AddressBounds {
    guard let first = tree.value("start-ip", of: node).flatMap({ IPAddress($0) }),
      let last = tree.value("end-ip", of: node).flatMap({ IPAddress($0) }),
      let set = AddressSet(first: first, last: last)
    else { return malformed(node, .allV4) }
    return AddressBounds(set)
  }

  /// The interface's own network; the object stores a copy that may be out of date.
  private mutating func interfaceSubnet(_ node: Int) -> AddressBounds {
    let name = tree.value("interface", of: node) ?? ""
    let own = device.interfaces.first { $0.name == name }?.networks ?? .empty
    if !own.v4.isEmpty { return AddressBounds(AddressSet(v4: own.v4)) }
    return dynamicAddress(node, "interface-subnet", .allV4)
  }

  private mutating func address6(_ node: Int) -> AddressBounds {
    switch tree.value("type", of: node) ?? "ipprefix" {
    case "ipprefix":
      guard let text = tree.value("ip6", of: node) else { return AddressBounds(.allV6) }
      return IPPrefix(text).map { AddressBounds(AddressSet($0)) } ?? malformed(node, .allV6)
    case "iprange":
      guard let first = tree.value("start-ip", of: node).flatMap({ IPAddress($0) }),
        let last = tree.value("end-ip", of: node).flatMap({ IPAddress($0) }),
        let set = AddressSet(first: first, last: last)
      else { return malformed(node, .allV6) }
      return AddressBounds(set)
    case let type: return dynamicAddress(node, type, type == "mac" ? .all : .allV6)
    }
  }

  private mutating func malformed(_ node: Int, _ upper: AddressSet) -> AddressBounds {
    let range = tree.nodes[node].range
    notes.gap(range, .notRecognised, matters: true, "the address has no value that can be read")
    return AddressBounds(
      lower: .empty, upper: upper, uncertainties: [Uncertainty(range: range, reason: "the address cannot be read")])
  }

  /// Types whose addresses the device learns at run time (FQDN, country, connector, MAC, …).
  private mutating func dynamicAddress(_ node: Int, _ type: String, _ upper: AddressSet) -> AddressBounds {
    let name = printable(tree.nodes[node].name)
    let range = tree.nodes[node].range
    let reason = "address `\(name)` is of type \(printable(type)): its addresses are not in this file"
    if reported.insert("dynamic \(name)").inserted {
      notes.issue(
        .dynamicObject, range, reason, help: "use fixed addresses where segmentation must be proved",
        matters: true)
    }
    return AddressBounds(lower: .empty, upper: upper, uncertainties: [Uncertainty(range: range, reason: reason)])
  }
}
