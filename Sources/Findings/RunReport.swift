import SourceText

/// What was read of one configuration file.
public struct FileAccount: Sendable {
  public var path: String
  /// The device of the site file, or the file's own name.
  public var device: String
  /// The platform's id; nil when it is not known.
  public var platform: String?
  /// Why the file is taken for that platform.
  public var reason: String
  public var used: Int
  public var irrelevant: Int
  public var notModelled: Int
  public var notRecognised: Int
  /// Lines of the last two kinds that could change a verdict.
  public var couldChangeVerdict: Int

  public init(path: String, device: String, platform: String?, reason: String, ledger: ReadingLedger?) {
    self.path = path
    self.device = device
    self.platform = platform
    self.reason = reason
    used = ledger?.count(of: .used) ?? 0
    irrelevant = ledger?.count(of: .irrelevant) ?? 0
    notModelled = ledger?.count(of: .notModelled) ?? 0
    notRecognised = ledger?.count(of: .notRecognised) ?? 0
    couldChangeVerdict = ledger?.gaps.count { $0.couldChangeVerdict } ?? 0
  }
}

/// A policy rule that was applied.
public struct RuleAccount: Sendable {
  public var id: String
  public var check: String
  public var title: String

  public init(id: String, check: String, title: String) {
    self.id = id
    self.check = check
    self.title = title
  }
}

/// The end of a run, as an exit code and as words.
public enum RunOutcome: Int32, Sendable {
  /// Nothing at or above the threshold, and everything was understood.
  case clean = 0
  /// Findings at or above the threshold.
  case violated = 1
  /// The job could not be done.
  case failed = 2
  /// No such finding, but something that could change a verdict was not understood.
  case incomplete = 3
}

/// Everything that a run has to say; all report formats are written from it.
public struct RunReport: Sendable {
  public var toolVersion: String
  /// The site's name; nil for bare configurations.
  public var site: String?
  public var files: [FileAccount]
  public var rules: [RuleAccount]
  /// In the order of attention: severity, then file and line.
  public var findings: [Finding]
  /// What was left out, and why.
  public var notChecked: [String]
  /// Why a verdict could be different from what it is, when it could.
  public var gaps: [String]
  public var devices: Int
  public var catalog: SourceCatalog

  public init(
    toolVersion: String, site: String?, files: [FileAccount], rules: [RuleAccount], findings: [Finding],
    notChecked: [String], gaps: [String], devices: Int, catalog: SourceCatalog
  ) {
    self.toolVersion = toolVersion
    self.site = site
    self.files = files
    self.rules = rules
    self.findings = findings
    self.notChecked = notChecked
    self.gaps = gaps
    self.devices = devices
    self.catalog = catalog
  }

  /// Findings that fail the run at threshold `failOn` (nil: none does).
  public func failing(_ failOn: Severity?) -> Int {
    guard let failOn else { return 0 }
    return findings.count { $0.counts && $0.severity >= failOn }
  }

  /// Whether something that could change a verdict was not understood.
  public var isIncomplete: Bool { !gaps.isEmpty }

  /// - Parameters:
  ///   - failOn: the least severity that fails the run; nil for none.
  ///   - allowsIncomplete: whether gaps are accepted.
  public func outcome(failOn: Severity?, allowsIncomplete: Bool = false) -> RunOutcome {
    if failing(failOn) > 0 { return .violated }
    return isIncomplete && !allowsIncomplete ? .incomplete : .clean
  }

  /// `3 critical, 1 low`; `no findings`.
  public var tally: String {
    var numbers: [Severity: Int] = [:]
    for index in findings.indices { numbers[findings[index].severity, default: 0] += 1 }
    let counts = Severity.allCases.reversed().compactMap { severity -> String? in
      numbers[severity].map { "\($0) \(severity.rawValue)" }
    }
    return counts.isEmpty ? "no findings" : counts.joined(separator: ", ")
  }
}
