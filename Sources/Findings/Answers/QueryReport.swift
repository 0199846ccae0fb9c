import PacketSets

/// What gets from some addresses to others, and if nothing does, what stops it.
public struct QueryReport: Sendable {
  public var frame: AnswerFrame
  /// As asked: `corporate`, `jump-1 (10.35.0.5, dmz)`.
  public var from: String
  public var to: String
  /// As asked: `tcp/502, modbus write`; `any service`.
  public var service: String
  public var answers: [QueryAnswer]
  /// One for each path that topology and routes allow; only where nothing gets through.
  public var stops: [QueryStop]
  /// What one should know besides.
  public var remarks: [String]
  /// Whether the target is an address that stands for another.
  public var isTranslated = false

  public init(
    frame: AnswerFrame, from: String, to: String, service: String, answers: [QueryAnswer], stops: [QueryStop],
    remarks: [String]
  ) {
    self.frame = frame
    self.from = from
    self.to = to
    self.service = service
    self.answers = answers
    self.stops = stops
    self.remarks = remarks
  }
}

/// What one rule lets through on one path.
public struct QueryAnswer: Sendable {
  public var from: ZoneTitle
  public var to: ZoneTitle
  public var path: [PathHop]
  /// The rule that decides: of the last device on the path that has one for the traffic.
  public var rule: RuleLine
  /// Rules of other devices that let it through as well.
  public var others: [RuleLine]
  /// What surely gets through, in compact regions: who sends, who receives, what.
  public var certain: [String]
  /// What perhaps gets through besides.
  public var possible: [String]
  /// The state of the packets where they open no session and pass all the same: `invalid`.
  public var state: String?
  public var translations: [TranslationLine]
  /// A packet of it as its host sends it, confirmed device by device.
  public var packet: Packet
  /// The same as it arrives, where it is changed on the way.
  public var arriving: Packet?

  public init(
    from: ZoneTitle, to: ZoneTitle, path: [PathHop], rule: RuleLine, others: [RuleLine], certain: [String],
    possible: [String], state: String?, translations: [TranslationLine], packet: Packet, arriving: Packet?
  ) {
    self.from = from
    self.to = to
    self.path = path
    self.rule = rule
    self.others = others
    self.certain = certain
    self.possible = possible
    self.state = state
    self.translations = translations
    self.packet = packet
    self.arriving = arriving
  }
}

/// A translation on the way.
public struct TranslationLine: Hashable, Sendable {
  public var rule: RuleLine
  /// `destination becomes 10.20.0.5`.
  public var change: String

  public init(rule: RuleLine, change: String) {
    self.rule = rule
    self.change = change
  }
}

/// What stops an example packet on one path.
public struct QueryStop: Sendable {
  public var from: ZoneTitle
  public var to: ZoneTitle
  public var path: [PathHop]
  public var packet: Packet
  /// The rule or default that stops it; nil where no rule does.
  public var rule: RuleLine?
  /// In words.
  public var reason: String

  public init(
    from: ZoneTitle, to: ZoneTitle, path: [PathHop], packet: Packet, rule: RuleLine?, reason: String
  ) {
    self.from = from
    self.to = to
    self.path = path
    self.packet = packet
    self.rule = rule
    self.reason = reason
  }
}
