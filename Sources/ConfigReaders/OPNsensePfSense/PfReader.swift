import PacketSets
import RuleModel
import SourceText

/// Reads one configuration and lowers it to a device.
struct PfReader {
  let product: PfProduct
  let file: SourceFile
  let root: XMLElement
  var notes: ReaderNotes
  var device: Device
  var interfaces = PfInterfaceTable()
  var aliases = PfAliases()
  /// User rules of both stores in the platform's order.
  var rules: [PfRule] = []
  var translations = PfTranslations()
  /// Gateways by name; the first of a name.
  let gateways: [XMLElement]
  let gatewaysByName: [String: XMLElement]
  let schedules: Set<String>

  init(_ file: SourceFile, _ product: PfProduct, _ root: XMLElement, _ notes: ReaderNotes) {
    self.file = file
    self.product = product
    self.root = root
    self.notes = notes
    gateways = Self.gateways(root)
    gatewaysByName = Dictionary(gateways.compactMap { item in item.value("name").map { ($0, item) } }) { first, _ in
      first
    }
    schedules = Set(root.element(named: "schedules")?.elements.compactMap { $0.value("name") } ?? [])
    let hostname = root.descendant("system", "hostname")?.text ?? ""
    device = Device(
      name: hostname.isEmpty ? baseName(file.path) : printable(hostname), platform: product.rawValue,
      passesReplies: true, source: PfReader.startTag(of: root))
  }

  /// The first 80 bytes of an element at most: what a message about the whole of it points at.
  static func startTag(of element: XMLElement) -> SourceRange {
    SourceRange(
      file: element.range.file, start: element.range.start,
      end: min(element.range.end, element.range.start + UInt32(element.name.utf8.count + 2)))
  }

  mutating func read() {
    markTags(root)
    readInterfaces()
    readAliases()
    readTranslations()
    readRules()
    lowerRoutes()
    lowerManagement()
    lowerInspection()
    lowerPipelines()
    accountForRest()
  }

  /// Marks the lines of an element's own tags as used.
  mutating func markTags(_ element: XMLElement) {
    notes.mark(Self.startTag(of: element), .used)
    let end = element.range.end
    notes.mark(SourceRange(file: element.range.file, start: max(element.range.start, end - 1), end: end), .used)
  }

  mutating func use(_ element: XMLElement?) {
    if let element { notes.mark(element.range, .used) }
  }

  /// Why something is known only between bounds, with its place in the ledger.
  mutating func open(_ range: SourceRange, _ reason: String, _ state: LineState = .notModelled) -> Uncertainty {
    notes.gap(range, state, matters: true, reason)
    return Uncertainty(range: range, reason: reason)
  }

  /// The sections of OPNsense's models.
  var models: XMLElement? { root.element(named: "OPNsense") }

  /// The model of firewall objects.
  var firewallModel: XMLElement? { models?.element(named: "Firewall") }

  /// A flag of `<system>` that counts when the element is there.
  func systemHas(_ name: String) -> Bool { root.element(named: "system")?.has(name) ?? false }
}

/// Reads a file of either product.
func readPf(_ file: SourceFile) -> Reading {
  var notes = ReaderNotes(file)
  var reading = Reading(ledger: notes.ledger)
  if let document = PfDocument(file) {
    document.markSurroundings(file, &notes)
    do {
      var reader = PfReader(file, document.product, try document.parse(file), notes)
      reader.read()
      notes = reader.notes
      reading.devices = [reader.device]
    } catch {
      unreadable(file, error.description, &notes)
    }
  } else {
    unreadable(file, "neither <opnsense> nor <pfsense> is the root of the document", &notes)
  }
  notes.ledger.finish(file)
  reading.ledger = notes.ledger
  reading.issues = notes.issues
  return reading
}

private func unreadable(_ file: SourceFile, _ reason: String, _ notes: inout ReaderNotes) {
  notes.gap(
    file.range(0, file.bytes.count), .notRecognised, matters: true, "the file cannot be read: \(reason)")
  notes.issue(
    .truncated, file.range(ofLine: file.lines.count), "the configuration cannot be read to its end",
    help: "download it again from System > Configuration > Backups")
}
