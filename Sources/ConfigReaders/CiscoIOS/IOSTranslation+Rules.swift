import PacketSets
import RuleModel
import SourceText

extension IOSReader {
  func add(_ statement: IOSTranslationStatement, _ name: String, _ range: SourceRange, _ result: inout IOSTranslations)
  {
    if statement.isStatic { return addStatic(statement, name, range, &result) }
    var rule = TranslationRule(order: 0, name: name, match: bounded(statement.match, statement), range: range)
    if statement.isInside {
      rule.ingress = inside(statement)
      rule.egress = outside
      rule.source = statement.target
      append(rule, to: &result.leaving)
      addReturn(statement, rule, &result)
    } else {
      rule.ingress = outside
      if statement.proto == IPProtocol.tcp {
        rule.destination = statement.target
        append(rule, to: &result.entering)
      } else {
        rule.source = statement.target
        append(rule, to: &result.enteringSources)
      }
    }
  }

  /// While an inside host holds an address of a pool for itself, packets from outside to that address reach it.
  private func addReturn(
    _ statement: IOSTranslationStatement, _ leaving: TranslationRule, _ result: inout IOSTranslations
  ) {
    guard !statement.isOverload, case .pool(let pool) = statement.target else { return }
    let doubt = Uncertainty(
      range: leaving.range, reason: "which inside host holds an address of the pool is known at run time only")
    let hosts = statement.match.upper.reduce(AddressSet.empty) { $0.union($1.sources) }
    var rule = TranslationRule(
      order: 0, name: leaving.name,
      match: MatchBounds(PacketMatch(sources: .allV4, destinations: pool)).uncertain(doubt), range: leaving.range)
    rule.ingress = outside
    rule.destination = hosts.v4.isAll ? .unknown(doubt) : .pool(hosts)
    append(rule, to: &result.entering)
  }

  /// A static translation holds both ways: the host's own address becomes the other when its packets leave, and the other
  /// becomes its own when packets for it enter.
  private func addStatic(
    _ statement: IOSTranslationStatement, _ name: String, _ range: SourceRange, _ result: inout IOSTranslations
  ) {
    guard let own = statement.own else { return }
    let doubt = Uncertainty(range: range, reason: "the address of the interface is not in this file")
    let others =
      statement.other.map { AddressBounds(AddressSet($0)) }
      ?? AddressBounds(lower: .empty, upper: .allV4, uncertainties: [doubt])
    let towardsOwn: AddressTranslation = statement.other.map { .prefix(from: $0, to: own) } ?? .pool(AddressSet(own))
    let towardsOther: AddressTranslation = statement.other.map { .prefix(from: own, to: $0) } ?? .unknown(doubt)
    var byDestination = TranslationRule(
      order: 0, name: name,
      match: bounded(
        MatchBounds(
          sources: AddressBounds(.allV4), destinations: others,
          services: ServiceBounds([service(statement, destination: statement.otherPort)])), statement), range: range)
    byDestination.destination = towardsOwn
    if let port = statement.ownPort, port != statement.otherPort { byDestination.destinationPorts = IntervalSet(port) }
    var bySource = TranslationRule(
      order: 0, name: name,
      match: bounded(
        MatchBounds(
          sources: AddressBounds(AddressSet(own)), destinations: AddressBounds(.allV4),
          services: ServiceBounds([service(statement, source: statement.ownPort)])), statement), range: range)
    bySource.source = towardsOther
    if statement.isInside {
      byDestination.ingress = outside
      append(byDestination, to: &result.entering)
      bySource.ingress = inside(statement)
      bySource.egress = outside
      append(bySource, to: &result.leaving)
    } else {
      bySource.ingress = outside
      append(bySource, to: &result.enteringSources)
      byDestination.ingress = inside(statement)
      byDestination.egress = outside
      append(byDestination, to: &result.leavingDestinations)
    }
  }

  private func append(_ rule: TranslationRule, to rules: inout [TranslationRule]) {
    var rule = rule
    rule.order = rules.count
    rules.append(rule)
  }

  private func bounded(_ match: MatchBounds, _ statement: IOSTranslationStatement) -> MatchBounds {
    statement.doubt.map { match.uncertain($0) } ?? match
  }

  private func service(_ statement: IOSTranslationStatement, source: UInt16? = nil, destination: UInt16? = nil)
    -> Service
  {
    guard let proto = statement.proto else { return .any }
    return Service(
      proto: proto, destinationPorts: destination.map { IntervalSet($0) } ?? .all,
      sourcePorts: source.map { IntervalSet($0) } ?? .all)
  }

  private func inside(_ statement: IOSTranslationStatement) -> InterfaceMatch {
    let interfaces = config.interfaces.filter { $0.isNATInside && (statement.vrf == nil || $0.vrf == statement.vrf) }
    return InterfaceMatch(interfaces.flatMap { ports(of: $0.name) })
  }

  private var outside: InterfaceMatch {
    InterfaceMatch(config.interfaces.filter(\.isNATOutside).flatMap { ports(of: $0.name) })
  }
}
