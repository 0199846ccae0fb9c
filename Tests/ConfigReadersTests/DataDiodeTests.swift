import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Diodes: DYODE, lidi and the description by hand.
@Suite struct DataDiodeTests {
  private func read(_ text: String, _ platform: Platform) throws -> Reading {
    let file = try SourceFile(path: "plant-diode.yaml", bytes: Array(text.utf8))
    guard case .platform(let found, _) = detectPlatform(file) else {
      Issue.record("not detected: \(text.prefix(60))")
      return platform.read(file)
    }
    #expect(found.id == platform.id)
    let reading = found.read(file)
    #expect(reading.ledger.count(of: .unread) == 0)
    return reading
  }

  // MARK: DYODE

  private let dyode = """
    config_name: "Line 3"
    config_version: 1.0
    # the same file on both boxes
    dyode_in:
      ip: 10.0.1.1
      mac: b8:27:eb:89:1e:f3
    dyode_out:
      ip: 10.0.1.2
    modules:
      "PLC 1":
        type: modbus
        port: 9400
        ip: 192.168.1.150
        port_out: 502
        registers:
          - 0-100
          - 400-450
        coils:
          - 0-10
      "Reports":
        type: folder
        port: 9600
        in: /home/pi/in
        out: /home/pi/out

    """

