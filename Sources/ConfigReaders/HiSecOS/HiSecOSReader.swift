import PacketSets
import RuleModel
import SourceText

/// Reads Hirschmann's container and lowers what it says about packets that pass the device.
struct HiSecOSReader {
  let file: SourceFile
  var ledger: ReadingLedger
  var issues: [ReadIssue] = []
  let container: MibContainer
  var device: Device
  /// Interface names in the order of `ifEntry`, which is that of their numbers.
  var portNames: [String] = []
  /// Interfaces that the device routes between.
  var routed: Set<String> = []
  /// The names of `device.interfaces`.
  var known: Set<String> = []
  /// Indexes into `device.profiles`.
  var profiles: [HiSecOSProfileKey: Int] = [:]
  /// Profiles that are missing or switched off.
  var unapplied: Set<Int> = []
  /// Interfaces on which firewall learning mode accepts everything.
  var learned: Set<String> = []
  /// Columns that are not known, reported once each.
  private var unknownColumns: Set<String> = []

  static func read(_ file: SourceFile) -> Reading {
    var ledger = ReadingLedger(file)
    let root: XMLElement
    do {
      root = try parseXML(try withoutCapture(file, &ledger), limits: .standard)
    } catch {
      return unreadable(file, error, ledger)
    }
    var reader = HiSecOSReader(file, root, ledger)
    reader.lower()
    reader.ledger.finish(file)
    var reading = Reading(ledger: reader.ledger)
    reading.devices = [reader.device]
    reading.issues = reader.issues
    return reading
  }

  private static func unreadable(_ file: SourceFile, _ error: SourceError, _ ledger: ReadingLedger) -> Reading {
    var ledger = ledger
    let range = file.range(0, file.bytes.count)
    ledger.gap(
      LedgerGap(
        range: range, state: .notRecognised, couldChangeVerdict: true,
        reason: "the file cannot be read: \(error.description)"))
    ledger.finish(file)
    var reading = Reading(ledger: ledger)
    reading.issues = [
      ReadIssue(
        kind: .truncated, range: file.range(ofLine: 1), message: "the configuration cannot be read as XML",
        help: "save it from the device again, as unencrypted XML", couldChangeVerdict: true)
    ]
    return reading
  }

  private init(_ file: SourceFile, _ root: XMLElement, _ ledger: ReadingLedger) {
    self.file = file
    self.ledger = ledger
    container = MibContainer(root)
    let name = container.scalar("sysName")?.text ?? ""
    device = Device(
      name: name.isEmpty ? baseName(file.path) : printable(name), platform: "hisecos", passesReplies: true,
      source: file.range(Int(root.range.start), min(Int(root.range.start) + 1, file.bytes.count)))
    // Tags, comments and the declaration; every value is accounted for below.
    self.ledger.mark(file.range(0, file.bytes.count), .irrelevant)
  }

  private mutating func lower() {
    account()
    lowerInterfaces()
    lowerRoutes()
    lowerManagement()
    lowerForwarding()
    notePending()
    if !container.has("HM2-FW-MIB") { noteSwitch() }
  }

  /// A HiOS switch has the same container, but no packet filter.
  private mutating func noteSwitch() {
    let product = container.header["productId"].map { " (\(printable($0.text)))" } ?? ""
    issue(
      .truncated, device.source,
      "the file holds no packet filter (HM2-FW-MIB): it is that of a HiOS switch\(product), or only a part",
      help: "give the configuration of the firewall; a switch is taken as letting everything through")
  }

  /// Rules that were saved but not applied (RM GUI HiSecOS 3.0, "Packet Filter Global": Uncommitted Changes present).
  private mutating func notePending() {
    for mib in container.mibs {
      for (name, value) in mib.scalars where isPending(name) && value.text == "1" {
        ledger.mark(value.range, .used)
        issue(
          .pendingChanges, value.range, "`\(name)` says that changes are saved but not applied",
          help: "click Commit Changes, or discard them, and save the configuration again")
      }
    }
  }

  private func isPending(_ name: String) -> Bool {
    name.hasSuffix("PendingActions") && !name.contains("Commit")
  }

  // MARK: The account

  /// Says of every MIB whether it is read, known not to filter, or a gap.
  private mutating func account() {
    for range in container.strange { gap(range, .notRecognised, "this element has no place in the container") }
    for mib in container.mibs where !mib.isEmpty {
      if HiSecOSCatalog.filtering.contains(mib.name) {
        account(mib)
      } else if HiSecOSCatalog.isAccessList(mib.name) {
        gap(mib.range, .notModelled, "access control lists drop packets before the packet filter sees them")
      } else if HiSecOSCatalog.isTunnel(mib.name) {
        gap(mib.range, .notModelled, "packets in VPN tunnels are not modelled")
      } else if !HiSecOSCatalog.isHarmless(mib.name) {
        gap(mib.range, .notRecognised, "what `\(printable(mib.name))` does to packets is not known")
      }
    }
  }

