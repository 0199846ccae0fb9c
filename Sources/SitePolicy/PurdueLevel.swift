/// A level of the Purdue model (ISA-95, IEC 62443-1-1): 0 process, 1 control, 2 supervision, 3 site operations, 3.5
/// demilitarised zone, 4 and 5 corporate, and whatever lies outside.
public struct PurdueLevel: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Ten times the level: 35 is 3.5; 60 is external, above all others.
  public let tenths: Int

  private init(tenths: Int) { self.tenths = tenths }

  public static let process = PurdueLevel(tenths: 0)
  public static let control = PurdueLevel(tenths: 10)
  public static let supervision = PurdueLevel(tenths: 20)
  public static let operations = PurdueLevel(tenths: 30)
  /// The demilitarised zone between plant and corporate networks.
  public static let demilitarised = PurdueLevel(tenths: 35)
  public static let corporate = PurdueLevel(tenths: 40)
  public static let enterprise = PurdueLevel(tenths: 50)
  /// Vendors, the internet, other companies.
  public static let external = PurdueLevel(tenths: 60)

  /// Every level, lowest first.
  public static let all: [PurdueLevel] = [
    .process, .control, .supervision, .operations, .demilitarised, .corporate, .enterprise, .external,
  ]

  /// The level that a site file writes as `0`, `1`, `2`, `3`, `3.5`, `4`, `5` or `external`; nil for anything else.
  public init?(_ text: String) {
    guard let level = PurdueLevel.all.first(where: { $0.description == text }) else { return nil }
    self = level
  }

  public var isExternal: Bool { self == .external }

  /// Levels 0 to 3: the plant itself.
  public var isOperational: Bool { tenths <= 30 }

  /// As a site file writes it: `3`, `3.5`, `external`.
  public var description: String {
    if isExternal { return "external" }
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }

  public static func < (a: PurdueLevel, b: PurdueLevel) -> Bool { a.tenths < b.tenths }
}
