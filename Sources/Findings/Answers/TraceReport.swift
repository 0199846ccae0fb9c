import PacketSets

/// The fate of one packet on every path that topology and routes allow.
public struct TraceReport: Sendable {
  public enum Outcome: String, Sendable {
    case arrives
    /// On some of several paths, or where the bounds leave it open.
    case mayArrive = "may arrive"
    case stopped
    case noPath = "no path"
  }
  public var frame: AnswerFrame
  public var packet: Packet
  /// The zone that sends it.
  public var from: ZoneTitle
  /// The zone that its destination lies in, as it is sent.
  public var to: ZoneTitle
  /// Those that arrive first.
  public var ways: [TraceWay]
  /// How many ways are not shown.
  public var omitted: Int
  public var outcome: Outcome
  /// The end of it in a sentence.
  public var verdict: String

  public init(
    frame: AnswerFrame, packet: Packet, from: ZoneTitle, to: ZoneTitle, ways: [TraceWay], omitted: Int,
    outcome: Outcome,
    verdict: String
  ) {
    self.frame = frame
    self.packet = packet
    self.from = from
    self.to = to
    self.ways = ways
    self.omitted = omitted
    self.outcome = outcome
    self.verdict = verdict
  }
}

/// One way of a packet, to a zone or to where it is stopped.
public struct TraceWay: Sendable {
  public var hops: [TraceHop]
  /// Nil where it is stopped.
  public var arrival: ZoneTitle?
  /// Whether some device on the way may stop it although it may also pass.
  public var isOpen: Bool

  public init(hops: [TraceHop], arrival: ZoneTitle?, isOpen: Bool) {
    self.hops = hops
    self.arrival = arrival
    self.isOpen = isOpen
  }
}

/// What one device does to a packet.
public struct TraceHop: Sendable {
  public enum Fate: String, Sendable {
    case passes
    case mayPass = "may pass"
    case stopped
  }
  public var hop: PathHop
  /// As it enters.
  public var packet: Packet
  public var lines: [TraceLine]
  public var fate: Fate

  public init(hop: PathHop, packet: Packet, lines: [TraceLine], fate: Fate) {
    self.hop = hop
    self.packet = packet
    self.lines = lines
    self.fate = fate
  }
}

/// One rule, default or translation that took part.
public struct TraceLine: Sendable {
  /// The list or stage.
  public var list: String
  public var rule: RuleLine
  /// `permits`, `denies`, `translates to …`.
  public var effect: String
  /// Why, where the effect does not say it: `no rule takes it`, `an inspection profile blocks it`.
  public var reason: String?
  /// Whether it only lets pass what a rule of the file lets through: the default of another table, say.
  public var isImplied: Bool

  public init(list: String, rule: RuleLine, effect: String, reason: String?, isImplied: Bool) {
    self.list = list
    self.rule = rule
    self.effect = effect
    self.reason = reason
    self.isImplied = isImplied
  }
}
