import PacketSets
import RuleModel
import SourceText

/// A firewall policy with its names resolved.
struct FortiPolicy {
  var node: Int
  /// `policy 12` or `policy 12 (Historian)`.
  var name: String
  var order: Int
  var range: SourceRange
  var ingress: InterfaceMatch
  var egress: InterfaceMatch
  var sources: AddressBounds
  /// Destinations that are plain addresses.
  var destinations: AddressBounds
  /// Destinations that are virtual IPs, by index in `FortiDomain.virtualIPs`.
  var virtualIPs: [Int] = []
  var services: ServiceBounds
  var action: Action
  var state: RuleState = .active
  var logging: Logging = .off
  var comment: String?
  var profile: Int?
  /// Reasons why the policy may match less than its addresses and services say.
  var open: [Uncertainty] = []
  var objects: [ObjectReference] = []

  /// A rule of this policy with the given match.
  func rule(_ match: MatchBounds, ingress own: InterfaceMatch? = nil) -> Rule {
    var rule = Rule(order: order, name: name, match: match, action: action, source: range)
    for reason in open { rule.match = rule.match.uncertain(reason) }
    rule.ingress = own ?? ingress
    rule.egress = egress
    rule.logging = logging
    rule.comment = comment
    rule.state = state
    rule.profile = profile
    rule.objects = objects
    return rule
  }
}

/// Which name spaces a policy table's addresses come from.
struct FortiPolicyTable {
  var path: String
  /// Attribute names for IPv4 and IPv6 addresses; nil where the table has none.
  var v4: (source: String, destination: String)?
  var v6: (source: String, destination: String)?

  /// Policies of both families in one table since FortiOS 6.4; before, `policy6` was a table of its own and 6.2 had a
  /// consolidated one (FortiOS 6.4 release notes, "Consolidated IPv4 and IPv6 policy configuration").
  static let all = [
    FortiPolicyTable(
      path: "firewall policy", v4: ("srcaddr", "dstaddr"), v6: ("srcaddr6", "dstaddr6")),
    FortiPolicyTable(
      path: "firewall consolidated policy", v4: ("srcaddr4", "dstaddr4"), v6: ("srcaddr6", "dstaddr6")),
    FortiPolicyTable(path: "firewall policy6", v4: nil, v6: ("srcaddr", "dstaddr")),
  ]
}

extension FortiDomain {
  /// Every policy in the order of evaluation: the order of the file, not of the numbers.
  mutating func policies() -> [FortiPolicy] {
    var result: [FortiPolicy] = []
    for table in FortiPolicyTable.all {
      for node in entries(table.path) { result.append(policy(node, table, order: result.count)) }
    }
    return result
  }

  private mutating func policy(_ node: Int, _ table: FortiPolicyTable, order: Int) -> FortiPolicy {
    var open = unknownStatements(of: node)
    let id = tree.nodes[node].name
    let title = tree.value("name", of: node).map { " (\(printable($0)))" } ?? ""
    var result = FortiPolicy(
      node: node, name: "policy \(printable(id))\(title)", order: order, range: tree.nodes[node].range,
      ingress: interfaces("srcintf", node, &open), egress: interfaces("dstintf", node, &open),
      sources: .empty, destinations: .empty, services: .empty, action: action(node, &open))
    readAddresses(node, table, &result)
    result.services = policyServices(node, &open)
    readIdentity(node, &open)
    readState(node, &result, &open)
    readRedirection(node, result, &open)
    result.comment = tree.value("comments", of: node) ?? tree.value("comment", of: node)
    result.profile = result.action == .permit ? profile(of: node) : nil
    result.logging = logging(node, inspected: result.profile != nil)
    result.objects = references(node, table)
    result.open = limited(open)
    return result
  }

  private mutating func interfaces(_ name: String, _ node: Int, _ open: inout [Uncertainty]) -> InterfaceMatch {
    if let match = interfaceMatch(tree.setting(name, of: node)) { return match }
    open.append(missing(name, node))
    return .any
  }

