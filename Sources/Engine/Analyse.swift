import Checks
import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy
import SourceText

/// The findings of every policy rule on one file's reading.
func readingFindings(_ files: [ReadFile], rules: SiteRules) -> [Finding] {
  rules.rules.flatMap { rule in
    Check.named(rule.check).flatMap { check -> [Finding] in
      guard case .reading(let run) = check.work else { return [] }
      return files.flatMap {
        run(ReadingContext(check: check, rule: rule, device: $0.device, reading: $0.reading, file: $0.file))
      }
    }
  }
}

/// The findings that a device's rule lists give by themselves, without zones.
///
/// - Throws: `EngineError.tooLarge`, `EngineError.contradiction`.
func listFindings(_ devices: [Device], rules: SiteRules) throws(EngineError) -> [Finding] {
  var findings: [Finding] = []
  for device in devices {
    let anomalies: RuleAnomalies
    do { anomalies = try ruleAnomalies(of: device, kinds: rules.anomalyKinds) } catch {
      throw .tooLarge(device: device.label)
    }
    for rule in rules.rules {
      for check in Check.named(rule.check) {
        guard case .lists(let run) = check.work else { continue }
        do {
          findings += try run(ListContext(check: check, rule: rule, device: device, anomalies: anomalies))
        } catch {
          throw .contradiction((error as? CheckError)?.description ?? "\(error)")
        }
      }
    }
  }
  return findings
}

extension SiteRules {
  /// The anomalies that some rule asks for.
  fileprivate var anomalyKinds: AnomalyKinds {
    let codes = Set(rules.map(\.check))
    var kinds: AnomalyKinds = []
    if codes.contains("RUL003") { kinds.insert(.redundant) }
    if !codes.isDisjoint(with: ["RUL004", "RUL005"]) { kinds.insert(.opposites) }
    if codes.contains("RUL017") { kinds.insert(.partlyCovered) }
    return kinds
  }
}

/// The findings that need the zones of a site.
///
/// - Throws: `EngineError.tooLarge`, `EngineError.contradiction`.
func zoneFindings(
  _ site: Site, _ bound: BoundSite, rules: SiteRules, today: CalendarDate
) throws(EngineError) -> [Finding] {
  let map = NetworkMap(SiteTopology(site: site, devices: bound.devices))
  let traffic = try allFlows(map).map { ZoneTraffic($0, today: today) }
  let steps = StepGraph(map, flows: traffic.map(\.flows))
  var findings: [Finding] = []
  for rule in rules.rules {
    for check in Check.named(rule.check) {
      do {
        switch check.work {
        case .device(let run):
          for device in map.topology.devices {
            findings += try run(
              DeviceContext(
                check: check, rule: rule, topology: map.topology, bound: device, policy: rules, today: today))
          }
        case .site(let run):
          findings += try run(
            SiteContext(
              check: check, rule: rule, map: map, traffic: traffic, steps: steps, diodes: bound.diodes,
              twins: bound.twins,
              policy: rules, today: today))
        case .reading, .lists: break
        }
      } catch {
        throw .contradiction((error as? CheckError)?.description ?? "\(error)")
      }
    }
  }
  // Sets of a space that gave up mean nothing, so nothing that was found with them is shown.
  for zone in traffic where zone.flows.isExhausted { throw .tooLarge(device: map.topology.label(zone.flows.origin)) }
  return findings
}

/// CFG005 for a file of a folder whose platform is not clear; nil when policy has switched the check off.
func platformFinding(_ file: SourceFile, _ error: EngineError, rules: SiteRules) -> Finding? {
  guard let check = Check.named("CFG005").first, let rule = rules.rules.first(where: { $0.check == check.code }),
    case .platform(_, let reason) = error
  else { return nil }
  var finding = Finding(
    code: check.code, name: check.name, severity: rule.severity ?? check.severity, confidence: .certain,
    message: reason, device: nil, property: file.name, subject: "platform", location: file.range(0, 0),
    help: "move the file away if it is no configuration; else check it by itself with `--format NAME`")
  finding.counts = false
  return finding
}
