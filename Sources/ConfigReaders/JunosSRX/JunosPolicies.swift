import PacketSets
import RuleModel
import SourceText

/// Security policies.
extension JunosSystem {
  /// The node of `security policies`.
  var policySection: Int? { security.flatMap { tree.child($0, "policies") } }

  /// Lists of all contexts in the order of the file, then the global policies: for a packet its own context is asked
  /// first, then the global policies, then the default policy ("Global Security Policies", policy lookup).
  mutating func policyLists() -> [Int] {
    guard let section = policySection else { return [] }
    var lists: [Int] = []
    for part in tree.allChildren(section) {
      let isOff = tree.isInactive(part)
      switch tree.word(part) {
      case "from-zone":
        tree.mark(part, .used)
        for from in tree.allChildren(part) { lists += contexts(from: from, isOff) }
      case "global", "default-policy": break
      case "policy-rematch", "policy-stats", "traceoptions", "pre-id-default-policy", "apply-groups",
        "apply-groups-except", "stateful-firewall-rule", "unified-policy-explicit-match", "sync":
        tree.markBelow(part, .irrelevant)
      default: if !isOff { _ = notRecognised(part) }
      }
    }
    if let global = tree.anyChild(section, "global") { lists += globalList(global) }
    return lists
  }

  private mutating func contexts(from: Int, _ isOff: Bool) -> [Int] {
    var lists: [Int] = []
    let isFromOff = isOff || tree.isInactive(from)
    for keyword in tree.allChildren(from) {
      guard tree.word(keyword) == "to-zone" else {
        _ = notRecognised(keyword)
        continue
      }
      for to in tree.allChildren(keyword) {
        let isContextOff = isFromOff || tree.isInactive(keyword) || tree.isInactive(to)
        // Traffic from the device itself is nothing that passes through it.
        if tree.word(from) == "junos-host" {
          tree.markBelow(to, .irrelevant)
        } else if tree.word(to) != "junos-host" {
          lists.append(contextList(from, to, isContextOff))
        }
      }
    }
    return lists
  }

  /// The policies of one pair of zones.
  mutating func contextList(_ from: Int, _ to: Int, _ isOff: Bool) -> Int {
    let (source, destination) = (tree.word(from), tree.word(to))
    let ingress = interfaces(ofZone: source, tree.range(to))
    let isLocal = destination == "junos-host"
    let egress = isLocal ? .any : interfaces(ofZone: destination, tree.range(to))
    var rules: [Rule] = []
    for policy in policies(in: to) {
      var rule = policyRule(policy, rules.count, zones: (source, destination))
      rule.ingress = ingress
      rule.egress = egress
      if isOff { rule.state = .disabled }
      rules.append(rule)
    }
    return addList(
      "from-zone \(printable(source)) to-zone \(printable(destination))", rules, leave("global policies follow"),
      tree.range(to))
  }

  /// Policies below a context or `global`, switched off or not.
  private mutating func policies(in context: Int) -> [Int] {
    tree.mark(context, .used)
    var result: [Int] = []
    for part in tree.allChildren(context) {
      switch tree.word(part) {
      case "policy":
        tree.mark(part, .used)
        result += tree.allChildren(part)
      case "apply-groups", "apply-groups-except", "application-services": tree.markBelow(part, .irrelevant)
      default: _ = notRecognised(part)
      }
    }
    return result
  }

  private mutating func globalList(_ global: Int) -> [Int] {
    var rules: [Rule] = []
    for policy in policies(in: global) {
      var rule = policyRule(policy, rules.count, zones: nil)
      if tree.isInactive(global) { rule.state = .disabled }
      if let match = tree.child(policy, "match") {
        if let from = tree.child(match, "from-zone") { rule.ingress = zoneMatch(from) }
        if let to = tree.child(match, "to-zone") { rule.egress = zoneMatch(to) }
      }
      rules.append(rule)
    }
    return rules.isEmpty ? [] : [addList("global", rules, leave("the default policy follows"), tree.range(global))]
  }

  private mutating func zoneMatch(_ node: Int) -> InterfaceMatch {
    let range = tree.range(node)
    let matches = names(node).map { interfaces(ofZone: $0, range) }
    return matches.contains(.any) ? .any : InterfaceMatch(matches.flatMap { $0.patterns ?? [] })
  }

  // MARK: One policy

