import PacketSets
import RuleModel
import SourceText

/// Objects and groups that were resolved before.
struct ASAResolvedObjects {
  var addresses: [String: AddressBounds] = [:]
  var services: [String: ServiceBounds] = [:]
  var ports: [String: PortBounds] = [:]
}

/// How deep groups may nest; the device's own limit is far lower.
private let nestingLimit = 64

extension ASAReader {
  /// The addresses of a network object or group; O(n log n) in its members, and once only for each name.
  mutating func addresses(of name: String, at range: SourceRange) -> AddressBounds {
    var path: [String] = []
    return addresses(of: name, at: range, &path)
  }

  private mutating func addresses(of name: String, at range: SourceRange, _ path: inout [String]) -> AddressBounds {
    if let known = resolved.addresses[name] { return known }
    guard let object = usable(name, at: range, path) else { return .unknown(unresolved("address object", name, range)) }
    path.append(name)
    var lower = IntervalCollector()
    var upper = IntervalCollector()
    var uncertainties: [Uncertainty] = []
    for member in object.members {
      let bounds: AddressBounds
      switch member {
      case .addresses(let set): bounds = AddressBounds(set)
      case .object(let inner, let place), .group(let inner, let place): bounds = addresses(of: inner, at: place, &path)
      case .unknown(let reason): bounds = .unknown(reason)
      default: bounds = .unknown(Uncertainty(range: object.source, reason: "`\(printable(name))` holds no addresses"))
      }
      if !object.mayLackMembers { lower.add(bounds.lower) }
      upper.add(bounds.upper)
      uncertainties += bounds.uncertainties
    }
    path.removeLast()
    let result = AddressBounds(
      lower: lower.set, upper: upper.set, uncertainties: Array(uncertainties.prefix(8)))
    resolved.addresses[name] = result
    return result
  }

  /// The services of a service object or group, or of a protocol or ICMP type group.
  ///
  /// - Parameter icmpV6: whether ICMP type words count by ICMPv6 numbers.
  mutating func services(of name: String, at range: SourceRange, icmpV6: Bool = false) -> ServiceBounds {
    var path: [String] = []
    return services(of: name, at: range, icmpV6, &path)
  }

  private mutating func services(
    of name: String, at range: SourceRange, _ icmpV6: Bool, _ path: inout [String]
  ) -> ServiceBounds {
    let key = icmpV6 ? "6 \(name)" : "4 \(name)"
    if let known = resolved.services[key] { return known }
    guard let object = usable(name, at: range, path) else { return .unknown(unresolved("service object", name, range)) }
    path.append(name)
    var lower: [Service] = []
    var upper: [Service] = []
    var uncertainties: [Uncertainty] = []
    for member in object.members {
      let bounds: ServiceBounds
      switch member {
      case .object(let inner, let place), .group(let inner, let place):
        bounds = services(of: inner, at: place, icmpV6, &path)
      case .unknown(let reason): bounds = .unknown(reason)
      default: bounds = services(of: member, in: object, icmpV6)
      }
      if !object.mayLackMembers { lower += bounds.lower }
      upper += bounds.upper
      uncertainties += bounds.uncertainties
    }
    path.removeLast()
    let result = ServiceBounds(
      lower: merged(lower), upper: merged(upper), uncertainties: Array(uncertainties.prefix(8)))
    resolved.services[key] = result
    return result
  }

  private func services(of member: ASAMember, in object: ASAObject, _ icmpV6: Bool) -> ServiceBounds {
    switch member {
    case .services(let services): return ServiceBounds(services)
    case .protocols(let protocols): return ServiceBounds([Service(protocols: protocols)])
    case .ports(let ports):
      let protocols = object.portProtocols.isEmpty ? ASAReader.tcpAndUDP : object.portProtocols
      var service = Service(protocols: protocols)
      service.destinationPorts = ports
      return ServiceBounds([service])
    case .icmp(let v4, let v6):
      guard let type = icmpV6 ? v6 : v4 else { return .empty }
      var service = Service(proto: icmpV6 ? IPProtocol.icmpV6 : IPProtocol.icmp)
      service.icmpTypes = IntervalSet(type)
      return ServiceBounds([service])
    default:
      return .unknown(
        Uncertainty(range: object.source, reason: "`\(printable(object.name))` holds no services"))
    }
  }

  /// The ports of a port group.
  mutating func ports(of name: String, at range: SourceRange) -> PortBounds {
    if let known = resolved.ports[name] { return known }
    let bounds = services(of: name, at: range)
    var result = PortBounds(IntervalSet(bounds.upper.flatMap { $0.destinationPorts.intervals }))
    result.lower = IntervalSet(bounds.lower.flatMap { $0.destinationPorts.intervals })
    result.uncertainties = bounds.uncertainties
    resolved.ports[name] = result
    return result
  }

  // MARK: - Broken references

  /// The object, unless it is missing, empty of meaning, part of a cycle, or nested too deep.
  private func usable(_ name: String, at range: SourceRange, _ path: [String]) -> ASAObject? {
    guard path.count < nestingLimit, !path.contains(name) else { return nil }
    return config.objects[name]
  }

  private mutating func unresolved(_ kind: String, _ name: String, _ range: SourceRange) -> Uncertainty {
    guard config.objects[name] != nil else {
      undefined(kind, name, at: range, among: { $0.objects.keys.sorted() })
      return Uncertainty(range: range, reason: "\(kind) `\(printable(name))` is not defined in this file")
    }
    let message = "`\(printable(name))` contains itself, or is nested more than \(nestingLimit) deep"
    issues.append(
      ReadIssue(
        kind: .undefinedReference, range: range, message: message, help: "remove the group from its own members",
        couldChangeVerdict: true))
    return Uncertainty(range: range, reason: message)
  }

  /// Equal services once, and services that differ in destination ports only as one.
  private func merged(_ services: [Service]) -> [Service] {
    guard services.count > 1 else { return services }
    var places: [Service: Int] = [:]
    var ports: [[ClosedRange<UInt16>]] = []
    var result: [Service] = []
    for service in services {
      var key = service
      key.destinationPorts = .empty
      // A service without a port condition also stands for protocols without ports, so it stays apart.
      if service.destinationPorts.isAll { key = service }
      if let place = places[key] {
        ports[place] += service.destinationPorts.intervals
      } else {
        places[key] = result.count
        ports.append(service.destinationPorts.intervals)
        result.append(service)
      }
    }
    for i in result.indices { result[i].destinationPorts = IntervalSet(ports[i]) }
    return result
  }
}
