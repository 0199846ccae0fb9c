import PacketSets
import RuleModel
import SourceText

/// A user rule of either store.
struct PfRule {
  /// The sections that rules are evaluated in, in this order (OPNsense documentation, "Processing order"; pfSense
  /// documentation, "Rule Processing Order").
  enum Section: Int, Comparable {
    case floating, group, interface

    static func < (a: Section, b: Section) -> Bool { a.rawValue < b.rawValue }
  }

  struct Directions: OptionSet {
    let rawValue: UInt8
    static let incoming = Directions(rawValue: 1)
    static let outgoing = Directions(rawValue: 2)
  }

  var section = Section.interface
  /// Place among groups and in the sequence of the new store.
  var priority = 0
  var sequence = 0
  /// Whether it stands in the store of OPNsense's models, whose rules come first in each section.
  var isFromModel = false

  var name: String
  var range: SourceRange
  var action: Action = .permit
  /// Whether the first match decides; nil when that is not certain.
  var isQuick: Bool? = true
  var directions: Directions = .incoming
  /// Interfaces that it is certainly about; `.any` for all.
  var interfaces: InterfaceMatch = .any
  /// Interfaces that it may be about too; nil for none, `.any` for all others.
  var possibleInterfaces: InterfaceMatch?
  var match = MatchBounds.any
  var logging: Logging = .unknown
  var comment: String?
  var state: RuleState = .active
  var objects: [ObjectReference] = []
  /// The sources by themselves: on the way out they may have been translated before the rule sees them.
  var sources = AddressBounds(.all)

  init(name: String, range: SourceRange) {
    self.name = name
    self.range = range
  }
}

/// What a rule says of one end of its packets.
struct PfEndpoint {
  /// Networks, addresses, aliases and interface names; empty for any.
  var values: [String] = []
  /// Nil when that is not certain.
  var isNegated: Bool? = false
  var port: String?
  var range: SourceRange
  /// Why the end is not understood.
  var problem: Uncertainty?
  /// Whether the rule, without an address, is left out by pfSense.
  var isMissing = false
}

/// What makes up the match of a rule, before it is put together.
struct PfMatchParts {
  /// `inet`, `inet6`, `inet46`; nil when left out.
  var family: String?
  var proto: String?
  var source: PfEndpoint
  var destination: PfEndpoint
  var icmpTypes: [String] = []
  var icmp6Types: [String] = []
  var flagsSet: [String] = []
  var flagsOf: [String] = []
  var range: SourceRange
}
