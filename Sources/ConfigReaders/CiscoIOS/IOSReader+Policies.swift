import PacketSets
import RuleModel
import SourceText

extension IOSReader {
  // MARK: - Class maps

  /// `class-map type inspect [match-any|match-all] NAME`; without a word for it, all conditions must hold (Cisco IOS
  /// Security Command Reference, `class-map type inspect`).
  mutating func beginClassMap() {
    block = .irrelevant
    config.otherLines.append(line)
    mark(.irrelevant)
    guard words.takes("type") else { return }
    guard words.takes("inspect") else { return }
    let isMatchAny = words.takes("match-any")
    let hasMode = words.takes("match-all") || isMatchAny
    guard let name = words.takeText() else { return unrecognised("class map") }
    // `class-map type inspect http match-any NAME` looks into the payload of one application.
    guard hasMode || words.isAtEnd else { return }
    mark(.used)
    block = .classMap(name)
    guard config.classMaps[name] == nil else { return }
    config.classMaps[name] = IOSClassMap(name: name, isMatchAny: isMatchAny, source: here)
  }

  mutating func classMapStatement(_ name: String) {
    mark(.used)
    if words.takes("description") || words.takes("description:") { return mark(.irrelevant) }
    guard words.takes("match") else {
      addMatch(.unknown(Uncertainty(range: here, reason: "a condition of the class is not understood")), false, name)
      return unrecognised("condition of class map `\(printable(name))`")
    }
    let isNegated = words.takes("not")
    switch words.takeText() ?? "" {
    case "access-group":
      _ = words.takes("name")
      guard let list = words.takeText() else { return unrecognised("condition") }
      addMatch(.list(list), isNegated, name)
    case "protocol":
      guard let application = words.takeText() else { return unrecognised("condition") }
      addMatch(.application(application), isNegated, name)
    case "class-map":
      guard let inner = words.takeText() else { return unrecognised("condition") }
      addMatch(.classMap(inner), isNegated, name)
    case "any": addMatch(.any, isNegated, name)
    default:
      addMatch(
        .unknown(Uncertainty(range: here, reason: "the class looks at something that is not in the packet here")),
        isNegated, name)
      gap(changes: true, "this condition of an inspection class is not modelled")
    }
  }

  private mutating func addMatch(_ subject: IOSClassMatch.Subject, _ isNegated: Bool, _ name: String) {
    let match = IOSClassMatch(subject: subject, isNegated: isNegated, source: here)
    config.classMaps[name]?.matches.append(match)
  }

  // MARK: - Policy maps

  mutating func beginPolicyMap() {
    mark(.irrelevant)
    config.otherLines.append(line)
    guard words.takes("type") else {
      block = .qualityPolicy
      return
    }
    block = .irrelevant
    guard words.takes("inspect"), let name = words.takeText(), words.isAtEnd else { return }
    mark(.used)
    block = .policyMap(name)
    guard config.policyMaps[name] == nil else { return }
    config.policyMaps[name] = IOSPolicyMap(name: name, source: here)
  }

  mutating func policyMapStatement(_ name: String) {
    mark(.used)
    switch words.takeText() ?? "" {
    case "description", "description:": mark(.irrelevant)
    case "class":
      _ = words.takes("type") && words.takes("inspect")
      guard let classMap = words.takeText() else { return unrecognised("class") }
      let item = IOSPolicyClass(classMap: classMap == "class-default" ? nil : classMap, source: here)
      config.policyMaps[name]?.classes.append(item)
    case "inspect": setWork(.inspect, name)
    case "pass": setWork(.pass, name)
    case "drop": setWork(.drop, name)
    case "reset": setWork(.drop, name)
    case "police": mark(.irrelevant)
    case "service-policy", "urlfilter":
      narrow(name, "inspection of the payload may drop packets of this class")
      gap(changes: true, "inspection of the payload drops packets here, which is not modelled")
    default:
      narrow(name, "an action of this class is not understood")
      unrecognised("action of policy map `\(printable(name))`")
    }
  }

  private mutating func setWork(_ work: IOSPolicyClass.Work, _ name: String) {
    guard let last = config.policyMaps[name]?.classes.indices.last else {
      return unrecognised("action without a class")
    }
    config.policyMaps[name]?.classes[last].work = work
    if words.isNext("log") { config.policyMaps[name]?.classes[last].isLogged = true }
  }

  private mutating func narrow(_ name: String, _ reason: String) {
    guard let last = config.policyMaps[name]?.classes.indices.last else { return }
    let narrowing = Uncertainty(range: here, reason: reason)
    config.policyMaps[name]?.classes[last].narrowing = narrowing
  }

  /// Policies that mark and shape let everything through, unless a class has `drop`.
  mutating func qualityStatement() {
    config.otherLines.append(line)
    if words.isNext("drop") {
      return gap(changes: true, "a class of a service policy drops packets, which is not modelled")
    }
    mark(.irrelevant)
  }

  // MARK: - Zones

  mutating func beginZone() {
    mark(.used)
    guard words.takes("security"), let name = words.takeText() else {
      block = .unknown
      return unrecognised("zone")
    }
    block = .irrelevant
    if config.zones[name] == nil { config.zones[name] = here }
  }

