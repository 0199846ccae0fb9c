import PacketSets

/// A protocol by the ports that it is assigned or that its vendor documents.
package struct KnownService {
  package var name: String
  package var service: Service
  /// Nil for office protocols.
  package var industrialProtocol: IndustrialProtocol?
  /// For risky office protocols: why.
  var risk: String?

  /// All industrial protocols of the service: MMS runs on the port of S7 (both over ISO transport, RFC 1006).
  var protocols: [IndustrialProtocol] {
    guard let industrialProtocol else { return [] }
    return industrialProtocol == .s7 ? [.s7, .mms] : [industrialProtocol]
  }
}

private func tcp(_ ports: ClosedRange<UInt16>...) -> Service {
  Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(ports))
}

private func udp(_ ports: ClosedRange<UInt16>...) -> Service {
  Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(ports))
}

/// Industrial protocols on their usual ports.
///
/// Port numbers: IANA Service Name and Transport Protocol Port Number Registry (modbus-application-protocol 502,
/// iso-tsap 102, dnp 20000, EtherNet-IP 44818 and 2222, opcua-tcp 4840, bacnet 47808, iec-104 2404, hart-ip 5094);
/// vendor manuals for FINS 9600 (Omron W421), Fox 1911 and 4911 (Niagara hardening guide), CODESYS 1217, 2455, 11740
/// (CODESYS gateway), GE-SRTP 18245 (GFK-1541).
package let industrialServices: [KnownService] = [
  KnownService(name: "Modbus TCP", service: tcp(502...502), industrialProtocol: .modbus),
  KnownService(name: "S7 or MMS over ISO-TSAP", service: tcp(102...102), industrialProtocol: .s7),
  KnownService(name: "DNP3", service: tcp(20000...20000), industrialProtocol: .dnp3),
  KnownService(name: "DNP3", service: udp(20000...20000), industrialProtocol: .dnp3),
  KnownService(name: "EtherNet/IP", service: tcp(44818...44818), industrialProtocol: .ethernetIP),
  KnownService(name: "EtherNet/IP", service: udp(2222...2222, 44818...44818), industrialProtocol: .ethernetIP),
  KnownService(name: "OPC UA", service: tcp(4840...4840), industrialProtocol: .opcUA),
  KnownService(name: "BACnet", service: udp(47808...47808), industrialProtocol: .bacnet),
  KnownService(name: "IEC 60870-5-104", service: tcp(2404...2404), industrialProtocol: .iec104),
  KnownService(name: "PROFINET", service: udp(34962...34964), industrialProtocol: .profinet),
  KnownService(name: "FINS", service: tcp(9600...9600), industrialProtocol: .fins),
  KnownService(name: "FINS", service: udp(9600...9600), industrialProtocol: .fins),
  KnownService(name: "Fox", service: tcp(1911...1911, 4911...4911), industrialProtocol: .fox),
  KnownService(
    name: "CODESYS", service: tcp(1217...1217, 2455...2455, 11740...11743), industrialProtocol: .codesys),
  KnownService(name: "GE-SRTP", service: tcp(18245...18246), industrialProtocol: .gesrtp),
  KnownService(name: "HART-IP", service: tcp(5094...5094), industrialProtocol: .hartIP),
  KnownService(name: "HART-IP", service: udp(5094...5094), industrialProtocol: .hartIP),
]

/// Office protocols that have no business crossing into a plant: clear text, or the usual way in for malware.
let riskyServices: [KnownService] = [
  KnownService(name: "telnet", service: tcp(23...23), risk: "passwords in clear text"),
  KnownService(name: "ftp", service: tcp(20...21), risk: "passwords in clear text"),
  KnownService(name: "tftp", service: udp(69...69), risk: "no authentication"),
  KnownService(name: "smb", service: tcp(139...139, 445...445), risk: "spreads malware from host to host"),
  KnownService(name: "rdp", service: tcp(3389...3389), risk: "full control of the host"),
  KnownService(name: "vnc", service: tcp(5900...5909), risk: "full control of the host, weak passwords"),
  KnownService(name: "snmp", service: udp(161...161), risk: "v1 and v2c have no real authentication"),
  KnownService(name: "http", service: tcp(80...80), risk: "clear text"),
]

extension IndustrialProtocol {
  /// Functions that change the process or the controller: write, program, and those that restart or silence a device.
  ///
  /// Modbus function 8 restarts communications (sub-function 1) and forces listen-only mode (sub-function 4): Modbus
  /// Application Protocol V1.1b3, section 6.8.
  var controlFunctions: IntervalSet<UInt16> {
    let control = functions(of: self, .write).union(functions(of: self, .program))
    return self == .modbus ? control.union(IntervalSet(IndustrialFunction.modbus(code: 8).rawValue)) : control
  }
}
