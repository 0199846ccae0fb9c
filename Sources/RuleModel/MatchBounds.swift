import PacketSets
import SourceText

/// Why a match is not known exactly, with the line to blame.
public struct Uncertainty: Hashable, Sendable {
  /// The statement that leaves it open.
  public var range: SourceRange
  /// Plain words: what is not known ("FQDN object `historian.example.com`: its addresses are not in this file").
  public var reason: String

  public init(range: SourceRange, reason: String) {
    self.range = range
    self.reason = reason
  }
}

/// What a rule matches, from below and from above.
///
/// `upper` takes every packet that the rule may match, `lower` only those that it certainly matches. Both are unions of
/// products; `lower` must lie inside `upper`. Without uncertainty they are the same.
public struct MatchBounds: Hashable, Sendable {
  public var upper: [PacketMatch]
  /// Nil when the match is exact, that is, equal to `upper`.
  public private(set) var narrower: [PacketMatch]?
  /// Why the bounds differ; empty when exact.
  public private(set) var uncertainties: [Uncertainty]

  /// A match that is known exactly.
  public init(_ matches: [PacketMatch]) {
    upper = matches
    narrower = nil
    uncertainties = []
  }

  /// A match that is known exactly.
  public init(_ match: PacketMatch) { self.init([match]) }

  /// A match that is known only between two bounds, for the reasons given.
  public init(lower: [PacketMatch], upper: [PacketMatch], uncertainties: [Uncertainty]) {
    self.upper = upper
    narrower = lower
    self.uncertainties = uncertainties
  }

  /// Every packet.
  public static let any = MatchBounds(.any)
  /// No packet.
  public static let nothing = MatchBounds([])

  public var lower: [PacketMatch] { narrower ?? upper }
  public var isExact: Bool { narrower == nil }

  /// The same match that, for one more reason, does not certainly match anything.
  public func uncertain(_ uncertainty: Uncertainty) -> MatchBounds {
    MatchBounds(lower: [], upper: upper, uncertainties: uncertainties + [uncertainty])
  }
}

/// A set of addresses known between two bounds; what address objects and groups resolve to.
public struct AddressBounds: Hashable, Sendable {
  public var lower: AddressSet
  public var upper: AddressSet
  public var uncertainties: [Uncertainty]

  public init(lower: AddressSet, upper: AddressSet, uncertainties: [Uncertainty]) {
    self.lower = lower
    self.upper = upper
    self.uncertainties = uncertainties
  }

  /// Addresses that are known exactly.
  public init(_ addresses: AddressSet) { self.init(lower: addresses, upper: addresses, uncertainties: []) }

  /// Addresses of which nothing is known, for the reason given.
  public static func unknown(_ uncertainty: Uncertainty) -> AddressBounds {
    AddressBounds(lower: .empty, upper: .all, uncertainties: [uncertainty])
  }

  public static let empty = AddressBounds(.empty)
  public var isExact: Bool { uncertainties.isEmpty }

  public func union(_ other: AddressBounds) -> AddressBounds {
    AddressBounds(
      lower: lower.union(other.lower), upper: upper.union(other.upper),
      uncertainties: uncertainties + other.uncertainties)
  }

  /// Addresses of neither bound of `other`: the upper bound loses what `other` certainly holds, the lower what it may hold.
  public func subtracting(_ other: AddressBounds) -> AddressBounds {
    AddressBounds(
      lower: lower.subtracting(other.upper), upper: upper.subtracting(other.lower),
      uncertainties: uncertainties + other.uncertainties)
  }

  /// The complement (for negated matches).
  public var complement: AddressBounds { AddressBounds(.all).subtracting(self) }
}

/// A list of service alternatives known between two bounds.
public struct ServiceBounds: Hashable, Sendable {
  public var lower: [Service]
  public var upper: [Service]
  public var uncertainties: [Uncertainty]

  public init(lower: [Service], upper: [Service], uncertainties: [Uncertainty]) {
    self.lower = lower
    self.upper = upper
    self.uncertainties = uncertainties
  }

  /// Services that are known exactly.
  public init(_ services: [Service]) { self.init(lower: services, upper: services, uncertainties: []) }

  /// Services of which nothing is known, for the reason given.
  public static func unknown(_ uncertainty: Uncertainty) -> ServiceBounds {
    ServiceBounds(lower: [], upper: [.any], uncertainties: [uncertainty])
  }

  public static let empty = ServiceBounds([])

  public func union(_ other: ServiceBounds) -> ServiceBounds {
    ServiceBounds(
      lower: lower + other.lower, upper: upper + other.upper, uncertainties: uncertainties + other.uncertainties)
  }
}

extension MatchBounds {
  /// The product of bounded parts.
  public init(
    sources: AddressBounds, destinations: AddressBounds, services: ServiceBounds,
    states: SessionStates = .all, function: FunctionMatch = .any
  ) {
    let upper = PacketMatch(
      sources: sources.upper, destinations: destinations.upper, services: services.upper, states: states,
      function: function)
    let uncertainties = sources.uncertainties + destinations.uncertainties + services.uncertainties
    if uncertainties.isEmpty {
      self.init(upper)
    } else {
      let lower = PacketMatch(
        sources: sources.lower, destinations: destinations.lower, services: services.lower, states: states,
        function: function)
      self.init(lower: [lower], upper: [upper], uncertainties: uncertainties)
    }
  }
}
