import PacketSets
import RuleModel
import SourceText

/// Parameters that lose data, mostly without a message, when the two sides of a diode differ in them.
///
/// lidi, "Command line parameters": parameters in the grey box must be the same on both sides (target and listening
/// port, MTU, block and repair size); DYODE: the same file belongs on both boxes.
private let sharedParameters: [(name: String, title: String)] = [
  ("port", "UDP port"), ("mtu", "MTU"), ("block", "block size"), ("repair", "share of repair data"),
  ("repair-bytes", "size of repair data"), ("fec", "error correction"), ("key", "key"), ("port-out", "served port"),
  ("cipher", "encryption"), ("compression", "compression"),
]

/// Finds where the two sides of one diode do not fit together; a diode has no way to report it when data is lost.
///
/// Either order will do. A file that describes both sides (role `both`) is held against another copy of itself.
public func compareDiodeSides(_ a: DiodeSide, _ b: DiodeSide) -> [DiodeDefect] {
  if a.role == b.role, a.role != .both {
    let side = a.role == .sender ? "sender" : "receiver"
    return [
      DiodeDefect(
        range: b.source, message: "both files describe the \(side) side of the diode",
        help: "give one file of the sender and one of the receiver")
    ]
  }
  let (sender, receiver) = a.role == .receiver || b.role == .sender ? (b, a) : (a, b)
  var pairs: [(DiodeTransfer, DiodeTransfer)] = []
  var (left, right) = (sender.transfers, receiver.transfers)
  for isPair in [haveEqualNames, haveEqualPorts, { _, _ in left.count == 1 && right.count == 1 }] {
    for transfer in left {
      guard let match = right.firstIndex(where: { isPair(transfer, $0) }) else { continue }
      pairs.append((transfer, right.remove(at: match)))
      left.removeAll { $0 == transfer }
    }
  }
  return left.map { withoutCounterpart($0, "sends", "receiver") }
    + right.map { withoutCounterpart($0, "waits for", "sender") } + pairs.flatMap { compare($0, $1) }
}

private func haveEqualNames(_ a: DiodeTransfer, _ b: DiodeTransfer) -> Bool { a.name == b.name }

private func haveEqualPorts(_ a: DiodeTransfer, _ b: DiodeTransfer) -> Bool {
  a.parameters["port"] != nil && a.parameters["port"] == b.parameters["port"]
}

private func withoutCounterpart(_ transfer: DiodeTransfer, _ verb: String, _ other: String) -> DiodeDefect {
  DiodeDefect(
    range: transfer.source,
    message: "one side \(verb) `\(printable(transfer.name))`, but the \(other) side has nothing that goes with it",
    help: "configure it on the \(other) side or remove it here")
}

/// Differences of one transfer as the sender and as the receiver have it.
private func compare(_ sent: DiodeTransfer, _ received: DiodeTransfer) -> [DiodeDefect] {
  let name = printable(sent.name)
  var defects: [DiodeDefect] = []
  func add(_ message: String, _ help: String) {
    defects.append(DiodeDefect(range: received.source, message: "`\(name)`: \(message)", help: help))
  }
  for (key, title) in sharedParameters {
    guard let one = sent.parameters[key], let other = received.parameters[key], one != other else { continue }
    // Keys are compared but never shown.
    let values = key == "key" ? "" : " (\(printable(one)) and \(printable(other)))"
    add("the two sides differ in the \(title)\(values), so data is lost", "set the same \(title) on both sides")
  }
  if let beat = sent.parameters["heartbeat"].flatMap({ Double($0) }),
    let wait = received.parameters["heartbeat"].flatMap({ Double($0) }), beat > 0, wait <= beat
  {
    add(
      "the receiver waits \(seconds(wait)) for a heartbeat that comes every \(seconds(beat))",
      "set the receiver's heartbeat above the sender's")
  }
  if case .modbus(let registers, let coils) = sent.content, case .modbus(let served, let servedCoils) = received.content
  {
    if registers != served { add("the two sides carry different registers", "list the same ranges on both sides") }
    if coils != servedCoils { add("the two sides carry different coils", "list the same ranges on both sides") }
  } else if !isSameKind(sent.content, received.content) {
    add("the two sides carry different kinds of content", "set the same type on both sides")
  }
  return defects
}

private func seconds(_ value: Double) -> String { value == value.rounded() ? "\(Int(value)) s" : "\(value) s" }

private func isSameKind(_ a: DiodeTransfer.Content, _ b: DiodeTransfer.Content) -> Bool {
  switch (a, b) {
  case (.stream, .stream), (.files, .files), (.opcUA, .opcUA), (.screen, .screen), (.modbus, .modbus): true
  default: false
  }
}
