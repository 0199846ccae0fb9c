import SourceText

extension Platform {
  /// DYODE, the open-hardware diode of Wavestone.
  static let dyode = Platform(
    id: "dyode", title: "DYODE data diode (config.yaml)", support: .samples,
    documentation: [
      "wavestone-cdt/dyode: DYODE v1 (full)/README.md, INSTALL.md, modbus.py, dyode_in.py",
      "nc-intezra/dyode_python3: DYODE_v1_full/config.example.yaml",
      "Modbus Application Protocol V1.1b3, sections 6.1 and 6.3",
    ],
    modelled: ["folder, modbus and screen modules with ports, folders, registers and coils"],
    bounded: [], ignored: ["config_name, config_version, config_date"],
    detect: detectDyode, read: readDyode)

  /// lidi, the software of ANSSI for diodes.
  static let lidi = Platform(
    id: "lidi", title: "lidi (diode-send, diode-receive): command line, systemd unit, docker compose",
    support: .samples,
    documentation: ["lidi, Command line parameters (https://anssi-fr.github.io/lidi/parameters.html)"],
    modelled: ["link address and port, MTU, block, repair and heartbeat of both ends, served TCP port"],
    bounded: ["values from variables"], ignored: ["threads, buffers, logging", "everything that does not call lidi"],
    detect: detectLidi, read: readLidi)

  /// The Open Source Data Diode of the Cyber Innovation Hub and its successor, the Data Diode Connector.
  static let osdd = Platform(
    id: "osdd", title: "Open Source Data Diode, Data Diode Connector (Config.toml)", support: .samples,
    documentation: [
      "ffutop/DataDiodeConnector: docs/en/configuration_reference.md", "TOML 1.0.0 (https://toml.io/en/v1.0.0)",
    ],
    modelled: ["side, chains with protocol, filter and transport handlers, ports of the link"],
    bounded: [], ignored: ["buffers, delays, statistics, syslog, log levels", "handlers that no chain names"],
    detect: detectDataDiodeConnector, read: readDataDiodeConnector)

  /// opcua-data-diode, which mirrors an OPC UA server.
  static let opcuaDiode = Platform(
    id: "opcua-diode", title: "opcua-data-diode (sender_config.json, receiver_config.json)", support: .manual,
    documentation: ["cherubimro/opcua-data-diode: README.md, section Configuration"],
    modelled: ["side, UDP link, served port, encryption and compression of both sides"],
    bounded: [], ignored: ["intervals, logging", "keys that begin with `_`"],
    detect: detectOPCUADiode, read: readOPCUADiode)

  /// A diode described by hand.
  static let diodeYML = Platform(
    id: "diode-yml", title: "Diode described by hand (diode.yml)", support: .own,
    documentation: ["docs/formats/diode-yml.md"],
    modelled: ["enforcement, both ends, what is carried, the way back"], bounded: [], ignored: [],
    detect: detectDiodeYML, read: readDiodeYML)
}

/// The words of a file's lines, as far as detection looks: the first 4,000 lines, the first two words of each.
private func leadingWords(_ file: SourceFile) -> [(isIndented: Bool, first: String, second: String)] {
  let bytes = file.bytes.span
  return (1...min(file.lines.count, 4000)).compactMap { line in
    let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
    var position = bounds.lowerBound
    guard bounds.count < 2000, let first = takeWord(bytes, &position, end: bounds.upperBound) else { return nil }
    let second = takeWord(bytes, &position, end: bounds.upperBound)
    return (first.lowerBound > bounds.lowerBound, text(bytes, first), second.map { text(bytes, $0) } ?? "")
  }
}

private func detectDyode(_ file: SourceFile) -> String? {
  let words = leadingWords(file)
  guard words.contains(where: { !$0.isIndented && $0.first == "modules:" }),
    words.contains(where: {
      $0.isIndented && $0.first == "type:" && ["folder", "modbus", "screen"].contains($0.second.lowercased())
    })
  else { return nil }
  return "`modules:` with a type of DYODE"
}

private func detectDataDiodeConnector(_ file: SourceFile) -> String? {
  let words = leadingWords(file)
  guard words.contains(where: { $0.first == "[settings]" }), words.contains(where: { $0.first.hasPrefix("[chain.") })
  else { return nil }
  return "`[settings]` and `[chain.…]` of the Data Diode Connector"
}

private func detectOPCUADiode(_ file: SourceFile) -> String? {
  guard file.bytes.count < 1 << 20, file.bytes.first(where: { !ASCII.isBlank($0) && $0 != 10 && $0 != 13 }) == 0x7B
  else { return nil }
  let content = file.text(0..<file.bytes.count)
  guard content.contains("\"udp_port\""),
    let key = ["opcua_server_url", "shadow_server_port"].first(where: { content.contains("\"\($0)\"") })
  else { return nil }
  return "the keys `udp_port` and `\(key)`"
}

private func detectDiodeYML(_ file: SourceFile) -> String? {
  let words = leadingWords(file)
  let isDiode = ["diode:", "transfers:"].allSatisfy { key in words.contains { !$0.isIndented && $0.first == key } }
  return isDiode ? "the keys `diode:` and `transfers:`" : nil
}

private func detectLidi(_ file: SourceFile) -> String? {
  guard file.bytes.count < 1 << 20 else { return nil }
  let names = isCompose(file) ? ["--to_udp", "--from_udp", "--to-tcp", "--to_tcp"] : ["diode-send", "diode-receive"]
  let options = ["--to", "--from"]
  let content = file.text(0..<file.bytes.count)
  guard names.contains(where: { content.contains($0) }), options.contains(where: { content.contains($0) }) else {
    return nil
  }
  // Documentation and programs name lidi too; only a line that calls it counts.
  return readLidi(file).diodes.isEmpty ? nil : "it calls lidi's diode-send or diode-receive"
}