  /// modbus.py, get_modbus: the program asks for `end - start` values, so the end is excluded.
  @Test func dyodeModules() throws {
    let reading = try read(dyode, .dyode)
    let diode = try #require(reading.diodes.first)
    #expect(reading.ledger.gaps.isEmpty && diode.defects.isEmpty)
    #expect(diode.name == "Line 3" && diode.sides.map(\.role) == [.both])
    let transfers = diode.sides[0].transfers
    #expect(
      transfers[0].content == .modbus(registers: IntervalSet([0...99, 400...449]), coils: IntervalSet(0...9)))
    #expect(transfers[0].parameters["port"] == "9400" && transfers[0].parameters["port-out"] == "502")
    #expect(transfers[1].content == .files(from: "/home/pi/in", to: "/home/pi/out"))
  }

  /// dyode_in.py, launch_agents compares `type` exactly; Modbus Application Protocol V1.1b3, 6.3: at most 125 registers.
  @Test func dyodeDefects() throws {
    let reading = try read(
      """
      modules:
        a: {type: Modbus, port: 9400, ip: 10.0.0.1, port_out: 502, registers: [0-126, 9-9], coils: [x-3]}
        b: {type: folder, port: 9400, in: /in}
        c:
          type: foldr
          port: 9500
        d:
          type: screen
          port: 99999
          in: /a
          out: /b
          colour: blue
      """, .dyode)
    let defects = try #require(reading.diodes.first).defects.map(\.message)
    for part in [
      "`Modbus` is not `modbus`", "more than the 125 registers", "`9-9` of registers is empty", "`x-3` is no range",
      "lacks `out`", "port 9400 is already that of `a`", "`port` is no port number",
    ] {
      #expect(defects.contains { $0.contains(part) }, "\(part)")
    }
    let gaps = reading.ledger.gaps.map(\.reason)
    #expect(gaps.contains { $0.contains("did you mean `folder`") } && gaps.contains { $0.contains("colour") })
    #expect(reading.ledger.isIncomplete)
  }

  // MARK: lidi

  /// lidi, "Command line parameters": MTU, block and repair must be equal, the receiver's heartbeat greater.
  @Test func lidiCommandLines() throws {
    let reading = try read(
      """
      # both ends, for the record
      /usr/bin/diode-send --from-tcp 10.0.0.1:5000 --to 10.9.0.2:6000 --to-mtu 9000 \\
        --block 734928 --heartbeat 5
      diode-receive --from=10.9.0.2:6000 --to-tcp 10.1.0.9:7000 --from-mtu 1500 --heartbeat 5 --repair 4
      """, .lidi)
    let diode = try #require(reading.diodes.first)
    #expect(diode.sides.map(\.role) == [.sender, .receiver] && diode.enforcement == .unknown)
    let messages = diode.defects.map(\.message)
    #expect(messages.count == 3)
    for part in ["MTU (9000 and 1500)", "share of repair data (2 and 4)", "waits 5 s for a heartbeat"] {
      #expect(messages.contains { $0.contains(part) }, "\(part)")
    }
    var service = Service(proto: IPProtocol.tcp)
    service.destinationPorts = IntervalSet(7000)
    #expect(diode.sides[1].transfers[0].content == .stream(service))
  }

  @Test func lidiUnitFile() throws {
    let reading = try read(
      """
      [Unit]
      Description=lidi sender
      [Service]
      Environment=TARGET=10.9.0.2:6000
      ExecStart=-/usr/local/bin/diode-send --from-tcp "10.0.0.1:5000" --to ${TARGET} --blok 5
      Restart=always
      """, .lidi)
    let diode = try #require(reading.diodes.first)
    #expect(diode.sides.map(\.role) == [.sender])
    let gaps = reading.ledger.gaps.map(\.reason)
    #expect(gaps.contains { $0.contains("variable") } && gaps.contains { $0.contains("did you mean `--block`") })
    #expect(diode.defects.contains { $0.message.contains("does not say which UDP address") })
  }

  /// lidi's own docker-compose.yml: both containers on one bridge, so nothing but the programs keeps the direction.
  @Test func lidiComposeOnOneBridgeIsSoftware() throws {
    let text = """
      version: '3'
      networks:
        diode_net:
          driver: bridge
      services:
        send:
          image: diode:send
          networks:
            diode_net:
              ipv4_address: 172.16.0.2
          command:
            - "--from_tcp"
            - "172.16.0.2:5000"
            - "--to_udp"
            - "172.16.0.3:6000"
        receive:
          image: diode:receive
          networks: [NETWORK]
          command: diode-receive --from_udp 172.16.0.3:6001 --to_tcp '172.16.0.1:7000'
      """
    func compose(_ network: String) -> String {
      text.split(separator: "\n", omittingEmptySubsequences: false).map {
        $0.contains("[NETWORK]") ? "    networks: [\(network)]" : String($0)
      }.joined(separator: "\n")
    }
    let shared = try #require(try read(compose("diode_net"), .lidi).diodes.first)
    guard case .software(let why) = shared.enforcement else {
      Issue.record("one bridge is software")
      return
    }
    #expect(why.contains("diode_net"))
    #expect(shared.defects.map(\.message).contains { $0.contains("UDP port (6000 and 6001)") })
    let apart = try #require(try read(compose("other_net"), .lidi).diodes.first)
    #expect(apart.enforcement == .unknown)
  }

  // MARK: sides

  private func side(_ role: DiodeSide.Role, _ transfers: [(String, [String: String])]) -> DiodeSide {
    let nowhere = SourceRange(file: 0, start: 0, end: 0)
    return DiodeSide(
      role: role,
      transfers: transfers.map {
        DiodeTransfer(name: $0.0, content: .screen, parameters: $0.1, source: nowhere)
      }, source: nowhere)
  }

  @Test func sidesAreComparedEitherWayRound() {
    let sender = side(.sender, [("a", ["port": "1", "mtu": "1500", "heartbeat": "5"]), ("b", ["port": "2"])])
    let receiver = side(.receiver, [("x", ["port": "1", "mtu": "9000", "heartbeat": "10"])])
    let messages = compareDiodeSides(sender, receiver).map(\.message)
    #expect(messages.count == 2 && messages == compareDiodeSides(receiver, sender).map(\.message))
    #expect(messages.contains { $0.contains("MTU") } && messages.contains { $0.contains("`b`") })
    #expect(compareDiodeSides(sender, sender).map(\.message) == ["both files describe the sender side of the diode"])
    let same = side(.both, [("a", ["port": "1"])])
    #expect(compareDiodeSides(same, same).isEmpty)
    // A key is compared, never shown.
    let keys = compareDiodeSides(side(.sender, [("a", ["key": "s3cret"])]), side(.receiver, [("a", ["key": "other"])]))
    #expect(keys.count == 1 && !keys[0].message.contains("s3cret"))
  }

  // MARK: diode.yml

  private let described = """
    diode: dd-west
    product: Example Gateway 100
    enforcement: hardware
    sender: {zone: control, addresses: [10.10.0.0/22]}
    receiver: {zone: supervision, addresses: [10.20.0.0/22]}
    transfers:
      - {name: historian, type: tcp-proxy, port: 1433}
      - {name: syslog, type: udp, port: 514}
      - name: plc
        type: modbus
        registers: [0-99]
        served-port: 502
      - {name: tags, type: opc-ua, nodes: ["ns=2;s=Line3"]}
    return-path: none
    """

  @Test func describedDiode() throws {
    let reading = try read(described, .diodeYML)
    let diode = try #require(reading.diodes.first)
    #expect(reading.ledger.gaps.isEmpty && diode.defects.isEmpty)
    #expect(diode.name == "dd-west" && diode.enforcement == .hardware)
    #expect(diode.senderZone == "control" && diode.receiverZone == "supervision")
    #expect(diode.sides[0].transfers.map(\.name) == ["historian", "syslog", "plc", "tags"])
    // Here both ends of a range belong to it.
    #expect(diode.sides[0].transfers[2].content == .modbus(registers: IntervalSet(0...99), coils: .empty))
  }

  @Test func describedDiodeWithMistakes() throws {
    let reading = try read(
      """
      diode: dd
      enforcment: hardware
      enforcement: hardwear
      sender: {zone: control, addresses: [10.10.0.0/22]}
      receiver: {addresses: [10.10.1.0/24, nonsense]}
      transfers:
        - {name: a, type: upd, port: 5}
        - {name: b, type: udp}
      return-path: maintenance modem
      """, .diodeYML)
    let diode = try #require(reading.diodes.first)
    let gaps = reading.ledger.gaps.map(\.reason)
    for part in ["did you mean `enforcement`", "did you mean `hardware`", "did you mean `udp`", "`nonsense`"] {
      #expect(gaps.contains { $0.contains(part) }, "\(part)")
    }
    let defects = diode.defects.map(\.message)
    for part in ["common to both sides", "way back (`maintenance modem`)", "names no zone", "`b` lacks a port"] {
      #expect(defects.contains { $0.contains(part) }, "\(part)")
    }
    #expect(diode.enforcement == .unknown)
  }

  // MARK: detection and hostile input

  @Test(arguments: [
    "", "modules:", "modules: 5", "modules:\n  a: b", "modules: [[[[[", "a: &a [*a]", "\u{0}",
    "services:\n  x:\n    command: 5",
    "diode-send --to", "diode-receive --from", "diode: [x]\ntransfers: {a: b}", "transfers:\n- - - x\ndiode: {}",
    "modules:\n  a:\n    type: modbus\n    registers: [70000-80000, 5-1, -, 1-2-3, 99999999999999999999-1, 65535-65536]",
  ])
  func malformedInput(_ text: String) throws {
    for platform in [Platform.dyode, .lidi, .diodeYML] {
      let reading = platform.read(try SourceFile(path: "x", bytes: Array(text.utf8)))
      #expect(reading.ledger.count(of: .unread) == 0)
    }
  }
}
