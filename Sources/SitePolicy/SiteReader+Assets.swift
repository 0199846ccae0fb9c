import PacketSets
import RuleModel
import SourceText

extension SiteReader {
  private static let assetKeys = [
    "address", "zone", "type", "owner", "consequence", "dual-homed", "no-stepping-stone",
  ]

  /// The inventory: the path of a CSV file, a list of assets, or a map of assets by name.
  mutating func readAssets(_ node: DocumentNode, readFile: (String) throws -> SourceFile) {
    switch node {
    case .scalar: readAssetFile(node, readFile: readFile)
    case .list(let items, _):
      for item in items {
        let fields = document.fields(item, "an asset", required: ["name"], optional: SiteReader.assetKeys)
        guard let fields, let nameNode = fields["name"], let name = document.text(nameNode, "name") else { continue }
        addAsset(name, at: nameNode.range, fields)
      }
    case .map(let entries, _):
      for entry in entries {
        let owner = "asset \(quoted(entry.key))"
        guard let fields = document.fields(entry.value, owner, optional: SiteReader.assetKeys) else { continue }
        addAsset(entry.key, at: entry.keyRange, fields)
      }
    }
  }

  private mutating func readAssetFile(_ node: DocumentNode, readFile: (String) throws -> SourceFile) {
    guard let path = document.text(node, "assets") else { return }
    do {
      let file = try readFile(path)
      let table = try parseCSV(file)
      // While the inventory is read it is the document, so that errors carry its path and lines.
      var siteDocument = document
      document = DocumentReader(file: file)
      readAssetTable(table)
      siteDocument.add(document)
      document = siteDocument
    } catch let error as SourceError {
      document.add(error)
    } catch {
      document.complain(node.range, "the inventory \(quoted(path)) cannot be read: \(error)", help: "check the path")
    }
  }

  /// The columns are the keys of an asset, in any order.
  private mutating func readAssetTable(_ table: CSVTable) {
    let known = ["name"] + SiteReader.assetKeys
    var columns: [String: Int] = [:]
    for (index, column) in table.header.enumerated() {
      if !known.contains(column.text) {
        let separator = column.text.contains(";") ? "; separate columns with commas, not semicolons" : ""
        document.complain(
          column.range, "the inventory has no column \(quoted(column.text))",
          help: suggestion(column.text, among: known) + separator)
      } else if columns.updateValue(index, forKey: column.text) != nil {
        document.complain(
          column.range, "the column \(quoted(column.text)) is given twice", help: "remove one of the two")
      }
    }
    guard let nameColumn = columns.removeValue(forKey: "name") else {
      document.complain(table.header[0].range, "the inventory has no column 'name'", help: "add it")
      return
    }
    for row in table.rows where !document.isFull {
      let name = row[nameColumn]
      guard !name.text.isEmpty else {
        document.complain(name.range, "an asset has no name", help: "give it one")
        continue
      }
      addAsset(name.text, at: name.range, assetFields(row, columns))
    }
  }

  /// A row as if it had been written as a map; empty cells are keys that are not there.
  private func assetFields(_ row: [CSVField], _ columns: [String: Int]) -> Fields {
    var entries: [String: DocumentEntry] = [:]
    for (key, column) in columns where !row[column].text.isEmpty {
      let cell = row[column]
      var value = DocumentNode.scalar(text: cell.text, range: cell.range, style: .quoted)
      if key == "address" {
        let addresses = cell.text.split { $0 == ";" || $0 == " " }
        value = .list(addresses.map { .scalar(text: String($0), range: cell.range, style: .quoted) }, cell.range)
      }
      entries[key] = DocumentEntry(key: key, keyRange: cell.range, value: value)
    }
    return Fields(owner: "the row", range: row[0].range.union(row[row.count - 1].range), entries: entries)
  }

  private mutating func addAsset(_ name: String, at nameRange: SourceRange, _ fields: Fields) {
    checkName(name, "an asset", at: nameRange)
    if let earlier = assetIndex[name] {
      document.complain(
        nameRange, "the asset \(quoted(name)) is listed twice, first at \(document.label(assets[earlier].source))",
        help: "give each asset a name of its own")
      return
    }
    var addresses = AddressSet.empty
    for item in fields["address"].map({ $0.text == nil ? document.list($0, "address") : [$0] }) ?? [] {
      if let network = document.value(item, "address", parseNetwork) { addresses = addresses.union(network) }
    }
    let type = document.text(fields["type"], "type")
    let owner = document.text(fields["owner"], "owner")
    var asset = Asset(
      name: name, addresses: addresses, zone: "", type: type, owner: owner,
      consequence: document.choice(fields["consequence"], "consequence"),
      noSteppingStone: document.choice(fields["no-stepping-stone"], "no-stepping-stone"),
      source: nameRange.union(fields.range))
    guard let zone = assetZone(asset, at: nameRange, fields) else { return }
    asset.zone = zone
    assetIndex[name] = assets.count
    assets.append(asset)
  }

  /// The addresses of a dual-homed asset lie in two zones or more, and all of them in some zone.
  private mutating func checkDualHomed(_ asset: Asset, at place: SourceRange) {
    let homes = zones.filter { $0.networks.overlaps(asset.addresses) }
    let astray = homes.reduce(asset.addresses) { $0.subtracting($1.networks) }
    if !astray.isEmpty {
      document.complain(
        place, "no zone holds \(astray.summary(limit: 3)) of asset \(quoted(asset.name))",
        help: "correct the address, or add its network to a zone")
    } else if homes.count < 2 {
      document.complain(
        place, "asset \(quoted(asset.name)) is dual-homed, but its addresses lie in one zone",
        help: "give all of its addresses, or remove `dual-homed`")
    }
  }

  /// The zone that the asset names, which must hold its addresses; or else the one that holds them.
  private mutating func assetZone(_ asset: Asset, at nameRange: SourceRange, _ fields: Fields) -> String? {
    let place = fields["address"]?.range ?? nameRange
    let isDualHomed = document.flag(fields["dual-homed"], "dual-homed") ?? false
    // Of several zones the first address tells which one the asset is listed under.
    let addresses = isDualHomed ? asset.addresses.first.map { AddressSet($0) } ?? .empty : asset.addresses
    let holding = zone(holding: addresses)
    if isDualHomed { checkDualHomed(asset, at: place) }
    if let node = fields["zone"] {
      guard let name = zoneName(node, "zone"), let index = zoneIndex[name] else { return nil }
      if !addresses.isSubset(of: zones[index].networks) {
        let home = holding.map { "zone \(quoted($0.name)) does" } ?? "no single zone does"
        document.complain(
          place,
          "zone \(quoted(name)) does not hold \(asset.addresses.summary(limit: 3)) of asset \(quoted(asset.name))",
          help: "\(home); correct the address, the zone or the zone's networks")
      }
      return name
    }
    if asset.addresses.isEmpty {
      // An address that could not be read has already been complained about.
      if fields["address"] == nil {
        document.complain(nameRange, "asset \(quoted(asset.name)) has neither address nor zone", help: "give it one")
      }
      return nil
    }
    if holding == nil {
      document.complain(
        place, "no zone holds \(asset.addresses.summary(limit: 3)) of asset \(quoted(asset.name))",
        help: "correct the address, or add its network to a zone")
    }
    return holding?.name
  }
}
