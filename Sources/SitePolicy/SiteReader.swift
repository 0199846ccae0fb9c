import PacketSets
import PolicyPacks
import RuleModel
import SourceText

/// Reads and validates a site file, and the inventory that it names.
///
/// `readFile` is given the path as the site file writes it, relative to the site file.
///
/// - Throws: every error of the file, not just the first; when the YAML itself is broken, that one.
public func loadSite(
  _ file: SourceFile, readFile: (String) throws -> SourceFile
) throws(SitePolicyErrors) -> Site {
  let root: DocumentNode
  do {
    root = try parseYAML(file)
  } catch {
    throw SitePolicyErrors(error)
  }
  var reader = SiteReader(file: file)
  let site = reader.site(root, readFile: readFile)
  try reader.document.finish()
  guard let site else {
    throw SitePolicyErrors(file.malformed(at: 0, "this is no site file", help: "see docs/site-file.md"))
  }
  return site
}

/// Reads the sections in the order in which they build on each other: zones, assets, then what refers to both.
struct SiteReader {
  var document: DocumentReader
  var zones: [Zone] = []
  var zoneIndex: [String: Int] = [:]
  var zoneMap = ZoneMap([])
  var assets: [Asset] = []
  var assetIndex: [String: Int] = [:]

  /// Sections that later stages read; their content is theirs to validate.
  static let reservedKeys = ["safety-functions", "flows", "background", "latency"]

  init(file: SourceFile) { document = DocumentReader(file: file) }

  mutating func site(_ root: DocumentNode, readFile: (String) throws -> SourceFile) -> Site? {
    let optional = ["policies", "frameworks", "devices", "assets", "conduits", "remote-access", "scope", "links"]
    guard
      let fields = document.fields(
        root, "the site file", required: ["version", "site", "zones"], optional: optional + SiteReader.reservedKeys)
    else { return nil }
    document.checkVersion(fields)
    if let zones = fields["zones"] { readZones(zones) }
    if let assets = fields["assets"] { readAssets(assets, readFile: readFile) }
    let devices = fields["devices"].map { readDevices($0) } ?? []
    let site = Site(
      name: document.text(fields["site"], "site") ?? "",
      policies: references(
        fields["policies"], "policies", shipped: shippedPacks, absent: ["purdue", "rule-hygiene"], at: root.range),
      frameworks: references(
        fields["frameworks"], "frameworks", shipped: shippedFrameworks, absent: ["iso27001-2022", "iec62443-3-3"],
        at: root.range),
      zones: zones,
      devices: devices,
      conduits: fields["conduits"].map { readConduits($0) } ?? [],
      assets: assets,
      remoteAccess: fields["remote-access"].flatMap { readRemoteAccess($0) },
      scope: fields["scope"].map { readScope($0) } ?? Scope(),
      links: fields["links"].map { readLinks($0, among: devices) } ?? [],
      reserved: SiteReader.reservedKeys.compactMap { fields.entries[$0] },
      source: root.range)
    return site
  }

  /// Packs or frameworks: shipped ones by name, which must exist, own ones by path, which are read later.
  private mutating func references(
    _ node: DocumentNode?, _ key: String, shipped: [ShippedFile], absent: [String], at range: SourceRange
  ) -> [PolicyReference] {
    guard let node else { return absent.map { PolicyReference(text: $0, source: range) } }
    var seen: Set<String> = []
    var result: [PolicyReference] = []
    for item in document.list(node, key) {
      guard let text = document.text(item, key) else { continue }
      let reference = PolicyReference(text: text, source: item.range)
      if !seen.insert(text).inserted {
        document.complain(item.range, "\(quoted(text)) is named twice under '\(key)'", help: "remove one of the two")
      } else if !reference.isPath, !shipped.contains(where: { $0.name == text }) {
        document.complain(
          item.range, "\(quoted(text)) is not among the shipped \(key)",
          help: suggestion(text, among: shipped.map(\.name)) + "; name a file of your own by its path, as ./own.yml")
      }
      result.append(reference)
    }
    return result
  }

  /// The declared zone that a scalar names; complains when there is none.
  mutating func zoneName(_ node: DocumentNode?, _ key: String) -> String? {
    let reader = self
    return document.value(node, key) { (text) throws(TextProblem) in
      guard reader.zoneIndex[text] != nil else { throw reader.unknownZone(text) }
      return text
    }
  }

  /// Names are used in paths such as `zone/asset`, so they must not look like one, or like an address.
  mutating func checkName(_ name: String, _ kind: String, at range: SourceRange) {
    if name == "any" || looksLikeNetwork(name) || name.contains("/") || name.utf8.count > 200
      || name.first?.isWhitespace == true || name.last?.isWhitespace == true || printable(name) != name
    {
      document.complain(
        range, "\(quoted(name)) cannot be the name of \(kind)",
        help: "use a word with letters, without '/' or ':', that is not 'any'")
    }
  }
}
