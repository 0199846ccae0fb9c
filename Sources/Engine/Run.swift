import Checks
import ConfigReaders
import Findings
import PolicyPacks
import RuleModel
import SitePolicy
import SourceText

/// The version of the tool.
public let toolVersion = "0.1.0"

/// What to check, and how.
public struct CheckRequest: Sendable {
  /// A configuration, a folder, or a site file.
  public var path: String
  /// A site file elsewhere.
  public var site: String?
  /// The format of bare configurations; nil to detect it.
  public var format: String?
  /// The day that dates are compared with.
  public var today: CalendarDate
  /// Shipped packs to hold bare configurations to, besides `reading` and `rule-hygiene`; a site names its own.
  public var policies: [String] = []
  /// Codes of the checks to run, or beginnings of codes; empty for all.
  public var selected: [String] = []

  public init(path: String, site: String? = nil, format: String? = nil, today: CalendarDate) {
    self.path = path
    self.site = site
    self.format = format
    self.today = today
  }

  /// The policy rules whose checks were selected.
  ///
  /// - Throws: `EngineError.invalid` when a code selects nothing.
  func selected(_ rules: [PolicyRule]) throws(EngineError) -> [PolicyRule] {
    if selected.isEmpty { return rules }
    for code in selected where !Check.all.contains(where: { $0.code.hasPrefix(code) }) {
      throw .invalid(["no check has a code that begins with \(code); `bulkhead rules` lists them"])
    }
    return rules.filter { rule in selected.contains { rule.check.hasPrefix($0) } }
  }
}

/// Runs the pipeline: discover, detect, read, bind, analyse, check, sort.
///
/// - Throws: `EngineError` when the job cannot be done.
public func run(_ request: CheckRequest) throws(EngineError) -> RunReport {
  switch try discover(request.path, site: request.site) {
  case .site(let path): return try runSite(path, request)
  case .configurations(let paths): return try runBare(paths, request)
  }
}

/// Configurations without a site: everything that needs no zones.
private func runBare(_ paths: [String], _ request: CheckRequest) throws(EngineError) -> RunReport {
  var catalog = SourceCatalog()
  var files: [ReadFile] = []
  var unknown: [(file: SourceFile, error: EngineError)] = []
  for path in paths {
    let file = try catalog.take(path, readFile(path))
    do throws(EngineError) {
      files.append(try read(file, device: file.name, format: request.format))
    } catch {
      // One file was asked for by name; in a folder the others are still worth checking.
      if paths.count == 1 { throw error }
      unknown.append((file, error))
    }
  }
  guard !files.isEmpty else { throw .invalid(unknown.map(\.error.description)) }
  let rules = try shippedRules(request, &catalog)
  // The longest part first: the others are added to it.
  var findings = try listFindings(files.flatMap(\.reading.devices), rules: rules)
  findings += readingFindings(files, rules: rules)
  findings += unknown.compactMap { platformFinding($0.file, $0.error, rules: rules) }
  let frameworks = try shippedFrameworks(&catalog)
  let open = openVerdicts(findings)
  return RunReport(
    toolVersion: toolVersion, site: nil,
    files: files.map(\.account)
      + unknown.map {
        FileAccount(path: $0.file.path, device: "", platform: nil, reason: $0.error.description, ledger: nil)
      },
    rules: accounts(rules, needsZones: false),
    findings: finished(consume findings, site: "", frameworks: frameworks),
    notChecked: [
      """
      no site file: zones, Purdue boundaries, safety systems, diodes and conduits were not checked; write a \
      \(siteFileName) beside the configurations (docs/site-file.md)
      """
    ],
    gaps: files.flatMap(\.gaps) + unknown.map(\.error.description) + open,
    devices: files.map { $0.reading.devices.count + $0.reading.diodes.count }.reduce(0, +), catalog: catalog)
}

/// A whole site.
private func runSite(_ path: String, _ request: CheckRequest) throws(EngineError) -> RunReport {
  let read = try readSite(path)
  let (site, files) = (read.site, read.files)
  let rules = SiteRules(try request.selected(read.policies.rules))
  let findings =
    try readingFindings(files, rules: rules) + listFindings(read.bound.devices.map(\.device), rules: rules)
    + zoneFindings(site, read.bound, rules: rules, today: request.today)
  return RunReport(
    toolVersion: toolVersion, site: site.name, files: files.map(\.account), rules: accounts(rules, needsZones: true),
    findings: finished(findings, site: site.name, frameworks: read.policies.frameworks),
    notChecked: site.scope.excludedZones.map { "zone \($0) is outside of the scope" } + blindSpots(site, read.bound),
    gaps: (site.devices.isEmpty ? ["the site file names no device, so nothing was checked"] : [])
      + files.flatMap(\.gaps) + openVerdicts(findings),
    devices: read.bound.devices.count + read.bound.diodes.count, catalog: read.catalog)
}

/// One line when some verdicts are open and do not count as violations.
private func openVerdicts(_ findings: [Finding]) -> [String] {
  let count = findings.count { $0.confidence == .possible && !$0.counts }
  return count == 0 ? [] : [count == 1 ? "1 verdict is `cannot tell`" : "\(count) verdicts are `cannot tell`"]
}

extension SourceCatalog {
  /// Adds a file that was read already.
  mutating func take(_ path: String, _ bytes: [UInt8]) throws(EngineError) -> SourceFile {
    do { return try add(path: path, bytes: bytes) } catch { throw .invalid([error.description]) }
  }
}

/// The packs that hold without a site.
private func shippedRules(_ request: CheckRequest, _ catalog: inout SourceCatalog) throws(EngineError) -> SiteRules {
  for name in request.policies where !shippedPacks.contains(where: { $0.name == name }) {
    let hint = nearest(to: name, among: shippedPacks.map(\.name)).map { "; did you mean \($0)?" } ?? ""
    throw .invalid(["no pack named \(name) is shipped\(hint)"])
  }
  var packs: [PolicyPack] = []
  for pack in shippedPacks where (["reading", "rule-hygiene"] + request.policies).contains(pack.name) {
    let file = try catalog.take(pack.path, pack.bytes)
    do { packs.append(try loadPack(file, knownChecks: Check.knownSettings, zones: [])) } catch {
      throw .invalid([error.description])
    }
  }
  return SiteRules(try request.selected(effectiveRules(packs: packs)))
}

/// The frameworks that hold without a site.
private func shippedFrameworks(_ catalog: inout SourceCatalog) throws(EngineError) -> [Framework] {
  var frameworks: [Framework] = []
  // In the order in which people want to read them.
  for name in ["iso27001-2022", "iec62443-3-3"] {
    guard let framework = PolicyPacks.shippedFrameworks.first(where: { $0.name == name }) else { continue }
    let file = try catalog.take(framework.path, framework.bytes)
    do { frameworks.append(try loadFramework(file, knownChecks: Set(Check.knownSettings.keys))) } catch {
      throw .invalid([error.description])
    }
  }
  return frameworks
}

/// The policy rules that were applied.
private func accounts(_ rules: SiteRules, needsZones: Bool) -> [RuleAccount] {
  rules.rules.filter { rule in
    needsZones
      || Check.named(rule.check).contains {
        switch $0.work {
        case .reading, .lists: true
        case .device, .site: false
        }
      }
  }.map { RuleAccount(id: $0.id, check: $0.check, title: $0.title) }
}
