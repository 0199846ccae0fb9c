import PacketSets

/// How somebody gets from outside to what matters, over stepping stones.
public struct ChainsReport: Sendable {
  public var frame: AnswerFrame
  /// One for each start and target.
  public var pairs: [ChainPair]
  /// What every chain takes for granted.
  public var assumptions: [String]

  public init(frame: AnswerFrame, pairs: [ChainPair], assumptions: [String]) {
    self.frame = frame
    self.pairs = pairs
    self.assumptions = assumptions
  }
}

/// The chains from one start to one target.
public struct ChainPair: Sendable {
  public var from: String
  public var to: String
  /// The shortest one, hop by hop; empty where there is none.
  public var shortest: [ChainHop]
  /// How many minimal chains there are: no host on them could have been left out.
  public var count: Int
  /// Whether there may be more.
  public var isCut: Bool
  /// The rule that most of the chains need.
  public var weakest: WeakPoint?
  /// Assets of the target that matter most, with the number of hops to each.
  public var assets: [(name: String, hops: Int)]

  public init(
    from: String, to: String, shortest: [ChainHop], count: Int, isCut: Bool, weakest: WeakPoint?,
    assets: [(name: String, hops: Int)]
  ) {
    self.from = from
    self.to = to
    self.shortest = shortest
    self.count = count
    self.isCut = isCut
    self.weakest = weakest
    self.assets = assets
  }

  /// `14 chains`, `at least 200 chains`.
  public var countText: String { "\(isCut ? "at least " : "")\(count) chain\(count == 1 ? "" : "s")" }
}

/// A host by address, and by name where the inventory has it.
public struct HostName: Hashable, Sendable {
  public var address: IPAddress
  public var asset: String?

  public init(address: IPAddress, asset: String?) {
    self.address = address
    self.asset = asset
  }

  /// `jump-1 (10.35.0.5)`.
  public var text: String { asset.map { "\($0) (\(address))" } ?? address.description }
}

/// One hop of a chain, with an example.
public struct ChainHop: Sendable {
  public enum Kind: String, Sendable {
    case session
    case insideZone = "inside zone"
    case twoNetworks = "host in two networks"
    case diode
  }
  public var kind: Kind
  public var fromZone: ZoneTitle
  public var toZone: ZoneTitle
  public var from: HostName
  public var to: HostName
  /// `tcp/3389`; nil for anything but a session.
  public var service: String?
  /// The rule that permits the session.
  public var rule: RuleLine?
  public var path: [PathHop]
  /// The packet that opens the session, confirmed device by device.
  public var packet: Packet?
  /// Whether the rule surely permits it.
  public var isCertain: Bool
  /// What must be true for the hop to work.
  public var assumes: String

  public init(
    kind: Kind, fromZone: ZoneTitle, toZone: ZoneTitle, from: HostName, to: HostName, service: String? = nil,
    rule: RuleLine? = nil, path: [PathHop] = [], packet: Packet? = nil, isCertain: Bool = true, assumes: String
  ) {
    self.kind = kind
    self.fromZone = fromZone
    self.toZone = toZone
    self.from = from
    self.to = to
    self.service = service
    self.rule = rule
    self.path = path
    self.packet = packet
    self.isCertain = isCertain
    self.assumes = assumes
  }
}

/// The rule whose end would break most chains, tried out.
public struct WeakPoint: Sendable {
  /// What is left when the rule no longer permits anything, all other rules as they are.
  public enum Rest: Sendable {
    case nothing
    /// Chains that need this many hops at least.
    case hops(Int)
    case notTried
  }
  public var rule: RuleLine
  /// How many of the chains need it.
  public var breaks: Int
  public var rest: Rest

  public init(rule: RuleLine, breaks: Int, rest: Rest) {
    self.rule = rule
    self.breaks = breaks
    self.rest = rest
  }
}

/// Everything that can follow when somebody holds a host.
public struct CascadeReport: Sendable {
  public var frame: AnswerFrame
  /// `hmi-1 (10.20.0.5)`.
  public var start: String
  /// The zones that it stands in.
  public var startZones: [ZoneTitle]
  /// By the number of hops, from one on.
  public var waves: [[CascadeReach]]
  /// The worst that what is reached can suffer, the start included.
  public var worst: Consequence?
  public var remarks: [String]
  public var assumptions: [String]

  public init(
    frame: AnswerFrame, start: String, startZones: [ZoneTitle], waves: [[CascadeReach]], worst: Consequence?,
    remarks: [String], assumptions: [String]
  ) {
    self.frame = frame
    self.start = start
    self.startZones = startZones
    self.waves = waves
    self.worst = worst
    self.remarks = remarks
    self.assumptions = assumptions
  }
}

/// What is newly reached of one zone with a number of hops.
public struct CascadeReach: Sendable {
  public var zone: ZoneTitle
  /// `all of it`, `10.20.0.10, 10.20.0.12`.
  public var hosts: String
  /// Assets among them, those with the worst consequence first.
  public var assets: [(name: String, consequence: Consequence?)]
  /// The worst that they can suffer.
  public var consequence: Consequence?
  /// One last hop that leads there; nil where none was found.
  public var hop: ChainHop?

  public init(
    zone: ZoneTitle, hosts: String, assets: [(name: String, consequence: Consequence?)], consequence: Consequence?,
    hop: ChainHop?
  ) {
    self.zone = zone
    self.hosts = hosts
    self.assets = assets
    self.consequence = consequence
    self.hop = hop
  }
}
