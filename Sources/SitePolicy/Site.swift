import Findings
import PacketSets
import RuleModel
import SourceText

/// What a plant says about itself: zones, devices, conduits, assets, and the policy that it wants to be held to.
public struct Site: Sendable {
  public var name: String
  /// Policy packs in order; later ones override rules of earlier ones. `reading` need not be named, it is always there.
  public var policies: [PolicyReference]
  /// Control frameworks that findings are mapped to; the first one is shown first.
  public var frameworks: [PolicyReference]
  /// In file order; names are unique and networks do not overlap.
  public var zones: [Zone]
  /// In file order; names are unique.
  public var devices: [DeviceEntry]
  /// In file order; names are unique.
  public var conduits: [Conduit]
  /// In file order; names are unique.
  public var assets: [Asset]
  public var remoteAccess: RemoteAccess?
  public var scope: Scope
  /// Wires and tunnels that the configurations do not show.
  public var links: [Link] = []
  /// Sections that later stages read: `safety-functions`, `flows`, `background`, `latency`.
  public var reserved: [DocumentEntry]
  /// The whole site file.
  public var source: SourceRange

  /// The zone of that name; O(zones).
  public func zone(named name: String) -> Zone? { zones.first { $0.name == name } }

  /// The zone whose networks hold every one of `addresses`; nil when none does. O(zones).
  public func zone(holding addresses: AddressSet) -> Zone? {
    addresses.isEmpty ? nil : zones.first { addresses.isSubset(of: $0.networks) }
  }

  /// Whether an asset has addresses in more than one zone.
  public func isDualHomed(_ asset: Asset) -> Bool {
    zones.count { $0.networks.overlaps(asset.addresses) } > 1
  }

  /// Everything that lies in no zone.
  public var unzonedAddresses: AddressSet {
    var v4: [ClosedRange<UInt32>] = []
    var v6: [ClosedRange<UInt128>] = []
    for zone in zones {
      v4 += zone.networks.v4.intervals
      v6 += zone.networks.v6.intervals
    }
    return AddressSet(v4: IntervalSet(v4), v6: IntervalSet(v6)).complement
  }
}

/// A policy pack or framework as the site file names it.
public struct PolicyReference: Hashable, Sendable {
  /// The name of a shipped one, or a path relative to the site file.
  public var text: String
  public var source: SourceRange

  /// Whether it is a path: it holds a `/` or ends in `.yml` or `.yaml`.
  public var isPath: Bool { text.contains("/") || text.hasSuffix(".yml") || text.hasSuffix(".yaml") }
}

/// Assets that share security requirements (IEC 62443-1-1), by the networks that they live in.
public struct Zone: Sendable {
  public var name: String
  public var level: PurdueLevel
  /// All of the zone's networks together; never empty.
  public var networks: AddressSet
  /// Where each network is written.
  public var networkRanges: [SourceRange]
  /// Whether a safety instrumented system lives here.
  public var isSafety: Bool
  /// Safety integrity level, 1 to 4.
  public var sil: Int?
  /// What a failure here costs; nil when the site does not say.
  public var consequence: Consequence?
  /// The zone's key and value.
  public var source: SourceRange
}

/// A firewall, router or diode, and the files that its configuration is read from.
public struct DeviceEntry: Sendable {
  public var name: String
  /// Paths relative to the site file; never empty.
  public var configs: [ConfigReference]
  /// The platform by name; nil means that it is detected.
  public var format: String?
  /// Zones behind interfaces, where addresses alone do not tell.
  public var interfaces: [InterfaceBinding]
  /// The zone that a diode sends from; set together with `to`.
  public var from: String?
  /// The zone that a diode sends to.
  public var to: String?
  /// How the inspection engine whose rules are among `configs` runs; nil when the site file does not say.
  public var inspection: InspectionPlacement?
  /// Of a diode: whether what it carries takes nobody over (raw readings, no files).
  public var isNoSteppingStone = false
  public var source: SourceRange
}

/// How an inspection engine beside a firewall runs, which its rules do not tell.
public enum InspectionPlacement: String, Sendable, CaseIterable {
  /// In the path of all interfaces, with the parsers of the protocols that its rules name switched on.
  case inline
  /// It watches a copy and stops nothing.
  case monitoring
}

/// One configuration file of a device.
public struct ConfigReference: Hashable, Sendable {
  public var path: String
  public var range: SourceRange
}

/// The zones that lie behind one interface.
public struct InterfaceBinding: Hashable, Sendable {
  /// The interface's name, hardware name or alias.
  public var interface: String
  /// Never empty.
  public var zones: [String]
  public var source: SourceRange
}

/// One end of a link.
public struct LinkEnd: Hashable, Sendable {
  /// A device of the site.
  public var device: String
  /// The interface's name, hardware name or alias.
  public var interface: String
  public var source: SourceRange
}

/// A wire or tunnel between interfaces of two devices.
public struct Link: Hashable, Sendable {
  public var a: LinkEnd
  public var b: LinkEnd
  public var source: SourceRange

  /// Whether one of the ends is that interface.
  public func joins(_ interface: Interface, of device: Device) -> Bool {
    [a, b].contains { end in
      end.device == device.name && (end.interface == interface.name || interface.aliases.contains(end.interface))
    }
  }
}

/// One machine or device of the inventory.
public struct Asset: Sendable {
  public var name: String
  /// Empty when the asset has no network address.
  public var addresses: AddressSet
  public var zone: String
  /// In the site's own words: `plc`, `hmi`, `historian`.
  public var type: String?
  public var owner: String?
  public var consequence: Consequence?
  /// Why nobody gets further from here; nil when somebody may.
  public var noSteppingStone: SteppingStoneBar?
  /// The entry in the site file, or the row in the CSV file.
  public var source: SourceRange
}

/// Why a host that can be reached leads no further.
public enum SteppingStoneBar: String, Sendable, CaseIterable {
  /// Hardened beyond what a session that is permitted can break.
  case hardened
  /// A jump host: every session is approved, ends there and is recorded.
  case jumpHost = "jump-host"
  /// The end of a diode, which runs nothing else.
  case diodeEnd = "diode-end"
}

/// Who comes in from outside, and which hosts they must come through.
public struct RemoteAccess: Sendable {
  public var jumpHosts: [Endpoint]
  /// The zones that remote users come from.
  public var from: [String]
  public var source: SourceRange
}

/// Which part of the plant a run judges.
public struct Scope: Sendable {
  /// The stage of the roll-out; nil when the site does not work in stages.
  public var phase: Int?
  /// Zones that are left out for now; their interfaces are still checked.
  public var excludedZones: [String] = []
}
