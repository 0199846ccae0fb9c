import Checks
import ConfigReaders
import Reachability
import RuleModel
import SitePolicy
import SourceText

/// A site with everything that its files hold.
struct ReadSite {
  var site: Site
  var policies: Policies
  var files: [ReadFile]
  var bound: BoundSite
  var catalog: SourceCatalog
}

/// Reads a site file, and the policies and configurations that it names.
///
/// - Throws: `EngineError` when the site file or its policies are wrong, or a configuration cannot be read.
func readSite(_ path: String) throws(EngineError) -> ReadSite {
  var catalog = SourceCatalog()
  let root = folder(of: path)
  let siteFile = try catalog.take(path, readFile(path))
  let site: Site
  let policies: Policies
  do throws(SitePolicyErrors) {
    site = try loadSite(siteFile) { name throws -> SourceFile in
      try catalog.add(path: joined(root, name), bytes: readFile(name, below: root))
    }
    policies = try loadPolicies(of: site, into: &catalog, knownChecks: Check.knownSettings) {
      try readFile($0, below: root)
    }
  } catch { throw .invalid([error.description]) }
  var files: [[ReadFile]] = []
  for device in site.devices {
    var readings: [ReadFile] = []
    for config in device.configs {
      let file = try catalog.take(joined(root, config.path), readFile(config.path, below: root))
      readings.append(try read(file, device: device.name, format: device.format))
    }
    files.append(readings)
  }
  return ReadSite(
    site: site, policies: policies, files: files.flatMap { $0 }, bound: try bind(site, files), catalog: catalog)
}

/// The network of a site, to ask questions of.
public struct SiteNetwork: Sendable {
  public let site: Site
  public let map: NetworkMap
  public let diodes: [SiteDiode]
  /// What was not understood and could change an answer.
  public let gaps: [String]
  /// What no answer says anything about.
  public let notCovered: [String]
  public let catalog: SourceCatalog

  public var topology: SiteTopology { map.topology }
}

/// Reads the network of a site.
///
/// - Parameters:
///   - path: a site file, or a folder with one.
///   - site: a site file elsewhere.
/// - Throws: `EngineError` when there is no site file, or something in it is wrong.
public func readNetwork(_ path: String, site: String? = nil) throws(EngineError) -> SiteNetwork {
  guard case .site(let file) = try discover(path, site: site) else {
    throw .invalid([
      "\(path): a question about the network needs a site file (\(siteFileName), see docs/site-file.md)"
    ])
  }
  let read = try readSite(file)
  return SiteNetwork(
    site: read.site, map: NetworkMap(SiteTopology(site: read.site, devices: read.bound.devices)),
    diodes: read.bound.diodes, gaps: read.files.flatMap(\.gaps), notCovered: blindSpots(read.site, read.bound),
    catalog: read.catalog)
}
