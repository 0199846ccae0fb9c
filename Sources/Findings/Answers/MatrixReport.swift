/// What each zone can open towards each other zone, held against what the conduits list.
public struct MatrixReport: Sendable {
  public var frame: AnswerFrame
  /// From the outside inwards: the highest level first, safety systems last.
  public var zones: [ZoneTitle]
  /// For each zone as origin, the cells of all other zones, in the order of `zones`.
  public var cells: [MatrixCell]

  public init(frame: AnswerFrame, zones: [ZoneTitle], cells: [MatrixCell]) {
    self.frame = frame
    self.zones = zones
    self.cells = cells
  }

  /// The cell of a pair; nil on the diagonal.
  public func cell(from: Int, to: Int) -> MatrixCell? {
    guard from != to, zones.indices.contains(from), zones.indices.contains(to) else { return nil }
    // Each row leaves out one cell, that of the diagonal.
    return cells[from * (zones.count - 1) + (to < from ? to : to - 1)]
  }
}

/// What one zone can open towards one other.
public struct MatrixCell: Sendable {
  /// Index into `MatrixReport.zones`.
  public var from: Int
  public var to: Int
  /// Services that surely get through, with their functions where these are told apart, one entry each.
  public var open: [String] = []
  /// Services of which it is not certain.
  public var possible: [String] = []
  /// What gets through, or may, although no conduit in force lists it, rule by rule.
  public var unlisted: [UnlistedTraffic] = []
  /// What a required conduit needs and does not surely get.
  public var unmet: [UnmetConduit] = []
  /// Conduits in force between the two zones, by name.
  public var conduits: [String] = []
  /// Diodes that lead from one to the other, by name.
  public var diodes: [String] = []

  public init(from: Int, to: Int) {
    self.from = from
    self.to = to
  }

  /// Whether there is nothing to say.
  public var isEmpty: Bool {
    open.isEmpty && possible.isEmpty && unlisted.isEmpty && unmet.isEmpty && conduits.isEmpty && diodes.isEmpty
  }

  /// The cell in words for machines: `open`, `possible` or `nothing`.
  public var verdict: String { !open.isEmpty ? "open" : possible.isEmpty ? "nothing" : "possible" }

  /// The cell in a few characters: `o` open, `p` possible, `.` nothing; `!` beyond the conduits, `?` perhaps beyond them; `x` a
  /// required conduit is not surely open; `d` a diode.
  public var mark: String {
    var mark = !open.isEmpty ? "o" : possible.isEmpty ? "." : "p"
    if unlisted.contains(where: \.isCertain) { mark += "!" } else if !unlisted.isEmpty { mark += "?" }
    if !unmet.isEmpty { mark += "x" }
    if !diodes.isEmpty { mark += "d" }
    return mark
  }
}

/// Traffic that one rule lets through and no conduit lists.
public struct UnlistedTraffic: Sendable {
  public var rule: RuleLine
  /// Whether it surely gets through.
  public var isCertain: Bool
  /// In compact regions; the last entry is `and more` where there are too many.
  public var traffic: [String]

  public init(rule: RuleLine, isCertain: Bool, traffic: [String]) {
    self.rule = rule
    self.isCertain = isCertain
    self.traffic = traffic
  }
}

/// What a required conduit needs and does not surely get.
public struct UnmetConduit: Sendable {
  public var conduit: String
  /// Whether it is surely stopped; else it is only not certain to pass.
  public var isBlocked: Bool
  /// In compact regions.
  public var traffic: [String]

  public init(conduit: String, isBlocked: Bool, traffic: [String]) {
    self.conduit = conduit
    self.isBlocked = isBlocked
    self.traffic = traffic
  }
}
