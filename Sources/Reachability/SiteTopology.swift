import PacketSets
import RuleModel
import SitePolicy
import SourceText

/// A zone of the site, or all the address space that no zone holds.
public enum ZoneReference: Hashable, Sendable {
  /// Index into `Site.zones`.
  case zone(Int)
  case unzoned
}

/// An interface and what lies behind it.
public struct BoundInterface: Sendable {
  public var name: String
  /// Zones on the wire at this interface.
  public var attached: Set<Int>
  /// Zones that packets entering here can come from: the attached ones and those that other devices or static routes
  /// join to them.
  public var behind: Set<Int>
  /// Whether addresses of no zone (the internet) lie this way.
  public var leadsOutside: Bool
  /// Zones whose packets enter here without having passed another device of the site: the attached ones, and those that
  /// static routes place behind something unknown.
  public var direct: Set<Int>
  /// Whether packets from addresses of no zone enter here without having passed another device of the site.
  public var isEntrance: Bool
  /// Interfaces of other devices on the same wire.
  public var neighbours: [PortReference]
  /// Wired to another filtering device and not to a zone.
  public var isTransit: Bool
  public var source: SourceRange
}

/// An interface of a device of the site.
public struct PortReference: Hashable, Sendable, Comparable {
  /// Index into `SiteTopology.devices`.
  public var device: Int
  /// Index into `BoundDevice.interfaces`.
  public var port: Int

  public init(device: Int, port: Int) {
    self.device = device
    self.port = port
  }

  public static func < (a: PortReference, b: PortReference) -> Bool { (a.device, a.port) < (b.device, b.port) }
}

/// A device of the site with its interfaces bound to zones.
public struct BoundDevice: Sendable {
  public var device: Device
  /// Interfaces that forward: neither shut down nor for management only.
  public var interfaces: [BoundInterface]

  /// The zones behind an interface, the unzoned address space included where it leads outside; in a fixed order.
  public func references(behind interface: BoundInterface) -> [ZoneReference] {
    interface.behind.sorted().map { ZoneReference.zone($0) } + (interface.leadsOutside ? [.unzoned] : [])
  }
}

/// Which zones lie behind which interface, from the site file, interface addresses and static routes.
public struct SiteTopology: Sendable {
  public let site: Site
  public let devices: [BoundDevice]

  /// - Parameter devices: each with its entry in the site file; virtual instances share one entry.
  public init(site: Site, devices: [(device: Device, entry: DeviceEntry)]) {
    self.site = site
    let attachments = devices.map { Attachment(site: site, device: $0.device, entry: $0.entry) }
    self.devices = placed(attachments, TransitNodes(attachments, links: site.links), site)
  }

  /// The address space that a reference stands for.
  public func networks(of reference: ZoneReference) -> AddressSet {
    switch reference {
    case .zone(let index): site.zones[index].networks
    case .unzoned: site.unzonedAddresses
    }
  }

  /// The zone itself; nil for the unzoned space.
  public func zone(_ reference: ZoneReference) -> Zone? {
    if case .zone(let index) = reference { site.zones[index] } else { nil }
  }

  /// `supervision (level 2)`, `safety (level 1, SIS)`, `addresses of no zone`.
  public func label(_ reference: ZoneReference) -> String {
    guard let zone = zone(reference) else { return "addresses of no zone" }
    let level = zone.level.isExternal ? "external" : "level \(zone.level)"
    return "\(zone.name) (\(level)\(zone.isSafety ? ", SIS" : ""))"
  }
}
