import PacketSets
import SourceText

/// How sure a finding is.
public enum Confidence: String, Sendable, CaseIterable {
  /// The lower bound of what the configuration does is already against the policy.
  case certain
  /// Only the upper bound is: something in the configuration could not be resolved, and it may be harmless.
  case possible
}

/// Another place that belongs to a finding.
public struct RelatedPlace: Hashable, Sendable {
  public var range: SourceRange
  /// What it has to do with the finding, in plain words ("shadowed by this rule").
  public var label: String

  public init(range: SourceRange, label: String) {
    self.range = range
    self.label = label
  }
}

/// A packet that proves the finding, and its way.
public struct Witness: Hashable, Sendable {
  /// As it enters the device.
  public var packet: Packet
  /// As it leaves, when an address or port was translated.
  public var translated: Packet?
  /// Where from, for people: `corporate (level 4)`; empty where zones play no part.
  public var from: String
  /// Where to.
  public var to: String
  /// Device and interfaces: `fw-plant: outside -> operations`.
  public var path: String
  /// The rules that let it through, in order: place, rule, effect.
  public var steps: [String]

  public init(
    packet: Packet, translated: Packet? = nil, from: String, to: String, path: String, steps: [String] = []
  ) {
    self.packet = packet
    self.translated = translated
    self.from = from
    self.to = to
    self.path = path
    self.steps = steps
  }
}

/// A control of a framework that the finding is evidence for.
public struct ControlReference: Hashable, Sendable {
  /// `iso27001-2022`.
  public var framework: String
  /// `A.8.22`.
  public var id: String
  public var title: String

  public init(framework: String, id: String, title: String) {
    self.framework = framework
    self.id = id
    self.title = title
  }
}

/// One deviation from policy, with the evidence for it.
public struct Finding: Sendable {
  /// `SEG001`.
  public var code: String
  /// The check's kebab-case name.
  public var name: String
  public var severity: Severity
  public var confidence: Confidence
  /// Whether it counts as a violation: it is certain, or policy says that possible counts.
  public var counts: Bool
  /// What is wrong, one sentence.
  public var message: String
  /// The device, or nil when the site as a whole is meant.
  public var device: String?
  /// What it is about apart from the rule: a zone pair, a conduit, a list. Part of the fingerprint.
  public var property: String
  /// The rule's match and action in canonical words. Part of the fingerprint.
  public var subject: String
  /// Where to look first; nil when no line of any file stands for it.
  public var location: SourceRange?
  public var related: [RelatedPlace] = []
  public var witness: Witness? {
    get { witnesses.first }
    set { witnesses = newValue.map { [$0] } ?? [] }
  }
  /// At most one; beside the finding, since most findings of a long list have none and it is larger than the rest.
  private var witnesses: [Witness] = []
  /// The traffic in compact regions, a line each.
  public var regions: [String] = []
  /// Further remarks, a line each.
  public var notes: [String] = []
  /// The worst that what it touches can suffer.
  public var consequence: Consequence?
  public var controls: [ControlReference] = []
  /// What to do.
  public var help: String
  /// Stable identity; set when the run's findings are complete.
  public var fingerprint: String = ""

  public init(
    code: String, name: String, severity: Severity, confidence: Confidence, message: String, device: String?,
    property: String, subject: String, location: SourceRange?, help: String
  ) {
    self.code = code
    self.name = name
    self.severity = severity
    self.confidence = confidence
    counts = confidence == .certain
    self.message = message
    self.device = device
    self.property = property
    self.subject = subject
    self.location = location
    self.help = help
  }
}
