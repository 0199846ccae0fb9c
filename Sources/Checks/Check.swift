import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy
import SourceText

/// How far a check can be relied on to stay as it is.
public enum CheckStatus: String, Sendable {
  case preview, stable, deprecated
}

/// One check: its entry in the code table and what it does.
public struct Check: Sendable {
  /// What a check looks at.
  public enum Work: Sendable {
    /// One file as it was read.
    case reading(@Sendable (ReadingContext) -> [Finding])
    /// One device's rule lists; needs no zones.
    case lists(@Sendable (ListContext) throws -> [Finding])
    /// One device of a site, with the zones behind its interfaces.
    case device(@Sendable (DeviceContext) throws -> [Finding])
    /// The site and its network as a whole.
    case site(@Sendable (SiteContext) throws -> [Finding])
  }
  /// Family and three digits; never reused.
  public let code: String
  /// Kebab-case name.
  public let name: String
  /// What it means when the check fires, one sentence.
  public let summary: String
  public let status: CheckStatus
  /// The version that brought it.
  public let since: String
  /// Used where the policy rule gives none.
  public let severity: Severity
  /// Settings that a policy rule may hand over.
  public let settings: Set<String>
  public let work: Work

  init(
    _ code: String, _ name: String, _ severity: Severity, _ summary: String, settings: Set<String> = [], work: Work
  ) {
    self.code = code
    self.name = name
    self.summary = summary
    status = .stable
    since = "0.1.0"
    self.severity = severity
    self.settings = settings
    self.work = work
  }
}

/// A file and what its reader made of it.
public struct ReadingContext {
  public let check: Check
  public let rule: PolicyRule
  public let device: String
  public let reading: Reading
  public let file: SourceFile

  public init(check: Check, rule: PolicyRule, device: String, reading: Reading, file: SourceFile) {
    self.check = check
    self.rule = rule
    self.device = device
    self.reading = reading
    self.file = file
  }
}

/// A device alone, without zones.
public struct ListContext {
  public let check: Check
  public let rule: PolicyRule
  public let device: Device
  /// What is odd about the rules; looked for once and shared by the checks.
  public let anomalies: RuleAnomalies

  public init(check: Check, rule: PolicyRule, device: Device, anomalies: RuleAnomalies) {
    self.check = check
    self.rule = rule
    self.device = device
    self.anomalies = anomalies
  }
}

/// A device between the zones of its site.
public struct DeviceContext {
  public let check: Check
  public let rule: PolicyRule
  public let topology: SiteTopology
  /// The device with its interfaces bound to zones.
  public let bound: BoundDevice
  public let policy: SiteRules
  public let today: CalendarDate

  public var site: Site { topology.site }
  public var device: Device { bound.device }

  public init(
    check: Check, rule: PolicyRule, topology: SiteTopology, bound: BoundDevice, policy: SiteRules, today: CalendarDate
  ) {
    self.check = check
    self.rule = rule
    self.topology = topology
    self.bound = bound
    self.policy = policy
    self.today = today
  }
}

/// A diode of the site: its entry in the site file and its configuration.
public struct SiteDiode: Sendable {
  public let entry: DeviceEntry
  public let diode: Diode

  public init(entry: DeviceEntry, diode: Diode) {
    self.entry = entry
    self.diode = diode
  }
}

/// Everything that is known about a site and its network.
public struct SiteContext {
  public let check: Check
  public let rule: PolicyRule
  public let map: NetworkMap
  /// What each zone can send to the others.
  public let traffic: [ZoneTraffic]
  /// Which hosts can be taken over from which.
  public let steps: StepGraph
  public let diodes: [SiteDiode]
  public let policy: SiteRules
  public let today: CalendarDate

  public var topology: SiteTopology { map.topology }
  public var site: Site { topology.site }

  public init(
    check: Check, rule: PolicyRule, map: NetworkMap, traffic: [ZoneTraffic], steps: StepGraph, diodes: [SiteDiode],
    policy: SiteRules, today: CalendarDate
  ) {
    self.check = check
    self.rule = rule
    self.map = map
    self.traffic = traffic
    self.steps = steps
    self.diodes = diodes
    self.policy = policy
    self.today = today
  }
}

/// An answer that cannot be trusted: the tool contradicts itself.
public enum CheckError: Error, Sendable {
  /// The single-packet evaluator does not confirm what the sets say.
  case unconfirmedWitness(check: String, device: String, packet: String, detail: String)

  public var description: String {
    switch self {
    case .unconfirmedWitness(let check, let device, let packet, let detail):
      return """
        internal error in \(check) on \(device): the sets and the packet-by-packet evaluation disagree about \(packet) \
        (\(detail)); please report this with the configuration
        """
    }
  }
}
