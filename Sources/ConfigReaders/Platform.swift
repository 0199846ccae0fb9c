import RuleModel
import SourceText

/// A configuration format that Bulkhead reads.
public struct Platform: Sendable {
  /// The id used in site files and on the command line (`cisco-asa`).
  public let id: String
  /// The name that people use.
  public let title: String
  /// What the reader was proved on.
  public let support: Support
  /// Where the format is documented: manuals with sections.
  public let documentation: [String]
  /// What the rule model holds of it, in plain words.
  public let modelled: [String]
  /// What is known only between two bounds.
  public let bounded: [String]
  /// What is read over because it does not touch filtering.
  public let ignored: [String]
  /// Why the file is of this format; nil when it is not, or when that is a guess.
  public let detect: @Sendable (SourceFile) -> String?
  /// Reads the file; never fails: what is not understood stands in the ledger.
  public let read: @Sendable (SourceFile) -> Reading

  public init(
    id: String, title: String, support: Support, documentation: [String], modelled: [String], bounded: [String],
    ignored: [String],
    detect: @escaping @Sendable (SourceFile) -> String?, read: @escaping @Sendable (SourceFile) -> Reading
  ) {
    self.id = id
    self.title = title
    self.support = support
    self.documentation = documentation
    self.modelled = modelled
    self.bounded = bounded
    self.ignored = ignored
    self.detect = detect
    self.read = read
  }

  /// Every format that is read, in the order in which they are listed to users.
  public static let all: [Platform] = [
    .ciscoASA,
    .ciscoIOS,
    .fortiOS,
    .junosSRX,
    .vyOS,
    .panOS,
    .checkPointManagement,
    .checkPointGaiaEmbedded,
    .iptablesSave,
    .garderos,
    .hiSecOS,
    .scalance,
    .opnsense,
    .pfsense,
    .mikrotikRouterOS,
    .weos,
    .nftables,
    .stormshieldSNS,
    .rox,
    .openWrtUCI,
    .dyode,
    .lidi,
    .osdd,
    .opcuaDiode,
    .diodeYML,
    .ruleTable,
    .suricata,
  ]

  /// The format of that id.
  public static func named(_ id: String) -> Platform? { all.first { $0.id == id } }
}

/// What a reader was proved on, the strongest first.
public enum Support: String, Sendable, CaseIterable {
  /// Configurations that devices in use exported.
  case exports = "real exports"
  /// Files that vendors or other tools' tests publish in the format's real syntax.
  case samples = "published samples"
  /// The vendor's manual alone: no configuration of a device was at hand.
  case manual = "the manual alone"
  /// A format of Bulkhead's own, defined by its page.
  case own = "own format"
}

/// What platform detection found.
public enum Detection: Sendable {
  /// One format, and why.
  case platform(Platform, reason: String)
  /// Several formats claim the file; it is not guessed.
  case ambiguous([(platform: Platform, reason: String)])
  /// No format claims the file.
  case unknown
}

/// Asks every format whether the file is of it.
///
/// Exactly one confident answer decides; anything else is for the user to settle with `format:` or `--format`.
public func detectPlatform(_ file: SourceFile) -> Detection {
  let claims = Platform.all.compactMap { platform in
    platform.detect(file).map { (platform: platform, reason: $0) }
  }
  switch claims.count {
  case 0: return .unknown
  case 1: return .platform(claims[0].platform, reason: claims[0].reason)
  default: return .ambiguous(claims)
  }
}