  /// A mandatory attribute that is missing or unreadable.
  private mutating func missing(_ name: String, _ node: Int) -> Uncertainty {
    // Only the line that opens the policy lacks something; the others are understood.
    let range = notes.firstLine(of: tree.nodes[node].range)
    if tree.setting(name, of: node) == nil {
      notes.gap(
        range, .notModelled, matters: true, "the policy has no `\(name)`; it is taken to match anything or nothing")
    }
    return Uncertainty(range: range, reason: "`\(name)` is missing or cannot be read")
  }

  /// Without `set action` a policy denies (FortiOS CLI reference, `config firewall policy`: action, default deny).
  private mutating func action(_ node: Int, _ open: inout [Uncertainty]) -> Action {
    guard let setting = tree.setting("action", of: node) else { return .deny(rejects: rejects(node)) }
    switch setting.words[0] {
    case "accept": return .permit
    case "deny": return .deny(rejects: rejects(node))
    case let other:
      notes.gap(
        setting.range, .notModelled, matters: true,
        "action `\(printable(other))` is not modelled; the policy is taken to permit or deny")
      return .unknown
    }
  }

  private func rejects(_ node: Int) -> Bool { tree.isEnabled("send-deny-packet", of: node) }

  // MARK: Addresses

  mutating func readAddresses(_ node: Int, _ table: FortiPolicyTable, _ result: inout FortiPolicy) {
    var sources: [AddressBounds] = []
    var destinations: [AddressBounds] = []
    for (family, names) in [(IPFamily.v4, table.v4), (.v6, table.v6)] {
      guard let names else { continue }
      if let setting = tree.setting(names.source, of: node) {
        let bounds = addressBounds(setting, family)
        sources.append(negated(bounds, names.source, node, family))
      }
      // With an Internet Service as destination the policy has no destination addresses of that family.
      let isService = tree.isEnabled(family == .v4 ? "internet-service" : "internet-service6", of: node)
      if !isService, let setting = tree.setting(names.destination, of: node) {
        destinations.append(readDestination(setting, names.destination, node, family, &result))
      }
    }
    sources += internetService(node, ["internet-service-src", "internet-service6-src"])
    destinations += internetService(node, ["internet-service", "internet-service6"])
    result.sources = sources.isEmpty ? .unknown(missing(table.v4?.source ?? "srcaddr", node)) : union(of: sources)
    result.destinations =
      destinations.isEmpty ? .unknown(missing(table.v4?.destination ?? "dstaddr", node)) : union(of: destinations)
  }

  /// Plain destinations of one line; virtual IPs are set apart.
  private mutating func readDestination(
    _ setting: FortiSetting, _ name: String, _ node: Int, _ family: IPFamily, _ result: inout FortiPolicy
  ) -> AddressBounds {
    var plain = setting
    plain.words = []
    var found: [Int] = []
    for word in setting.words {
      let virtual = virtualIPs(named: word, family)
      if virtual.isEmpty { plain.words.append(word) } else { found += virtual }
    }
    if found.isEmpty {
      // Resolved before the call: as an argument it would copy all of `self` each time.
      let bounds = addressBounds(setting, family)
      return negated(bounds, name, node, family)
    }
    if tree.isEnabled("\(name)-negate", of: node) || setting.isBroken {
      return .unknown(Uncertainty(range: setting.range, reason: "a negated virtual IP is not modelled"))
    }
    result.virtualIPs += found
    return plain.words.isEmpty ? .empty : addressBounds(plain, family)
  }

  private func negated(_ bounds: AddressBounds, _ name: String, _ node: Int, _ family: IPFamily) -> AddressBounds {
    guard tree.isEnabled("\(name)-negate", of: node) else { return bounds }
    return AddressBounds(family == .v4 ? .allV4 : .allV6).subtracting(bounds)
  }

  /// Addresses of Internet Services come from a database of the vendor: all that is known is the family.
  private mutating func internetService(_ node: Int, _ switches: [String]) -> [AddressBounds] {
    switches.filter { tree.isEnabled($0, of: node) }.map { name in
      let range = tree.setting(name, of: node)?.range ?? tree.nodes[node].range
      let reason = "Internet Services are lists of addresses and ports that are not in the file"
      if reported.insert(reason).inserted {
        notes.issue(.dynamicObject, range, reason, help: "use address objects where segmentation must be proved")
      }
      return AddressBounds(
        lower: .empty, upper: name.contains("6") ? .allV6 : .allV4,
        uncertainties: [Uncertainty(range: range, reason: reason)])
    }
  }

