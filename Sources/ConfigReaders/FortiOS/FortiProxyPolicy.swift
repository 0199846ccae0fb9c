import PacketSets
import RuleModel
import SourceText

/// Proxy policies with their names resolved.
///
/// An explicit proxy opens connections that no firewall policy is asked about; for whom and whereto is a matter of what
/// clients request. So an accepting policy widens what may pass and makes nothing certain.
extension FortiDomain {
  /// Every proxy policy in the order of evaluation, with its `proxy`.
  mutating func proxyPolicies() -> [(policy: FortiPolicy, type: String?)] {
    var result: [(policy: FortiPolicy, type: String?)] = []
    for node in entries("firewall proxy-policy") {
      let type = tree.setting("proxy", of: node)
      result.append((proxyPolicy(node, order: result.count), type?.isBroken == true ? nil : type?.words.first))
    }
    return result
  }

  private static let table = FortiPolicyTable(
    path: "firewall proxy-policy", v4: ("srcaddr", "dstaddr"), v6: ("srcaddr6", "dstaddr6"))

  private mutating func proxyPolicy(_ node: Int, order: Int) -> FortiPolicy {
    var open = unknownStatements(of: node)
    let title = tree.value("name", of: node).map { " (\(printable($0)))" } ?? ""
    var result = FortiPolicy(
      node: node, name: "proxy policy \(printable(tree.nodes[node].name))\(title)", order: order,
      range: tree.nodes[node].range, ingress: interfaceMatch(tree.setting("srcintf", of: node)) ?? .any,
      egress: interfaceMatch(tree.setting("dstintf", of: node)) ?? .any, sources: .empty, destinations: .empty,
      services: .empty, action: proxyAction(node))
    readAddresses(node, Self.table, &result)
    widenAddresses(node, &result)
    result.services = proxyServices(node)
    readIdentity(node, &open)
    readState(node, &result, &open)
    result.comment = tree.value("comments", of: node)
    result.logging = logging(node, inspected: false)
    result.objects = references(node, Self.table)
    result.open = limited(open)
    return result
  }

  /// Deny is the default; `redirect` sends the client elsewhere (CLI reference, `config firewall proxy-policy`: action).
  ///
  /// A refusal leaves the list: it is no word on packets that are routed.
  private func proxyAction(_ node: Int) -> Action {
    guard let action = tree.setting("action", of: node) else { return .leave }
    return !action.isBroken && ["deny", "redirect"].contains(action.words.first) ? .leave : .permit
  }

  // MARK: Addresses and services

  /// Adds what the addresses of a proxy policy may mean beyond their objects.
  private func widenAddresses(_ node: Int, _ policy: inout FortiPolicy) {
    func asksRequest(_ name: String) -> Bool {
      ["firewall proxy-address", "firewall proxy-addrgrp"].contains { entry(name, in: $0) != nil }
    }
    let reason = Uncertainty(range: policy.range, reason: "the policy asks what a request says, not where it goes")
    if tree.words("srcaddr", of: node).contains(where: asksRequest) { policy.sources = .unknown(reason) }
    if tree.words("dstaddr", of: node).contains(where: asksRequest) || !policy.virtualIPs.isEmpty {
      policy.destinations = .unknown(reason)
    }
    if usesCentralNAT, !virtualIPs.isEmpty {
      // A destination that is a virtual IP becomes the mapped address, and the filter sees only that; what a policy says
      // of the mapped address itself is another matter.
      policy.destinations.lower = .empty
      policy.destinations.upper = union(of: virtualIPs.map(\.mapped.upper) + [policy.destinations.upper])
      policy.destinations.uncertainties.append(reason)
    }
    widenFamilies(&policy)
  }

  /// The name that a client asks for may resolve to the other family (CLI reference, `config web-proxy explicit`:
  /// pref-dns-result), and a packet has one family only.
  private func widenFamilies(_ policy: inout FortiPolicy) {
    let reason = Uncertainty(range: policy.range, reason: "a proxy serves clients of one IP family from the other")
    let servesV4Clients = !policy.sources.upper.v4.isEmpty
    let servesV6Clients = !policy.sources.upper.v6.isEmpty
    if servesV4Clients, !policy.destinations.upper.v6.isEmpty {
      policy.sources.upper.v6 = .all
      policy.sources.uncertainties.append(reason)
    }
    if servesV6Clients, !policy.destinations.upper.v4.isEmpty {
      policy.sources.upper.v4 = .all
      policy.sources.uncertainties.append(reason)
    }
  }

  /// Ports of the connections that the proxy opens; certain only for the factory service `webproxy`, which means all.
  private mutating func proxyServices(_ node: Int) -> ServiceBounds {
    guard let setting = tree.setting("service", of: node), !setting.isBroken,
      !tree.isEnabled("service-negate", of: node)
    else {
      let range = tree.setting("service", of: node)?.range ?? tree.nodes[node].range
      return .unknown(Uncertainty(range: range, reason: "which services the proxy policy means is not certain"))
    }
    if setting.words.contains("webproxy"), isFactoryWebProxy { return ServiceBounds([.any]) }
    let bounds = serviceBounds(setting)
    let reason = Uncertainty(range: setting.range, reason: "how a proxy compares services is not certain")
    return ServiceBounds(lower: [], upper: bounds.upper, uncertainties: bounds.uncertainties + [reason])
  }

  /// `webproxy` as the backups of FortiOS 6.2 to 7.4 list it.
  private var isFactoryWebProxy: Bool {
    guard let node = entry("webproxy", in: "firewall service custom") else { return true }
    return tree.isEnabled("proxy", of: node) && tree.value("protocol", of: node) == "ALL"
      && [[], ["0-65535:0-65535"]].contains(tree.words("tcp-portrange", of: node)) && tree.nodes[node].unknown.isEmpty
  }

  // MARK: Upstream proxies

  /// Addresses of the upstream proxies that the policy, or a table of URLs, sends requests to.
  func upstreamProxies(_ policy: FortiPolicy) -> AddressSet {
    let byURL = entries("web-proxy url-match").filter { tree.value("status", of: $0) != "disable" }
    let names =
      tree.words("webproxy-forward-server", of: policy.node)
      + byURL.flatMap { tree.words("forward-server", of: $0) }
    return union(of: names.map(upstreamProxy) + [.empty])
  }

  /// Groups and domain names may stand for any address.
  private func upstreamProxy(_ name: String) -> AddressSet {
    guard let node = entry(name, in: "web-proxy forward-server"), (tree.value("addr-type", of: node) ?? "ip") == "ip",
      let address = tree.value("ip", of: node).flatMap({ IPAddress($0) })
    else { return .all }
    return AddressSet(address)
  }
}
