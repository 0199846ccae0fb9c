import PacketSets
import RuleModel
import SourceText

/// What an object of the firewall stands for.
enum StormshieldContent: Hashable {
  case addresses(AddressSet)
  case services([Service])
  /// Members by name; more are added as they come.
  case group([String])
  /// Known by name only; the text says why.
  case open(String)
}

struct StormshieldObject {
  var content: StormshieldContent
  var range: SourceRange
}

/// Objects by name; names differ in more than case (slot files write `Network_lan` and `network_lan`).
struct StormshieldObjects {
  /// Hosts, networks, ranges and their groups.
  var addresses: [String: StormshieldObject] = [:]
  /// Ports, protocols and their groups.
  var services: [String: StormshieldObject] = [:]

  /// Adds an object; one that is there already with another content is open, since it is not known which one counts.
  mutating func define(_ name: String, _ content: StormshieldContent, _ range: SourceRange, isService: Bool) {
    let key = name.lowercased()
    let table = isService ? \StormshieldObjects.services : \.addresses
    guard let known = self[keyPath: table][key] else {
      self[keyPath: table][key] = StormshieldObject(content: content, range: range)
      return
    }
    if known.content == content { return }
    if case .group(let members) = known.content {
      // The list of objects names groups without their members.
      guard case .group(let more) = content else { return open(key, range, isService) }
      self[keyPath: table][key]?.content = .group(members + more)
      return
    }
    open(key, range, isService)
  }

  private mutating func open(_ key: String, _ range: SourceRange, _ isService: Bool) {
    let object = StormshieldObject(content: .open("it is defined twice, differently"), range: range)
    if isService { services[key] = object } else { addresses[key] = object }
  }

  mutating func add(_ member: String, to group: String, _ range: SourceRange, isService: Bool) {
    let key = group.lowercased()
    let table = isService ? \StormshieldObjects.services : \.addresses
    guard let known = self[keyPath: table][key], case .group(var members) = known.content else {
      define(group, .group([member]), range, isService: isService)
      return
    }
    // Emptied first, so that the array is not copied for each member.
    self[keyPath: table][key]?.content = .group([])
    members.append(member)
    self[keyPath: table][key]?.content = .group(members)
  }
}

/// Resolves names of objects, and says what is missing.
struct StormshieldResolver {
  let objects: StormshieldObjects
  /// Objects that the firewall makes of its interfaces.
  let own: [String: AddressSet]
  var issues: [ReadIssue] = []
  private var knownAddresses: [String: AddressBounds] = [:]
  private var knownServices: [String: ServiceBounds] = [:]
  private static let depthLimit = 64
  /// Names whose content follows from the firewall's interfaces.
  private static let automatic: Set<String> = ["internet", "network_internals", "broadcast", "firewall_all"]

  init(_ objects: StormshieldObjects, own: [String: AddressSet]) {
    self.objects = objects
    self.own = own
  }

  // MARK: Addresses

  mutating func addresses(_ name: String, _ range: SourceRange) -> AddressBounds {
    addresses(name, range, active: [])
  }

  private mutating func addresses(_ name: String, _ range: SourceRange, active: Set<String>) -> AddressBounds {
    let key = name.lowercased()
    if key == "any" || key == "all" { return AddressBounds(.all) }
    if let known = knownAddresses[key] { return known }
    var result: AddressBounds
    if let object = objects.addresses[key] {
      result = bounds(of: object, key, active)
    } else if let set = own[key] {
      result = AddressBounds(set)
    } else if let network = IPPrefix(name) {
      result = AddressBounds(AddressSet(network))
    } else {
      result = .unknown(missing(name, range, "object"))
    }
    result.uncertainties = Array(result.uncertainties.prefix(4))
    // Right inside of a circle too: what it leaves out is bounded both ways.
    knownAddresses[key] = result
    return result
  }

  private mutating func bounds(of object: StormshieldObject, _ key: String, _ active: Set<String>) -> AddressBounds {
    switch object.content {
    case .addresses(let set): return AddressBounds(set)
    case .services: return .empty
    case .open(let reason):
      return .unknown(open(key, object.range, reason))
    case .group(let members):
      guard let inner = entering(key, object, active) else {
        return .unknown(Uncertainty(range: object.range, reason: "the group `\(printable(key))` holds itself"))
      }
      return addresses(ofAny: members, object.range, active: inner)
    }
  }

  /// What any of the names stands for; a few reasons are enough.
  mutating func addresses(
    ofAny names: [String], _ range: SourceRange, active: Set<String> = []
  ) -> AddressBounds {
    if names.count == 1 { return addresses(names[0], range, active: active) }
    var lower: [AddressSet] = []
    var upper: [AddressSet] = []
    var reasons: [Uncertainty] = []
    for name in names {
      let part = addresses(name, range, active: active)
      lower.append(part.lower)
      upper.append(part.upper)
      if reasons.count < 4 { reasons += part.uncertainties }
    }
    return AddressBounds(lower: union(lower), upper: union(upper), uncertainties: reasons)
  }

