import ConfigReaders
import PacketSets
import RuleModel
import SourceText

/// Writes a drafted site file: what is known as it is, what is proposed behind `# `, remarks and questions behind `## `.
struct DraftWriter {
  private let files: [ReadFile]
  private let unread: [String]
  /// The entries of `devices`, each with its file.
  private var entries: [(name: String, file: ReadFile)] = []
  private let topology: DraftTopology
  private var text = ""
  private(set) var questions: [String] = []

  var zones: [DraftZone] { topology.zones }
  var deviceCount: Int { entries.count }

  init(files: [ReadFile], unread: [String]) {
    self.files = files
    self.unread = unread
    var names: Set<String> = []
    for file in files where !(file.reading.devices.isEmpty && file.reading.diodes.isEmpty) {
      entries.append((Self.unique(Self.name(of: file), &names), file))
    }
    topology = DraftTopology(entries.flatMap { entry in entry.file.reading.devices.map { (entry.name, $0) } })
  }

  /// The name that the file gives its device, else the file's own.
  private static func name(of file: ReadFile) -> String {
    let own = file.reading.devices.first?.name ?? file.reading.diodes.first?.name ?? ""
    let stem = file.file.name.split(separator: ".").first.map(String.init) ?? "device"
    return [own, stem].map(draftName).first { $0.contains(where: \.isLetter) && $0 != "any" } ?? "device"
  }

  private static func unique(_ name: String, _ taken: inout Set<String>) -> String {
    var result = name
    var number = 2
    while !taken.insert(result).inserted {
      result = "\(name)-\(number)"
      number += 1
    }
    return result
  }

  mutating func document(site: String) -> String {
    remark(
      "A first site file, written by `bulkhead init` from the configurations beside it. Correct it, then run `bulkhead check` "
        + "here. Lines behind one # are proposals: take the \"# \" away where they are right. Lines behind ## are remarks and "
        + "questions. docs/site-file.md explains every key.")
    line("version: 1")
    line("site: \(site)")
    line("")
    writeZones()
    line("")
    writeDevices()
    writeWires()
    askAboutRoutes()
    askAboutFiles()
    writeQuestions()
    return text
  }

  private mutating func line(_ line: String) { text += line + "\n" }
  private mutating func remark(_ text: String, indent: Int = 0) {
    let lead = String(repeating: " ", count: indent) + "## "
    var current = lead
    for word in printable(text).split(separator: " ", omittingEmptySubsequences: false) {
      if current.count > lead.count, current.count + 1 + word.count > 100 {
        line(current)
        // Questions go on below their text.
        current = lead + (text.first?.isNumber ?? false ? "   " : "")
      }
      current += (current.last == " " ? "" : " ") + word
    }
    line(current)
  }

  // MARK: zones

  private mutating func writeZones() {
    remark(
      "Zones: one for each network that a device is connected to, or for each zone of the platform. The level is a question: "
        + "0 process, 1 control, 2 supervision, 3 site operations, 3.5 DMZ, 4 and 5 offices, external. Join zones that belong "
        + "together, and add those that lie behind routers that are not here.")
    guard !topology.zones.isEmpty else {
      remark("No interface has an address in the files, so there is none to propose. For example:")
      line("# zones:")
      line("#   control: {level: 1, networks: [192.0.2.0/24]}  # level? networks? only an example")
      return
    }
    line("# zones:")
    var taken: Set<String> = []
    for (index, zone) in topology.zones.enumerated() {
      let addresses = topology.addresses(of: index)
      // Smaller networks of other zones may have taken all of it.
      guard !addresses.isEmpty else { continue }
      let name = Self.unique(zoneName(zone), &taken)
      for place in zone.places { remark("at \(place)", indent: 0) }
      let networks = addresses.pieces.map { $0.contains(":") ? "\"\($0)\"" : $0 }.joined(separator: ", ")
      let (level, reason) = level(zone)
      let safety = level.isSafety ? ", sis: true" : ""
      line("#   \(name): {level: \(level.text)\(safety), networks: [\(networks)]}  # level? \(reason)")
    }
  }

  private func level(_ zone: DraftZone) -> (level: (text: String, isSafety: Bool), reason: String) {
    if let guess = LevelGuess(zone.names) {
      return ((guess.level, guess.isSafety), "a guess from the name: \(guess.word)")
    }
    if zone.leadsOn { return (("4", false), "a guess: a default route leads there") }
    return (("3", false), "nothing tells it; 3 only holds the place")
  }

  private func zoneName(_ zone: DraftZone) -> String {
    let telling = zone.names.map(draftName).first { name in
      let word = name.lowercased().filter(\.isLetter)
      return name.contains(where: \.isLetter) && name != "any" && !Self.plainWords.contains(word)
    }
    if let telling { return telling }
    return "net-" + draftName(zone.networks.first.map { "\($0.base)" } ?? "")
  }

