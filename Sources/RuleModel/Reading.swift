import SourceText

/// A remark of a reader about the configuration itself, apart from what the ledger says of single lines.
public struct ReadIssue: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// A name is used that nothing defines.
    case undefinedReference
    /// An object whose content the file does not tell (FQDN, external list, dynamic group); bounded both ways.
    case dynamicObject
    /// The file ends in the middle, or holds no statement at all.
    case truncated
    /// The file holds changes that are not in force.
    case pendingChanges
  }
  public var kind: Kind
  public var range: SourceRange
  /// Plain words.
  public var message: String
  public var help: String
  /// Whether a verdict could be different if this were known.
  public var couldChangeVerdict: Bool

  public init(kind: Kind, range: SourceRange, message: String, help: String, couldChangeVerdict: Bool) {
    self.kind = kind
    self.range = range
    self.message = message
    self.help = help
    self.couldChangeVerdict = couldChangeVerdict
  }
}

/// Rules of an inspection engine that stands in the path of a firewall and has a configuration of its own.
///
/// A packet that none of the rules takes passes; one that passes has still to pass the firewall.
public struct InlineInspection: Sendable {
  public var name: String
  /// In order of evaluation; `permit` ends the inspection, `deny` drops.
  public var rules: [Rule]
  public var source: SourceRange

  public init(name: String, rules: [Rule], source: SourceRange) {
    self.name = name
    self.rules = rules
    self.source = source
  }
}

/// All that came out of one file.
public struct Reading: Sendable {
  /// Virtual instances are devices of their own.
  public var devices: [Device] = []
  public var diodes: [Diode] = []
  /// Inspection beside a firewall, for the device whose entry in the site file names this file too.
  public var inspections: [InlineInspection] = []
  public var ledger: ReadingLedger
  public var issues: [ReadIssue] = []

  public init(ledger: ReadingLedger) { self.ledger = ledger }
}
