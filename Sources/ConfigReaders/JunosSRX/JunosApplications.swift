import PacketSets
import RuleModel
import SourceText

/// Applications and application sets.
extension JunosSystem {
  private static let depthLimit = 48

  mutating func applicationBounds(_ node: Int) -> ServiceBounds {
    let range = tree.range(node)
    return union(names(node).map { application($0, range, depth: 0) })
  }

  mutating func application(_ name: String, _ use: SourceRange, depth: Int) -> ServiceBounds {
    if name == "any" { return ServiceBounds([.any]) }
    if let known = applications[name] { return known }
    guard depth < Self.depthLimit, resolving.insert("application \(name)").inserted else {
      return .unknown(
        dynamic(use, "application set `\(printable(name))` contains itself, or sets are nested too deeply"))
    }
    let bounds = resolved(name, use, depth: depth)
    resolving.remove("application \(name)")
    applications[name] = bounds
    return bounds
  }

  private mutating func resolved(_ name: String, _ use: SourceRange, depth: Int) -> ServiceBounds {
    // A logical system may use what the main system defines.
    for place in own == StatementTree.root ? [own] : [own, StatementTree.root] {
      if let node = tree.find(["applications", "application", name], below: place) { return applicationObject(node) }
      if let node = tree.find(["applications", "application-set", name], below: place) {
        return applicationSet(node, depth: depth)
      }
    }
    if let services = JunosFactory.applications[name] { return ServiceBounds(services) }
    if let members = JunosFactory.applicationSets[name] {
      return union(members.map { application($0, use, depth: depth + 1) })
    }
    if let upper = JunosFactory.openApplications[name] {
      let reason = dynamic(
        use, "application `\(name)` is recognised by its content or its ports differ between releases")
      return ServiceBounds(lower: JunosFactory.certain[name] ?? [], upper: upper, uncertainties: [reason])
    }
    return .unknown(undefined("application", name, use))
  }

  private mutating func applicationSet(_ node: Int, depth: Int) -> ServiceBounds {
    tree.mark(node, .used)
    var parts: [ServiceBounds] = []
    for part in tree.children(node) {
      switch tree.word(part) {
      case "application", "application-set":
        let range = tree.range(part)
        parts += names(part).map { application($0, range, depth: depth + 1) }
      case "description", "apply-groups", "apply-groups-except": tree.markBelow(part, .irrelevant)
      default: parts.append(.unknown(notRecognised(part)))
      }
    }
    if tree.isCutOff(node) { parts.append(.unknown(cutOff(node))) }
    return union(parts)
  }

  private mutating func applicationObject(_ node: Int) -> ServiceBounds {
    tree.mark(node, .used)
    var terms = tree.children(of: ["term"], below: node).map { applicationTerm($0) }
    if let keyword = tree.child(node, "term") { tree.mark(keyword, .used) }
    let isPlain = tree.children(node).contains { !["term", "description"].contains(tree.word($0)) }
    if isPlain || terms.isEmpty { terms.append(applicationTerm(node)) }
    if tree.isCutOff(node) { terms.append(.unknown(cutOff(node))) }
    return union(terms)
  }

  /// Protocol, ports and types of an application or of one of its terms.
  private mutating func applicationTerm(_ node: Int) -> ServiceBounds {
    var service = Service.any
    var hasProtocol = false
    var open: [Uncertainty] = []
    var isKnown = true
    tree.mark(node, .used)
    for (key, value) in tree.options(node, without: ["term"]) {
      let word = value.map { tree.word($0) } ?? ""
      var isRead = true
      switch tree.word(key) {
      case "protocol":
        hasProtocol = true
        if let number = JunosNames.proto(word) { service.protocols = IntervalSet(number) } else { isRead = false }
      case "source-port":
        if let ports = JunosNames.ports(word) { service.sourcePorts = IntervalSet(ports) } else { isRead = false }
      case "destination-port":
        if let ports = JunosNames.ports(word) { service.destinationPorts = IntervalSet(ports) } else { isRead = false }
      case "icmp-type", "icmp6-type":
        if let type = JunosNames.icmpType(word, isV6: tree.word(key) == "icmp6-type") {
          service.icmpTypes = IntervalSet(type)
        } else {
          isRead = false
        }
      case "icmp-code", "icmp6-code":
        if let code = JunosNames.icmpCode(word) { service.icmpCodes = IntervalSet(code) } else { isRead = false }
      case "rpc-program-number", "uuid":
        open.append(Uncertainty(range: tree.range(key), reason: "the application asks for a remote procedure"))
      case "ether-type":
        open.append(Uncertainty(range: tree.range(key), reason: "the application asks for a type of Ethernet frame"))
      // The ALG opens further sessions for what the application announces; timeouts do not filter.
      case "application-protocol", "alg", "inactivity-timeout", "description", "do-not-translate-A-query-to-AAAA-query",
        "do-not-translate-AAAA-query-to-A-query", "apply-groups", "apply-groups-except":
        tree.markBelow(key, .irrelevant)
        continue
      default: isRead = false
      }
      if isRead {
        tree.mark(key, .used)
        if let value { tree.mark(value, .used) }
      } else {
        isKnown = false
        open.append(notRecognised(key))
      }
    }
    if !hasProtocol, isKnown {
      // Ports without a protocol are no valid application; one that is empty matches nothing that is known.
      isKnown = false
      open.append(Uncertainty(range: tree.range(node), reason: "application \(quoted(node)) names no protocol"))
    }
    // What could not be read constrains nothing in `service`, so that it holds everything that the application may mean.
    return isKnown && open.isEmpty
      ? ServiceBounds([service]) : ServiceBounds(lower: [], upper: [service], uncertainties: open)
  }

  /// Where the names are defined that a rule's applications came through.
  func applicationReferences(_ node: Int?) -> [ObjectReference] {
    guard let node, let section = tree.child(own, "applications") else { return [] }
    return tree.children(node).compactMap { child -> ObjectReference? in
      let name = tree.word(child)
      let object =
        tree.find(["application", name], below: section) ?? tree.find(["application-set", name], below: section)
      return object.map { ObjectReference(name: name, range: tree.range($0)) }
    }
  }
}