  // MARK: Services, users, times

  private mutating func policyServices(_ node: Int, _ open: inout [Uncertainty]) -> ServiceBounds {
    if ["internet-service", "internet-service6"].contains(where: { tree.isEnabled($0, of: node) }) {
      // The Internet Service brings its own ports.
      return ServiceBounds([.any])
    }
    guard let setting = tree.setting("service", of: node) else { return .unknown(missing("service", node)) }
    let bounds = serviceBounds(setting)
    return tree.isEnabled("service-negate", of: node) ? bounds.complement : bounds
  }

  func readIdentity(_ node: Int, _ open: inout [Uncertainty]) {
    for name in ["groups", "users", "fsso-groups"] {
      guard let setting = tree.setting(name, of: node) else { continue }
      open.append(Uncertainty(range: setting.range, reason: "the policy asks who the user is"))
    }
  }

  mutating func readState(_ node: Int, _ result: inout FortiPolicy, _ open: inout [Uncertainty]) {
    if let schedule = tree.setting("schedule", of: node), !isAlways(schedule.words[0], schedule.range) {
      result.state = .scheduled(name: schedule.words[0])
      open.append(
        Uncertainty(
          range: schedule.range, reason: "schedule `\(printable(schedule.words[0]))` limits the policy in time"))
    }
    if let status = tree.setting("status", of: node) {
      if status.words == ["disable"] {
        result.state = .disabled
      } else if status.words != ["enable"] {
        notes.gap(status.range, .notRecognised, matters: true, "the status of the policy cannot be read")
        open.append(Uncertainty(range: status.range, reason: "the status cannot be read"))
      }
    }
    for name in ["nat46", "nat64"] where tree.isEnabled(name, of: node) {
      let range = tree.setting(name, of: node)?.range ?? result.range
      notes.gap(range, .notModelled, matters: true, "translation between IPv4 and IPv6 is not modelled")
      open.append(Uncertainty(range: range, reason: "the policy translates between IPv4 and IPv6"))
    }
  }

  /// Sessions that a policy passes on to a transparent proxy: proxy policies decide on them too (FortiOS 5.6 "What's new",
  /// "Transparent web proxy").
  private mutating func readRedirection(_ node: Int, _ policy: FortiPolicy, _ open: inout [Uncertainty]) {
    guard policy.action == .permit else { return }
    for name in ["http-policy-redirect", "ssh-policy-redirect", "ztna-policy-redirect"]
    where tree.isEnabled(name, of: node) {
      let range = tree.setting(name, of: node)?.range ?? policy.range
      open.append(
        Uncertainty(range: range, reason: "a transparent proxy may stop sessions of the policy (`\(name)`)"))
    }
    noteUpstream(node, policy)
  }

  /// `all` records every session, `utm` (the default) those that a security profile looks at.
  func logging(_ node: Int, inspected: Bool) -> Logging {
    switch tree.value("logtraffic", of: node) ?? "utm" {
    case "all", "enable": .on
    case "utm": inspected || tree.isEnabled("utm-status", of: node) ? .unknown : .off
    default: .off
    }
  }

  func references(_ node: Int, _ table: FortiPolicyTable) -> [ObjectReference] {
    var result: [ObjectReference] = []
    func add(_ attribute: String, _ paths: [String]) {
      for word in tree.words(attribute, of: node) {
        guard let object = paths.lazy.compactMap({ entry(word, in: $0) }).first else { continue }
        result.append(ObjectReference(name: word, range: tree.nodes[object].range))
      }
    }
    for (names, suffix) in [(table.v4, ""), (table.v6, "6")] {
      guard let names else { continue }
      for attribute in [names.source, names.destination] {
        add(
          attribute,
          ["address", "addrgrp", "vip", "vipgrp"].map { "firewall \($0)\(suffix)" })
      }
    }
    add("service", ["firewall service custom", "firewall service group"])
    return result
  }
}