  private mutating func account(_ mib: Mib) {
    for (name, value) in mib.scalars {
      if HiSecOSCatalog.scalars.contains(name) {
        ledger.mark(value.range, .used)
      } else if !HiSecOSCatalog.isIdle(name), !isPending(name) {
        gap(value.range, .notRecognised, "the object `\(printable(name))` is not known")
      }
    }
    for table in mib.tables where !table.rows.isEmpty {
      if let columns = HiSecOSCatalog.tables[table.name] {
        for row in table.rows { account(row, columns) }
      } else if !HiSecOSCatalog.isIdle(table.name) {
        gap(table.range, .notRecognised, "the table `\(printable(table.name))` is not known")
      }
    }
  }

  private mutating func account(_ row: MibRow, _ columns: Set<String>) {
    for (name, value) in row.values.sorted(by: { $0.value.range < $1.value.range }) {
      if columns.contains(name) {
        ledger.mark(value.range, .used)
      } else if unknownColumns.insert(name).inserted {
        gap(value.range, .notRecognised, "the column `\(printable(name))` is not known")
      } else {
        ledger.mark(value.range, .notRecognised)
      }
    }
  }

  /// Why a row is not fully understood; nil when all its columns are known.
  func unknownColumn(_ row: MibRow, of table: String) -> Uncertainty? {
    guard let columns = HiSecOSCatalog.tables[table] else { return nil }
    let strange = row.values.filter { !columns.contains($0.key) }.min { $0.key < $1.key }
    return strange.map {
      Uncertainty(range: $0.value.range, reason: "the column `\(printable($0.key))` is not known")
    }
  }

  mutating func gap(_ range: SourceRange, _ state: LineState, _ reason: String) {
    ledger.gap(LedgerGap(range: range, state: state, couldChangeVerdict: true, reason: reason))
  }

  mutating func issue(_ kind: ReadIssue.Kind, _ range: SourceRange, _ message: String, help: String) {
    issues.append(ReadIssue(kind: kind, range: range, message: message, help: help, couldChangeVerdict: true))
  }
}

/// The file with what a capture wrote around the document blanked, so that offsets stay.
///
/// A document type is left where it is: the parser refuses it.
private func withoutCapture(_ file: SourceFile, _ ledger: inout ReadingLedger) throws(SourceError) -> SourceFile {
  let bytes = file.bytes
  let mark = file.byteOrderMarkLength
  let isClean = bytes[mark...].first { !isSpace($0) } == UInt8(ascii: "<")
  let start = isClean ? nil : document(bytes, "<Config")
  let end = trailer(bytes)
  guard start != nil || end != nil else { return file }
  var clean = bytes
  func blank(_ range: Range<Int>) {
    for place in range where !isSpace(clean[place]) { clean[place] = ASCII.space }
    if !range.isEmpty { ledger.mark(file.range(range.lowerBound, range.upperBound), .irrelevant) }
  }
  if let start, !contains(bytes[..<start], "<!DOCTYPE") { blank(0..<start) }
  if let end { blank(end..<bytes.count) }
  return try SourceFile(id: file.id, path: file.path, bytes: clean)
}

/// Where what follows the root's end tag begins; nil when nothing but white space does.
private func trailer(_ bytes: [UInt8]) -> Int? {
  let pattern = Array("Config>".utf8)
  guard let close = bytes.lastIndex(of: UInt8(ascii: ">")), close >= pattern.count else { return nil }
  var position = close
  while position >= pattern.count - 1 {
    if bytes[position] == UInt8(ascii: ">"), bytes[(position - pattern.count + 1)...position].elementsEqual(pattern) {
      let rest = bytes[(position + 1)...]
      return rest.allSatisfy(isSpace) ? nil : position + 1
    }
    position -= 1
  }
  return nil
}

/// The first place of a text.
private func document(_ bytes: [UInt8], _ text: String) -> Int? {
  let pattern = Array(text.utf8)
  guard let first = pattern.first else { return nil }
  return bytes.indices.first { bytes[$0] == first && bytes[$0...].starts(with: pattern) }
}

private func contains(_ bytes: ArraySlice<UInt8>, _ text: String) -> Bool { document(Array(bytes), text) != nil }

private func isSpace(_ byte: UInt8) -> Bool {
  ASCII.isBlank(byte) || byte == ASCII.lineFeed || byte == ASCII.carriageReturn
}
