import PacketSets
import RuleModel
import SourceText

/// Reads lidi (ANSSI): command lines, systemd unit files, or a docker compose file.
func readLidi(_ file: SourceFile) -> Reading {
  isCompose(file) ? readLidiCompose(file) : readLidiLines(file)
}

/// Whether a top-level `services:` key makes the file a compose file.
func isCompose(_ file: SourceFile) -> Bool {
  (1...file.lines.count).contains { line in
    begins(file.bytes.span, file.lines.bounds(ofLine: line, in: file.bytes), with: "services:")
  }
}

/// The file's commands as one diode.
private func diode(
  _ commands: [LidiCommand], _ enforcement: DiodeEnforcement, _ file: SourceFile, _ document: inout DiodeDocument
) -> [Diode] {
  var sides: [DiodeSide] = []
  for command in commands {
    for problem in command.problems { document.unknown(command.source, problem) }
    guard let role = command.role else { continue }
    document.defects += command.defects(role)
    let transfer = command.transfer(role)
    if let known = sides.firstIndex(where: { $0.role == role }) {
      sides[known].transfers.append(transfer)
      sides[known].source = sides[known].source.union(command.source)
    } else {
      sides.append(DiodeSide(role: role, transfers: [transfer], source: command.source))
    }
  }
  guard let first = sides.first else { return [] }
  if sides.count == 2 { document.defects += compareDiodeSides(sides[0], sides[1]) }
  for side in sides { document.checkDuplicatePorts(side.transfers) }
  return [
    Diode(
      name: baseName(file.path), platform: "lidi", enforcement: enforcement, sides: sides, defects: document.defects,
      source: sides.dropFirst().reduce(first.source) { $0.union($1.source) })
  ]
}

// MARK: command lines and unit files

private func readLidiLines(_ file: SourceFile) -> Reading {
  var document = DiodeDocument(file)
  var commands: [LidiCommand] = []
  let bytes = file.bytes.span
  var line = 1
  while line <= file.lines.count {
    var bounds = file.lines.bounds(ofLine: line, in: file.bytes)
    while line < file.lines.count, !bounds.isEmpty, bytes[bounds.upperBound - 1] == ASCII.backslash {
      line += 1
      bounds = bounds.lowerBound..<file.lines.bounds(ofLine: line, in: file.bytes).upperBound
    }
    line += 1
    var start = bounds.lowerBound
    skipBlanks(bytes, &start, end: bounds.upperBound)
    guard start < bounds.upperBound else { continue }
    let range = file.range(start, bounds.upperBound)
    if let command = command(bytes, start..<bounds.upperBound, range) {
      document.ledger.mark(range, .used)
      commands.append(command)
    } else {
      document.ledger.mark(range, .irrelevant)
    }
  }
  // One machine that is both ends talks to itself over its loopback interface.
  let isLoopback = commands.contains { command in
    guard let role = command.role else { return false }
    return command.transfer(role).parameters["link"]?.hasPrefix("127.") ?? false
  }
  let enforcement: DiodeEnforcement =
    isLoopback ? .software("the diode link is the machine's own loopback address") : .unknown
  let diodes = diode(commands, enforcement, file, &document)
  return document.reading(diodes)
}

/// The call of a lidi program in a line: behind `ExecStart=` in a unit file, else anywhere in it.
private func command(_ bytes: Span<UInt8>, _ content: Range<Int>, _ range: SourceRange) -> LidiCommand? {
  let first = bytes[content.lowerBound]
  if first == ASCII.hash || first == UInt8(ascii: ";") || first == UInt8(ascii: "[") { return nil }
  var start = content.lowerBound
  if begins(bytes, content, with: "ExecStart=") { start += 10 }
  let words = shellWords(bytes, start..<content.upperBound).map(\.text)
  guard let place = words.firstIndex(where: { LidiCommand.programs.contains(program($0)) }) else { return nil }
  return LidiCommand(name: program(words[place]), arguments: Array(words[(place + 1)...]), source: range)
}

/// A program's name without folders and without the characters that systemd allows before it.
private func program(_ word: String) -> String {
  let path = word.drop { "-@:+!".contains($0) }
  return path.split(separator: "/").last.map(String.init) ?? ""
}

// MARK: compose

private func readLidiCompose(_ file: SourceFile) -> Reading {
  var document = DiodeDocument(file)
  guard let root = document.parse() else { return document.reading([]) }
  for entry in root.entries ?? [] where entry.key != "services" { document.ledger.mark(entry.range, .irrelevant) }
  if let services = root.entry(named: "services") { document.ledger.mark(services.range, .irrelevant) }
  var commands: [LidiCommand] = []
  var networks: [DiodeSide.Role: Set<String>] = [:]
  for service in root["services"]?.entries ?? [] {
    guard let entry = service.value.entry(named: "command") ?? service.value.entry(named: "entrypoint") else {
      continue
    }
    var words = document.texts(entry.value).map(\.text)
    if entry.value.items == nil { words = shellWords(Array((words.first ?? "").utf8)) }
    if let place = words.firstIndex(where: { LidiCommand.programs.contains(program($0)) }) {
      words.removeFirst(place + 1)
    }
    let command = LidiCommand(name: service.key, arguments: words, source: entry.range)
    guard let role = command.role else { continue }
    document.ledger.mark(entry.range, .used)
    commands.append(command)
    networks[role, default: []].formUnion(composeNetworks(service.value, &document))
  }
  let shared = (networks[.sender] ?? []).intersection(networks[.receiver] ?? [])
  var enforcement = DiodeEnforcement.unknown
  if let name = shared.sorted().first {
    enforcement = .software("sender and receiver are containers on the same network `\(printable(name))`")
  }
  let diodes = diode(commands, enforcement, file, &document)
  return document.reading(diodes)
}

/// The networks of a service: named ones, the host's, or the project's default network (Compose specification, networks).
private func composeNetworks(_ service: DocumentNode, _ document: inout DiodeDocument) -> Set<String> {
  for key in ["networks", "network_mode"] {
    if let entry = service.entry(named: key) { document.ledger.mark(entry.range, .used) }
  }
  if let mode = service["network_mode"]?.text { return [mode] }
  guard let node = service["networks"] else { return ["default"] }
  return Set(node.entries?.map(\.key) ?? document.texts(node).map(\.text))
}

/// The words of a text.
private func shellWords(_ bytes: [UInt8]) -> [String] { shellWords(bytes.span, 0..<bytes.count).map(\.text) }