  private mutating func policyRule(_ policy: Int, _ order: Int, zones: (from: String, to: String)?) -> Rule {
    tree.mark(policy, .used)
    var open: [Uncertainty] = []
    var action: Action?
    var logging = Logging.off
    var profile: Int?
    var state = RuleState.active
    var match = PolicyMatch()
    for part in tree.children(policy) {
      tree.mark(part, .used)
      switch tree.word(part) {
      case "match": match = policyMatch(part, zones, &open)
      case "then": (action, logging, profile) = policyAction(part, &open)
      case "description", "apply-groups", "apply-groups-except": tree.markBelow(part, .used)
      case "scheduler-name": readScheduler(part, &state, &open)
      default: open.append(notRecognised(part))
      }
    }
    if tree.isInactive(policy) {
      state = .disabled
    } else if action == nil || !match.isComplete {
      open.append(
        incomplete(policy, action == nil ? "an action" : "all of source-address, destination-address and application"))
    }
    if tree.isCutOff(policy) { open.append(cutOff(policy)) }
    var bounds = MatchBounds(sources: match.sources, destinations: match.destinations, services: match.services)
    for reason in limited(open) { bounds = bounds.uncertain(reason) }
    var rule = Rule(
      order: order, name: "policy \(printable(tree.word(policy)))", match: bounds, action: action ?? .unknown,
      source: tree.range(policy))
    rule.logging = logging
    rule.profile = action == .permit ? profile : nil
    rule.state = state
    rule.comment = tree.text(policy, "description") ?? tree.comment(policy)
    rule.objects = match.objects
    return rule
  }

  private mutating func incomplete(_ policy: Int, _ what: String) -> Uncertainty {
    let reason = "policy \(quoted(policy)) does not name \(what)"
    notes.gap(tree.range(policy), .notModelled, matters: true, reason + "; it may match anything or nothing")
    return Uncertainty(range: tree.range(policy), reason: reason)
  }

  private struct PolicyMatch {
    var sources = AddressBounds(.all)
    var destinations = AddressBounds(.all)
    var services = ServiceBounds([.any])
    var objects: [ObjectReference] = []
    /// Whether all that a policy must name is there.
    var isComplete = false
  }

  private mutating func policyMatch(
    _ node: Int, _ zones: (from: String, to: String)?, _ open: inout [Uncertainty]
  ) -> PolicyMatch {
    var match = PolicyMatch()
    var found: Set<String> = []
    var isExcluded: (source: Bool, destination: Bool) = (false, false)
    for part in tree.children(node) {
      let word = tree.word(part)
      found.insert(word)
      switch word {
      case "source-address":
        match.sources = addressBounds(part, zone: zones?.from)
        match.objects += addressReferences(part, zone: zones?.from)
      case "destination-address":
        match.destinations = addressBounds(part, zone: zones?.to)
        match.objects += addressReferences(part, zone: zones?.to)
      case "application":
        match.services = applicationBounds(part)
        match.objects += applicationReferences(part)
      case "source-address-excluded": isExcluded.source = true
      case "destination-address-excluded": isExcluded.destination = true
      case "from-zone", "to-zone": if zones != nil { open.append(notRecognised(part)) }
      case "dynamic-application", "url-category": readApplicationIdentity(part, word, &open)
      case "source-identity": readIdentity(part, &open)
      case "source-end-user-profile", "destination-end-user-profile", "source-l3vpn-vrf-group",
        "destination-l3vpn-vrf-group":
        tree.markBelow(part, .used)
        open.append(
          Uncertainty(range: tree.range(part), reason: "the policy asks for `\(word)`, which the file does not tell"))
      case "apply-groups", "apply-groups-except": tree.markBelow(part, .irrelevant)
      default: open.append(notRecognised(part))
      }
      tree.mark(part, .used)
    }
    if isExcluded.source { match.sources = match.sources.complement }
    if isExcluded.destination { match.destinations = match.destinations.complement }
    match.isComplete =
      found.isSuperset(of: ["source-address", "destination-address"])
      && !found.isDisjoint(with: ["application", "dynamic-application"])
    return match
  }

  /// Applications that the device recognises by content: until then packets of the session pass, so what the policy
  /// does to a packet is open ("Unified Security Policies").
  private mutating func readApplicationIdentity(_ node: Int, _ kind: String, _ open: inout [Uncertainty]) {
    if names(node).allSatisfy({ $0 == "any" || $0 == "none" }) { return }
    open.append(
      Uncertainty(
        range: tree.range(node), reason: "`\(kind)` is recognised by the content of a session, not by its header"))
  }

  private mutating func readIdentity(_ node: Int, _ open: inout [Uncertainty]) {
    if names(node).allSatisfy({ $0 == "any" }) { return }
    open.append(Uncertainty(range: tree.range(node), reason: "the policy asks who the user is"))
  }

  // MARK: What it does

