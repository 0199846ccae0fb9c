import RuleModel
import SourceText

extension Platform {
  /// Palo Alto Networks PAN-OS and Panorama: XML, set commands, or the braces of `show`.
  static let panOS = Platform(
    id: "panos", title: "Palo Alto Networks PAN-OS, Panorama", support: .samples,
    documentation: [
      "PAN-OS Administrator's Guide: Security Policy, App-ID; PAN-OS Networking Administrator's Guide: NAT",
      "Panorama Administrator's Guide: Device Group Policies", "App-IDs for ICS and SCADA (data sheet)",
      "Knowledge base: Packet Flow Sequence in PAN-OS",
    ],
    modelled: [
      "XML, set commands and `show` as one configuration", "virtual systems, Panorama device groups and templates",
      "interfaces, zones, static routes", "address and service objects and groups",
      "security rules of every layer, default rules", "NAT rules", "management port and interface management profiles",
      "industrial App-IDs and their functions",
    ],
    bounded: [
      "App-IDs that are not known, URL categories, users, host states, schedules",
      "FQDN objects, dynamic groups, external lists, regions", "application-default of unknown applications",
      "application override", "NAT rules whose zone before translation is not certain",
    ],
    ignored: [
      "logging, certificates, users, VPN settings", "decryption, quality of service", "security profiles",
      "zone protection", "high availability",
    ],
    detect: detectPANOS, read: readPANOS)
}

/// Reads a whole file: one device for each virtual system or managed firewall.
@Sendable
private func readPANOS(_ file: SourceFile) -> Reading {
  var notes = PANNotes()
  let tree = PANDetection.isXML(file) ? xmlTree(file, &notes) : statementTree(file, &notes)
  var account = PANAccount(tree: tree, notes: notes)
  account.run()
  var devices: [Device] = []
  for instance in PANInstances(tree: account.tree, file: file).all() {
    devices.append(account.lower(instance))
  }
  account.mark(file)
  var reading = Reading(ledger: account.notes.ledger(of: file))
  reading.devices = devices
  reading.issues = account.notes.issues
  return reading
}

extension PANAccount {
  /// Lowers one device; the notes are handed over and back, not copied.
  fileprivate mutating func lower(_ instance: PANInstance) -> Device {
    var lowered = PANDevice(tree: tree, instance: instance)
    swap(&lowered.notes, &notes)
    lowered.lower()
    swap(&lowered.notes, &notes)
    return lowered.device
  }
}

private func xmlTree(_ file: SourceFile, _ notes: inout PANNotes) -> PANTree {
  var builder = PANXMLBuilder(file)
  do {
    try builder.read()
    builder.markComments(&notes)
  } catch {
    notes.issue(
      .truncated, file.range(ofLine: 1), "the file is no well-formed XML and is not read: \(error.description)",
      help: "export it again")
  }
  return builder.tree
}

private func statementTree(_ file: SourceFile, _ notes: inout PANNotes) -> PANTree {
  var reader = PANStatementReader(file, notes: notes)
  reader.read()
  notes = reader.notes
  if reader.isEmpty {
    notes.issue(
      .truncated, file.range(ofLine: 1), "the file holds no statement",
      help: "export the configuration as XML, or with `set cli config-output-format set` and `show`")
  } else if reader.isTruncated {
    notes.issue(
      .truncated, file.range(ofLine: file.lines.count), "the configuration ends inside a section",
      help: "export it again; statements after the end are missing")
  }
  return reader.tree
}
