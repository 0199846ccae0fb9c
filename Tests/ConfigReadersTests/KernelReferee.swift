import PacketSets
import TestKit

#if canImport(Glibc)
  import Glibc
#endif

/// The Linux kernel as referee: loads rules into a router of network namespaces and sees which packets come through.
///
/// Three namespaces are made and removed again: a sender, a router with interfaces `in0` and `out0`, and a listener. No
/// packet leaves them.
struct KernelReferee {
  enum Answer {
    /// For each rule set the numbers of the packets that came through.
    case passed([Set<Int>])
    /// The machine does not allow it; the text says why.
    case unavailable(String)
  }

  /// Sends `packets` through each rule set; packet n carries n as its IP identification.
  ///
  /// - Parameter loader: the command that takes a rule set on its standard input and replaces the one before.
  static func ask(_ ruleSets: [String], _ packets: [[Packet]], loader: String = "iptables-restore") -> Answer {
    guard geteuid() == 0 else { return .unavailable("network namespaces need root") }
    var template = Array("/tmp/bulkhead-referee-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { return .unavailable("no temporary folder") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { _ = run("rm -r '\(folder)'") }
    write(script, "\(folder)/referee.py")
    for (index, rules) in ruleSets.enumerated() {
      write(rules, "\(folder)/rules-\(index)")
      write(packets[index].enumerated().map(line).joined(), "\(folder)/packets-\(index)")
    }
    let (status, output) = run(
      "timeout 90 python3 '\(folder)/referee.py' '\(folder)' \(ruleSets.count) '\(loader)' 2>&1")
    guard status == 0 else { return .unavailable(output) }
    var passed = Array(repeating: Set<Int>(), count: ruleSets.count)
    for line in output.split(separator: "\n") {
      let numbers = line.split(separator: " ").compactMap { Int($0) }
      if numbers.count == 2, passed.indices.contains(numbers[0]) { passed[numbers[0]].insert(numbers[1]) }
    }
    return .passed(passed)
  }

  private static func line(_ number: Int, _ packet: Packet) -> String {
    "\(number) \(packet.source) \(packet.destination) \(packet.proto) \(packet.sourcePort) \(packet.destinationPort) "
      + "\(packet.tcpFlags) \(packet.icmpType) \(packet.icmpCode)\n"
  }

  private static func write(_ text: String, _ path: String) {
    guard let handle = fopen(path, "w") else { return }
    fputs(text, handle)
    fclose(handle)
  }

  private static func run(_ command: String) -> (status: Int32, output: String) {
    guard let pipe = popen(command, "r") else { return (-1, "cannot start a shell") }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { bytes += buffer[..<count] }
    let status = pclose(pipe)
    return (status, String(decoding: bytes, as: UTF8.self))
  }

  /// Builds the namespaces, then for each rule set loads it, sends the packets and prints `set packet` for each arrival.
  private static let script = #"""
    import ctypes, os, socket, struct, subprocess, sys
    folder, count, loader = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    tag = str(os.getpid())
    SEND, ROUTE, LISTEN = ('bh' + kind + tag for kind in 'srl')
    libc = ctypes.CDLL(None, use_errno=True)

    def sh(command, **options):
        done = subprocess.run(command.split(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        if done.returncode != 0:
            raise RuntimeError(command + ': ' + done.stdout.decode(errors='replace').strip())

    def enter(name):
        with open('/run/netns/' + name) as handle:
            if libc.setns(handle.fileno(), 0x40000000) != 0:
                raise RuntimeError('cannot enter a namespace')

    def checksum(data):
        data += b'\0' * (len(data) % 2)
        total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        return ~total & 0xffff

    def build(number, source, destination, proto, sport, dport, flags, kind, code):
        ends = socket.inet_aton(source) + socket.inet_aton(destination)
        def pseudo(body):
            return ends + struct.pack('!BBH', 0, proto, len(body))
        if proto == 6:
            body = struct.pack('!HHIIBBHHH', sport, dport, 1, 0, 0x50, flags, 1024, 0, 0)
            body = body[:16] + struct.pack('!H', checksum(pseudo(body) + body)) + body[18:]
        elif proto == 17:
            body = struct.pack('!HHHH', sport, dport, 8, 0)
            body = body[:6] + struct.pack('!H', checksum(pseudo(body) + body))
        elif proto == 1:
            body = struct.pack('!BBHHH', kind, code, 0, 1000 + number, 1) + b'\0' * 12
            body = body[:2] + struct.pack('!H', checksum(body)) + body[4:]
        else:
            body = b'\0' * 16
        # The identification is the packet's number; zero would be replaced by the kernel.
        return struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(body), number + 1, 0, 64, proto, 0) + ends + body

    def main():
        sh('ip link add in0 netns %s type veth peer name e0 netns %s' % (ROUTE, SEND))
        sh('ip link add out0 netns %s type veth peer name e0 netns %s' % (ROUTE, LISTEN))
        for name, device, address in ((SEND, 'e0', '10.254.1.2'), (LISTEN, 'e0', '10.254.2.2'),
                                      (ROUTE, 'in0', '10.254.1.1'), (ROUTE, 'out0', '10.254.2.1')):
            sh('ip -n %s addr add %s/24 dev %s' % (name, address, device))
            sh('ip -n %s link set %s up' % (name, device))
        sh('ip -n %s route add default via 10.254.1.1' % SEND)
        sh('ip -n %s route add default via 10.254.2.2' % ROUTE)
        for key in ('ip_forward=1', 'conf.all.rp_filter=0', 'conf.in0.rp_filter=0'):
            sh('ip netns exec %s sysctl -qw net.ipv4.%s' % (ROUTE, key))
        enter(LISTEN)
        listener = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        listener.bind(('e0', 0x0800))
        enter(SEND)
        sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        for index in range(count):
            with open('%s/rules-%d' % (folder, index), 'rb') as rules:
                sh('ip netns exec %s %s' % (ROUTE, loader), stdin=rules)
            for line in open('%s/packets-%d' % (folder, index)):
                word = line.split()
                packet = build(int(word[0]), word[1], word[2], *map(int, word[3:]))
                sender.sendto(packet, (word[2], 0))
            # A quarter of a second of silence ends the set.
            listener.settimeout(0.25)
            while True:
                try:
                    data = listener.recv(2048)
                except socket.timeout:
                    break
                number = struct.unpack('!H', data[4:6])[0] - 1
                # Neighbour discovery and resets of the kernels carry other addresses or numbers.
                if data[8] == 63 and number >= 0:
                    print(index, number)

    try:
        for name in (SEND, ROUTE, LISTEN):
            sh('ip netns add ' + name)
        main()
    finally:
        for name in (SEND, ROUTE, LISTEN):
            subprocess.run(['ip', 'netns', 'del', name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    """#
}

/// Networks, hosts and packets that rule sets for the referee are about.
struct RefereePackets {
  static let networks = ["10.7.0.0/16", "10.7.1.0/24", "10.8.0.0/255.255.0.254", "10.7.1.9", "10.8.0.0/15"]
  private static let hosts = ["10.7.1.9", "10.7.1.10", "10.7.2.9", "10.8.0.4", "10.8.1.5", "10.9.3.3"]

  /// Ports are never used twice, so that every packet opens a connection of its own; packets without ports all travel
  /// one way, so that none of them answers another.
  static func random(_ number: Int, _ generator: inout SeededGenerator) -> Packet {
    let proto: UInt8 = [6, 6, 6, 17, 17, 1, 47].randomElement(using: &generator)!
    var packet = Packet(
      source: IPAddress(hosts.randomElement(using: &generator)!)!,
      destination: IPAddress(hosts.randomElement(using: &generator)!)!, proto: proto)
    if proto == 47 {
      packet.source = IPAddress(hosts.prefix(3).randomElement(using: &generator)!)!
      packet.destination = IPAddress(hosts.suffix(3).randomElement(using: &generator)!)!
    }
    if IPProtocol.withPorts.contains(proto) {
      packet.sourcePort = UInt16(20_000 + number)
      packet.destinationPort = [80, 81, 502, 505, 4000].randomElement(using: &generator)!
    }
    // A stray acknowledgement opens a connection too (nf_conntrack_tcp_loose is on by default).
    if proto == 6 { packet.tcpFlags = [2, 2, 16].randomElement(using: &generator)! }
    if proto == 1 { packet.icmpType = [8, 8, 13].randomElement(using: &generator)! }
    return packet
  }
}
