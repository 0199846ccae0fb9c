import SourceText

/// What every answer about the network of a site carries besides the answer.
public struct AnswerFrame: Sendable {
  public var toolVersion: String
  /// The site's name.
  public var site: String
  /// What was not understood and could change the answer.
  public var gaps: [String]
  /// What the answer says nothing about.
  public var notCovered: [String]

  public init(toolVersion: String, site: String, gaps: [String], notCovered: [String]) {
    self.toolVersion = toolVersion
    self.site = site
    self.gaps = gaps
    self.notCovered = notCovered
  }
}

/// A zone as answers show it.
public struct ZoneTitle: Hashable, Sendable {
  /// The zone's name; `addresses of no zone` for everything that no zone holds.
  public var name: String
  /// As the site file writes it; nil for addresses of no zone.
  public var level: String?
  public var isSafety: Bool
  /// `safety (level 1, SIS)`.
  public var label: String

  public init(name: String, level: String?, isSafety: Bool, label: String) {
    self.name = name
    self.level = level
    self.isSafety = isSafety
    self.label = label
  }
}

/// The line of a configuration that decides, be it a rule or a default.
public struct RuleLine: Hashable, Sendable {
  public var device: String
  /// How an engineer would name it: `access-list OUTSIDE_in line 14`, `the configured default of FORWARD`.
  public var name: String
  /// Of the file, as the user would write it.
  public var path: String
  /// Counted from 1.
  public var line: Int

  public init(device: String, name: String, path: String, line: Int) {
    self.device = device
    self.name = name
    self.path = path
    self.line = line
  }

  /// `configs/fw-plant.cfg:201`.
  public var place: String { "\(path):\(line)" }
  /// `access-list OUTSIDE_in line 14 of fw-plant`.
  public var title: String { "\(name) of \(device)" }
}

/// A device on a path, with the interfaces that packets enter and leave by.
public struct PathHop: Hashable, Sendable {
  public var device: String
  public var ingress: String
  public var egress: String

  public init(device: String, ingress: String, egress: String) {
    self.device = device
    self.ingress = ingress
    self.egress = egress
  }

  /// `fw-plant: outside -> dmz`.
  public var text: String { "\(device): \(ingress) -> \(egress)" }
}

extension [PathHop] {
  /// `fw-office: outside -> dmz, fw-plant: dmz -> inside`.
  public var text: String { map(\.text).joined(separator: ", ") }
}