  /// `zone-pair security NAME source A destination B`.
  mutating func beginZonePair() {
    mark(.used)
    guard words.takes("security"), let name = words.takeText(), words.takes("source"), let from = words.takeText(),
      words.takes("destination"), let to = words.takeText()
    else {
      block = .unknown
      return unrecognised("zone pair")
    }
    if let known = config.zonePairIndex[name] {
      block = .zonePair(known)
      return
    }
    block = .zonePair(config.zonePairs.count)
    config.zonePairIndex[name] = config.zonePairs.count
    config.zonePairs.append(IOSZonePair(name: name, from: from, to: to, source: here))
  }

  mutating func zonePairStatement(_ index: Int) {
    mark(.used)
    if words.takes("description") || words.takes("description:") { return mark(.irrelevant) }
    guard words.takes("service-policy"), words.takes("type"), words.takes("inspect"), let policy = words.takeText()
    else {
      return unrecognised("statement of a zone pair")
    }
    config.zonePairs[index].policy = policy
  }

  // MARK: - Inspection of the older kind

  /// `ip inspect name NAME PROTOCOL …`; the other forms are settings.
  mutating func inspectLine() {
    block = .irrelevant
    mark(.irrelevant)
    guard words.takes("name"), let name = words.takeText(), let application = words.takeText() else { return }
    mark(.used)
    config.inspectRules[name, default: []].append(application)
  }

  /// `ip port-map NAME port [tcp|udp] PORT… [list ACL]`.
  mutating func portMapLine() {
    mark(.used)
    guard let name = words.takeText(), words.takes("port") else { return unrecognised("port map") }
    var protocols: [UInt8] = [IPProtocol.tcp, IPProtocol.udp]
    if words.takes("tcp") { protocols = [IPProtocol.tcp] } else if words.takes("udp") { protocols = [IPProtocol.udp] }
    var ports: [ClosedRange<UInt16>] = []
    if words.takes("from") {
      guard let low: UInt16 = words.takeNumber(), words.takes("to"), let high: UInt16 = words.takeNumber(), low <= high
      else { return unrecognised("port map") }
      ports.append(low...high)
    }
    while let port: UInt16 = words.takeNumber() { ports.append(port...port) }
    var isLimited = false
    while let option = words.takeText() {
      if option == "list" { isLimited = true }
      if option != "list", option != "description" { continue }
      if option == "description" { words.position = words.ranges.count } else { _ = words.take() }
    }
    config.portMaps[name, default: []].append(
      IOSPortMap(protocols: protocols, ports: IntervalSet(ports), isLimited: isLimited))
  }

  // MARK: - VLAN maps

  /// `vlan access-map NAME [SEQUENCE]`, `vlan filter NAME vlan-list LIST`; `vlan 10` names a VLAN.
  mutating func vlanLine() {
    if words.takes("access-map") {
      mark(.used)
      guard let name = words.takeText() else { return unrecognised("VLAN map") }
      let last = config.vlanMaps[name]?.entries.last?.sequence ?? 0
      let sequence: Int = words.takeNumber() ?? last + 10
      if config.vlanMaps[name] == nil { config.vlanMaps[name] = IOSVLANMap(name: name, source: here) }
      let entry = IOSVLANMapEntry(sequence: sequence, source: here)
      config.vlanMaps[name]?.entries.append(entry)
      block = .vlanMap(name)
    } else if words.takes("filter") {
      mark(.used)
      guard let name = words.takeText(), words.takes("vlan-list"), let vlans = vlanList(words.rest) else {
        return unrecognised("VLAN filter")
      }
      if config.vlanMaps[name] == nil {
        undefined("VLAN map", name, at: here, among: { $0.vlanMaps.keys.sorted() })
        config.vlanMaps[name] = IOSVLANMap(name: name, source: here)
      }
      let known = config.vlanMaps[name]?.vlans ?? .empty
      config.vlanMaps[name]?.vlans = known.union(vlans)
    } else {
      block = .irrelevant
      mark(.irrelevant)
    }
  }

  /// `10,20-30`, with or without blanks, or `all`.
  private func vlanList(_ text: String) -> IntervalSet<UInt16>? {
    if text == "all" { return .all }
    var ranges: [ClosedRange<UInt16>] = []
    for piece in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
      let ends = piece.split(separator: "-").map { UInt16($0) }
      guard let low = ends.first.flatMap({ $0 }), let high = ends.last.flatMap({ $0 }), low <= high else { return nil }
      ranges.append(low...high)
    }
    return IntervalSet(ranges)
  }

  mutating func vlanMapStatement(_ name: String) {
    mark(.used)
    guard let last = config.vlanMaps[name]?.entries.indices.last else { return unrecognised("VLAN map") }
    if words.takes("match") {
      let isV6 = words.isNext("ipv6")
      guard words.takes("ip") || words.takes("ipv6"), words.takes("address") else {
        return words.isNext("mac") ? mark(.irrelevant) : unrecognised("condition of a VLAN map")
      }
      while let list = words.takeText() { config.vlanMaps[name]?.entries[last].lists.append((list, isV6)) }
    } else if words.takes("action") {
      let work: IOSVLANMapEntry.Work =
        words.takes("forward") ? .forward : words.takes("drop") ? .drop : .unknown
      config.vlanMaps[name]?.entries[last].work = work
      if work == .unknown { gap(changes: true, "this action of a VLAN map is not modelled") }
    } else {
      unrecognised("statement of a VLAN map")
    }
  }
}