  /// Names that interfaces have when nobody named them.
  private static let plainWords: Set<String> = [
    "eth", "ether", "ethernet", "port", "gigabitethernet", "fastethernet", "tengigabitethernet", "ge", "xe", "fe",
    "vlan", "vl", "lan", "lo", "ens", "enp", "ensp", "enps", "br", "brlan", "bridge", "opt", "switch", "internal",
    "intern",
    "lanx", "wan", "x", "sfp",
  ]

  // MARK: devices

  private mutating func writeDevices() {
    line(entries.isEmpty ? "## No firewall and no diode was found." : "devices:")
    for entry in entries {
      let platform = entry.file.platform
      remark("\(platform.platform.title): \(platform.reason)", indent: 2)
      line("  \(entry.name):")
      line("    config: \(Self.scalar(entry.file.file.path))")
      line("    format: \(platform.platform.id)")
      for device in entry.file.reading.devices { writeInterfaces(device, entry.name) }
      if !entry.file.reading.diodes.isEmpty {
        line("    ## from: ?   the zone that the diode sends from")
        line("    ## to: ?     the zone that it sends to")
        questions.append(
          "\(entry.name) is a diode: from which zone to which does it send? Where another file is its other side, write both in one `config: [.., ..]`"
        )
      }
    }
  }

  private mutating func writeInterfaces(_ device: Device, _ name: String) {
    var bare: [String] = []
    for interface in device.interfaces {
      let instance = device.instance.map { " of \($0)" } ?? ""
      let addresses = interface.addresses.map { "\($0.address)/\($0.network.length)" }.joined(separator: ", ")
      let use = interface.isShutdown ? ", shut down" : interface.isManagementOnly ? ", management only" : ""
      remark("\(interface.name)\(instance): \(addresses.isEmpty ? "no address" : addresses)\(use)", indent: 4)
      let joins = interface.innerLink != nil || interface.parent != nil
      if addresses.isEmpty, use.isEmpty, !joins { bare.append(interface.name) }
    }
    if device.interfaces.isEmpty {
      questions.append(
        "\(name): the file shows no interface; write `interfaces: {NAME: ZONE}` for those that are in use")
    } else if !bare.isEmpty {
      let list = bare.prefix(8).joined(separator: ", ") + (bare.count > 8 ? " and \(bare.count - 8) more" : "")
      let one = bare.count == 1
      questions.append(
        "\(name): \(list) \(one ? "has" : "have") no address in the file. Which zone lies behind \(one ? "it" : "each")? Write `interfaces: {\(bare[0]): ZONE}` where in use"
      )
    }
  }

  /// A text as YAML takes it.
  private static func scalar(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || [45, 46, 47, 95].contains($0)
    }
    if isPlain, text.first.map({ $0.isLetter || $0 == "." }) ?? false { return text }
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 34, 92: result += "\\" + String(scalar)
      case 0..<32, 127..<160:
        result += "\\u" + String(repeating: "0", count: scalar.value < 16 ? 3 : 2) + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  // MARK: wires, routes, files

  private mutating func writeWires() {
    guard !topology.wires.isEmpty else { return }
    line("")
    remark(
      "Wires between devices, found by their addresses; nothing needs to be written for them. A wire or tunnel that addresses do "
        + "not show goes below `links:`, as `- {a: device:interface, b: device:interface}`.")
    for wire in topology.wires { remark("\(wire.network) joins \(wire.ends.joined(separator: " and "))") }
  }

  private mutating func askAboutRoutes() {
    let devices = entries.flatMap { entry in entry.file.reading.devices.map { (entry.name, $0, entry.file.file) } }
    let own = Set(devices.flatMap { $0.1.interfaces.flatMap { $0.addresses.map(\.address) } })
    for (name, device, file) in devices {
      for route in device.routes {
        guard let gateway = route.gateway, !own.contains(gateway) else { continue }
        let place = "\(file.path):\(file.position(at: Int(route.source.start)).line)"
        let by = route.interface.map { " by \($0)" } ?? ""
        if route.network.length == 0 {
          questions.append(
            "\(name) sends everything else\(by) to \(gateway) (\(place)), which is none of these devices. What is it, and which zones lie behind it?"
          )
        } else if !AddressSet(route.network).subtracting(topology.known).isEmpty {
          questions.append("\(name) reaches \(route.network)\(by) over \(gateway) (\(place)). Which zone is that?")
        }
      }
    }
  }

  private mutating func askAboutFiles() {
    for file in files where file.reading.devices.isEmpty && file.reading.diodes.isEmpty {
      questions.append(
        file.reading.inspections.isEmpty
          ? "\(file.file.path) (\(file.platform.platform.title)) holds no firewall and no diode. Is it complete?"
          : "\(file.file.path) holds rules of an inspection engine. Beside which firewall does it run? Add it to that one's `config: [.., ..]`, with `inspection: inline` or `monitoring`"
      )
    }
    for reason in unread { questions.append("not read: \(reason)") }
  }

  private mutating func writeQuestions() {
    questions += [
      "Which hosts are there (`assets`), and which communications does the plant want (`conduits`)? Without conduits everything that passes counts as unlisted"
    ]
    line("")
    remark("Questions that the files do not answer:")
    for (index, question) in questions.enumerated() { remark("\(index + 1). \(question)") }
  }
}