  private mutating func policyAction(
    _ node: Int, _ open: inout [Uncertainty]
  ) -> (action: Action?, logging: Logging, profile: Int?) {
    var action: Action?
    var logging = Logging.off
    var profile: Int?
    for part in tree.children(node) {
      switch tree.word(part) {
      case "permit":
        action = .permit
        profile = readPermit(part, &open)
      case "deny":
        action = .deny(rejects: false)
        tree.markBelow(part, .used)
      case "reject":
        action = .deny(rejects: true)
        tree.markBelow(part, .used)
      case "log":
        if tree.hasChildren(part) { logging = .on }
        tree.markBelow(part, .used)
      case "count", "trace", "apply-groups", "apply-groups-except": tree.markBelow(part, .irrelevant)
      default: open.append(notRecognised(part))
      }
    }
    return (action, logging, profile)
  }

  private mutating func readPermit(_ node: Int, _ open: inout [Uncertainty]) -> Int? {
    tree.mark(node, .used)
    var profile: Int?
    for part in tree.children(node) {
      switch tree.word(part) {
      case "services-offload", "tcp-options", "no-services-offload", "vpn-flow-persist", "apply-groups":
        tree.markBelow(part, .irrelevant)
      case "application-services": profile = readServices(part, &open)
      case "firewall-authentication":
        tree.markBelow(part, .used)
        open.append(Uncertainty(range: tree.range(part), reason: "users must log in before the policy permits"))
      case "tunnel":
        tree.markBelow(part, .used)
        open.append(Uncertainty(range: tree.range(part), reason: "the policy sends its traffic into a VPN tunnel"))
      case "destination-address":
        tree.markBelow(part, .used)
        open.append(
          Uncertainty(
            range: tree.range(part), reason: "the policy permits translated or untranslated destinations only"))
      default: open.append(notRecognised(part))
      }
    }
    return profile
  }

  /// Inspection that permitted sessions go through. IDP and the application firewall may drop what they recognise; which
  /// industrial messages that are is not in the file.
  private mutating func readServices(_ node: Int, _ open: inout [Uncertainty]) -> Int? {
    tree.mark(node, .used)
    var names: [String] = []
    var range = tree.range(node)
    var mayBlockAnything = false
    for part in tree.children(node) {
      let word = tree.word(part)
      tree.markBelow(part, .used)
      switch word {
      case "idp", "idp-policy":
        names.append(tree.children(part).first.map { "idp-policy \(printable(tree.word($0)))" } ?? word)
        range = tree.range(part)
      case "application-firewall", "security-intelligence", "security-intelligence-policy", "web-proxy":
        names.append(word)
        range = tree.range(part)
        mayBlockAnything = true
      case "utm-policy", "application-traffic-control", "ssl-proxy", "gprs-gtp-profile", "gprs-sctp-profile",
        "uac-policy",
        "redirect-wx", "reverse-redirect-wx", "advanced-anti-malware-policy", "anti-virus", "packet-capture",
        "icap-redirect", "secure-wire", "advance-policy-based-routing-profile":
        if word == "uac-policy" {
          open.append(
            Uncertainty(range: tree.range(part), reason: "the policy asks a policy server for the user's role"))
        }
      default: open.append(notRecognised(part))
      }
    }
    guard !names.isEmpty else { return nil }
    return inspection(names.joined(separator: ", "), range, mayBlockAnything)
  }

  private mutating func inspection(_ name: String, _ range: SourceRange, _ mayBlockAnything: Bool) -> Int {
    if let known = profiles[name] { return known }
    let reason = Uncertainty(range: range, reason: "what \(name) drops is not in the file")
    let upper = mayBlockAnything ? FunctionMatch.any : FunctionMatch(functions: IntervalSet(256...UInt16.max))
    device.profiles.append(
      InspectionProfile(
        name: name, mode: .enforcing,
        blocked: MatchBounds(lower: [], upper: [PacketMatch(function: upper)], uncertainties: [reason]), protocols: [],
        source: range))
    profiles[name] = device.profiles.count - 1
    return device.profiles.count - 1
  }

  // MARK: Times

  private mutating func readScheduler(_ node: Int, _ state: inout RuleState, _ open: inout [Uncertainty]) {
    let range = tree.range(node)
    guard let name = names(node).last else { return }
    guard let scheduler = tree.find(["schedulers", "scheduler", name], below: own) else {
      state = .scheduled(name: name)
      open.append(undefined("scheduler", name, range))
      return
    }
    tree.markBelow(scheduler, .used)
    let days = tree.children(scheduler).filter { tree.word($0) != "description" }
    let isAlways = days.count == 1 && tree.word(days[0]) == "daily" && tree.child(days[0], "all-day") != nil
    if isAlways { return }
    state = .scheduled(name: name)
    open.append(
      Uncertainty(range: range, reason: "scheduler `\(printable(name))` limits the policy in time"))
  }
}