  /// The groups that are being opened up; nil for a circle or one that is too deep.
  private mutating func entering(_ key: String, _ object: StormshieldObject, _ active: Set<String>) -> Set<String>? {
    guard !active.contains(key), active.count < Self.depthLimit else {
      report(
        .undefinedReference, object.range, "the group `\(printable(key))` holds itself or is nested too deeply",
        help: "take the group out of its own members")
      return nil
    }
    return active.union([key])
  }

  // MARK: Services

  mutating func services(_ name: String, _ range: SourceRange) -> ServiceBounds {
    services(name, range, active: [])
  }

  private mutating func services(_ name: String, _ range: SourceRange, active: Set<String>) -> ServiceBounds {
    let key = name.lowercased()
    if key == "any" { return ServiceBounds([.any]) }
    if let known = knownServices[key] { return known }
    var result: ServiceBounds
    if let object = objects.services[key] {
      result = bounds(ofService: object, key, active)
    } else if let ports: IntervalSet<UInt16> = numbers(name) {
      var service = Service(protocols: IPProtocol.withPorts)
      service.destinationPorts = ports
      result = ServiceBounds([service])
    } else {
      result = .unknown(missing(name, range, "service"))
    }
    result.uncertainties = Array(result.uncertainties.prefix(4))
    knownServices[key] = result
    return result
  }

  private mutating func bounds(
    ofService object: StormshieldObject, _ key: String, _ active: Set<String>
  ) -> ServiceBounds {
    switch object.content {
    case .services(let services): return ServiceBounds(services)
    case .addresses: return .empty
    case .open(let reason): return .unknown(open(key, object.range, reason))
    case .group(let members):
      guard let inner = entering(key, object, active) else {
        return .unknown(Uncertainty(range: object.range, reason: "the group `\(printable(key))` holds itself"))
      }
      return services(ofAny: members, object.range, active: inner)
    }
  }

  /// What any of the names stands for; a few reasons are enough.
  mutating func services(
    ofAny names: [String], _ range: SourceRange, active: Set<String> = []
  ) -> ServiceBounds {
    if names.count == 1 { return services(names[0], range, active: active) }
    // Groups that share members would multiply them.
    var lower = DistinctServices()
    var upper = DistinctServices()
    var reasons: [Uncertainty] = []
    for name in names {
      let part = services(name, range, active: active)
      lower.add(part.lower)
      upper.add(part.upper)
      if reasons.count < 4 { reasons += part.uncertainties }
    }
    return ServiceBounds(lower: lower.list, upper: upper.list, uncertainties: reasons)
  }

  // MARK: What is missing

  private mutating func missing(_ name: String, _ range: SourceRange, _ kind: String) -> Uncertainty {
    let key = name.lowercased()
    let isAutomatic = Self.automatic.contains(key) || key.hasPrefix("firewall_") || key.hasPrefix("network_")
    if kind == "object", isAutomatic {
      report(
        .dynamicObject, range, "`\(printable(name))` follows from the firewall's interfaces, which are not in the file",
        help: "put the network file in front of the rules, or define the object")
    } else {
      report(
        .undefinedReference, range, "the \(kind) `\(printable(name))` is not in the file",
        help: "put the object database in front of the rules: its CSV export or the list that serverd gives")
    }
    return Uncertainty(range: range, reason: "the \(kind) `\(printable(name))` is not in the file")
  }

  private mutating func open(_ key: String, _ range: SourceRange, _ reason: String) -> Uncertainty {
    report(.dynamicObject, range, "the object `\(printable(key))`: \(reason)", help: "judge its rules by hand")
    return Uncertainty(range: range, reason: "the object `\(printable(key))`: \(reason)")
  }

  private var reported: Set<String> = []

  private mutating func report(_ kind: ReadIssue.Kind, _ range: SourceRange, _ message: String, help: String) {
    guard reported.insert(message).inserted else { return }
    issues.append(ReadIssue(kind: kind, range: range, message: message, help: help, couldChangeVerdict: true))
  }
}

/// Services in order, each once.
private struct DistinctServices {
  private var seen: Set<Service> = []
  private var services: [Service] = []

  var list: [Service] { seen.contains(.any) ? [.any] : services }

  mutating func add(_ more: [Service]) {
    for service in more where seen.insert(service).inserted { services.append(service) }
  }
}

/// All addresses of the sets at once; one after the other would take quadratic time.
private func union(_ sets: [AddressSet]) -> AddressSet {
  AddressSet(v4: IntervalSet(sets.flatMap(\.v4.intervals)), v6: IntervalSet(sets.flatMap(\.v6.intervals)))
}
