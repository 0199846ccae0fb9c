extension KernelNetwork {
  /// Builds the network, loads the rules, sends packets, opens connections; plan and result are JSON files.
  ///
  /// How it knows that a packet went nowhere, without waiting: the process stays on one processor, and a packet that is sent
  /// there is carried from namespace to namespace in a queue of that processor, first in, first out. Behind each packet a
  /// marker goes to every other wire. A marker that arrived at the far end has made at least as many hops as the packet
  /// before it, so the packet's fate is decided by then, and one tap that sees all wires has it.
  ///
  /// Namespaces have no names: they end with the process. Exit status 77 means that the machine does not allow it.
  static let script = #"""
    import ctypes, json, os, select, signal, socket, struct, subprocess, sys, time
    NEWNET, NEWUSER = 0x40000000, 0x10000000
    libc = ctypes.CDLL(None, use_errno=True)

    def unshare(what):
        if libc.unshare(what) != 0:
            raise OSError(ctypes.get_errno(), 'unshare: ' + os.strerror(ctypes.get_errno()))

    def sh(command, text=''):
        done = subprocess.run(command.split(), input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise RuntimeError('%s: %s\n%s' % (command, done.stderr.decode(errors='replace').strip(), text))
        return done.stdout.decode()

    def ip(lines):
        sh('ip -batch -', ''.join(line + '\n' for line in lines))

    def write(path, text, needed=True):
        if needed or os.path.exists(path):
            with open(path, 'w') as file:
                file.write(text)

    class Space:
        def __init__(self):
            unshare(NEWNET)
            self.handle = os.open('/proc/self/ns/net', os.O_RDONLY)
            self.path = '/proc/%d/fd/%d' % (os.getpid(), self.handle)

        def enter(self):
            if libc.setns(self.handle, NEWNET) != 0:
                raise OSError(ctypes.get_errno(), 'cannot enter a namespace')

    def probe():
        'Everything that needs a permission or a program, once, in a namespace of its own.'
        if os.geteuid() != 0:
            user, group = os.geteuid(), os.getegid()
            unshare(NEWUSER)
            write('/proc/self/setgroups', 'deny')
            write('/proc/self/uid_map', '0 %d 1' % user)
            write('/proc/self/gid_map', '0 %d 1' % group)
        space = Space()
        ip(['link add name p0 type veth peer name p1', 'link add name br0 type bridge', 'link set p0 master br0'])
        write('/proc/sys/net/ipv4/ip_forward', '1')
        sh('iptables-restore', '*nat\n-A POSTROUTING -o p0 -j MASQUERADE\nCOMMIT\n*filter\n:FORWARD DROP [0:0]\n'
           '-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A FORWARD -j REJECT\nCOMMIT\n')
        sh('iptables-save')
        sh('nft -f -', 'table ip probe {\n chain c {\n type nat hook postrouting priority srcnat\n'
           ' ct state established accept\n snat to 10.0.0.1\n }\n}\n')
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0).close()
        os.close(space.handle)

    def checksum(data):
        data += b'\0' * (len(data) % 2)
        total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        return ~total & 0xffff

    def build(source, destination, proto, sport, dport, kind, flags, payload):
        ends = socket.inet_aton(source) + socket.inet_aton(destination)
        if proto == 1:
            body = struct.pack('!BBHHH', kind, 0, 0, sport, 1) + payload
            body = body[:2] + struct.pack('!H', checksum(body)) + body[4:]
        else:
            if proto == 6:
                body, place = struct.pack('!HHIIBBHHH', sport, dport, 1, 0, 0x50, flags, 1024, 0, 0) + payload, 16
            else:
                body, place = struct.pack('!HHHH', sport, dport, 8 + len(payload), 0) + payload, 6
            whole = ends + struct.pack('!BBH', 0, proto, len(body)) + body
            body = body[:place] + struct.pack('!H', checksum(whole)) + body[place + 2:]
        return struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(body), 1, 0, 64, proto, 0) + ends + body

    def parse(data):
        'Addresses, ports and payload of what this process built; None for anything else.'
        if len(data) < 28 or data[0] != 0x45:
            return None
        proto, body = data[9], data[20:struct.unpack('!H', data[2:4])[0]]
        start = 20 if proto == 6 else 8
        if proto not in (1, 6, 17) or (proto == 1 and body[0] not in (8, 13)):
            return None
        dport = 0 if proto == 1 else struct.unpack('!H', body[2:4])[0]
        return (socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20]), dport, body[start:])

    class Network:
        TEST, MARK = b'bulkhead', b'a marker'

        def __init__(self, plan):
            self.plan = plan
            self.nodes = {node['name']: node for node in plan['nodes']}
            self.hosts = [node for node in plan['nodes'] if not node.get('rules')]
            self.marks = self.seen = 0
            self.arrivals = {}
            self.switch = Space()
            self.ports = {}
            ports = [(node, port) for node in plan['nodes'] for port in node['ports']]
            for node in plan['nodes']:
                node['space'] = Space()
                write('/proc/sys/net/ipv6/conf/all/disable_ipv6', '1', needed=False)
            self.lay_wires(ports)
            for node in plan['nodes']:
                self.set_up(node, ports)
            self.switch.enter()
            # All frames; what bridges take is seen by nobody who asks for IPv4 alone.
            self.tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
            self.await_wires()

        def lay_wires(self, ports):
            self.switch.enter()
            lines = []
            for wire in sorted({port['wire'] for _, port in ports}):
                lines += ['link add name br-%s type bridge mcast_snooping 0' % wire, 'link set br-%s up' % wire]
            for number, (node, port) in enumerate(ports):
                port['mac'] = '02:00:00:00:00:%02x' % (number + 1)
                lines += ['link add name p%d type veth peer name %s address %s netns %s'
                          % (number, port['name'], port['mac'], node['space'].path),
                          'link set p%d master br-%s' % (number, port['wire']), 'link set p%d up' % number]
                # What a gateway emits onto a wire enters the switch here.
                if node.get('rules'):
                    self.ports['p%d' % number] = port['wire']
            ip(lines)

        def set_up(self, node, ports):
            node['space'].enter()
            lines = ['link set lo up']
            for port in node['ports']:
                lines += ['addr add %s dev %s' % (port['address'], port['name']), 'link set %s up' % port['name']]
                for other, far in ports:
                    if far['wire'] == port['wire']:
                        own = [] if other is node else [far['address'].split('/')[0]]
                        # An address that a gateway only stands for is on the wire for itself, where nobody takes it.
                        mac = '02:00:00:00:00:ff' if other is node else far['mac']
                        lines += ['neigh add %s lladdr %s dev %s nud permanent' % (address, mac, port['name'])
                                  for address in own + far.get('standsFor', [])]
            ip(lines + ['route add ' + route for route in node['routes']])
            for name in ['all'] + [port['name'] for port in node['ports']]:
                write('/proc/sys/net/ipv4/conf/%s/rp_filter' % name, '0')
                write('/proc/sys/net/ipv4/conf/%s/send_redirects' % name, '0')
            if node.get('rules'):
                write('/proc/sys/net/ipv4/ip_forward', '1')
                sh(node['rules']['load'], node['rules']['text'])
            else:
                node['raw'] = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

        def address(self, node):
            return node['ports'][0]['address'].split('/')[0]

        def wire(self, node):
            return node['ports'][0]['wire']

        def await_wires(self):
            'Links come up when the kernel finds the time; here alone markers are sent again.'
            deadline = time.monotonic() + 20
            for origin in self.hosts:
                for target in self.hosts:
                    while self.wire(origin) != self.wire(target) and not self.mark(origin, target, 0.1):
                        if time.monotonic() > deadline:
                            raise RuntimeError('no marker from %s to %s' % (origin['name'], target['name']))

        def mark(self, origin, target, patience=20):
            self.marks += 1
            # The ports of test packets and connections begin at 20000.
            packet = build(self.address(origin), self.address(target), 17, 1024 + self.marks % 18000,
                           self.plan['markPort'], 0, 0, self.MARK + struct.pack('!I', self.marks))
            origin['raw'].sendto(packet, (self.address(target), 0))
            self.tap.settimeout(patience)
            wire = self.wire(target)
            try:
                while self.look() != (wire, self.marks):
                    pass
            except socket.timeout:
                return False
            return True

        def look(self):
            'Takes one frame from the tap; the wire and the number of a marker, None for anything else.'
            data, where = self.tap.recvfrom(2048)
            wire = self.ports.get(where[0])
            # Outgoing frames (4) are the switch handing on what it got.
            if wire is None or where[2] == 4 or where[1] != 0x0800:
                return None
            packet = parse(data)
            if packet is None or len(packet[3]) < 12:
                return None
            magic, number = packet[3][:8], struct.unpack('!I', packet[3][8:12])[0]
            if magic == self.MARK:
                return (wire, number)
            if magic == self.TEST:
                self.arrivals.setdefault(number, []).append(
                    {'wire': wire, 'source': packet[0], 'destination': packet[1], 'destinationPort': packet[2]})
            return None

        def settle(self, origin, back=False):
            'Markers to a host on every other wire, or from there.'
            away = {self.wire(host): host for host in self.hosts if self.wire(host) != self.wire(origin)}
            for host in away.values():
                ends = (host, origin) if back else (origin, host)
                if not self.mark(*ends):
                    raise RuntimeError('a marker from %s to %s was lost' % tuple(end['name'] for end in ends))

        def send(self, number, packet):
            host = self.nodes[packet['from']]
            data = build(packet['source'], packet['destination'], packet['proto'], packet['sourcePort'],
                         packet['destinationPort'], packet['icmpType'], packet['tcpFlags'],
                         self.TEST + struct.pack('!I', number))
            host['raw'].sendto(data, (packet['destination'], 0))
            self.settle(host)

        def listen(self, ports):
            self.listeners, self.poll = {}, select.poll()
            for host in self.hosts:
                host['space'].enter()
                write('/proc/sys/net/ipv4/tcp_max_syn_backlog', '4096', needed=False)
                for port in ports:
                    listener = socket.socket()
                    listener.bind((self.address(host), port))
                    listener.listen(1024)
                    listener.setblocking(False)
                    self.listeners[listener.fileno()] = (host['name'], listener)
                    self.poll.register(listener, select.POLLIN)

        def connect(self, number, connection):
            host = self.nodes[connection['from']]
            host['space'].enter()
            client = socket.socket()
            client.setblocking(False)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            client.bind((connection['source'], connection['sourcePort']))
            client.connect_ex((connection['destination'], connection['destinationPort']))
            # The opening packet goes, the answer comes, the acknowledgement goes.
            for back in (False, True, False):
                self.settle(host, back)
            state = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
            result = {'clientIsConnected': state == 1, 'accepted': []}
            for handle, _ in self.poll.poll(0):
                name, listener = self.listeners[handle]
                peer, (source, _) = listener.accept()
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                peer.close()
                result['accepted'].append({'by': name, 'source': source})
            client.close()
            return result

    def main():
        try:
            probe()
        except (OSError, RuntimeError) as problem:
            print(problem)
            sys.exit(77)
        # The end of the process is the end of its namespaces.
        signal.alarm(300)
        with open(sys.argv[1]) as file:
            plan = json.load(file)
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        network = Network(plan)
        configs = {}
        for node in plan['nodes']:
            if node.get('rules'):
                node['space'].enter()
                configs[node['name']] = sh(node['rules']['list'])
        for number, packet in enumerate(plan['packets']):
            network.send(number, packet)
        network.listen(sorted({connection['destinationPort'] for connection in plan['connections']}))
        connections = [network.connect(*numbered) for numbered in enumerate(plan['connections'])]
        arrivals = [network.arrivals.get(number, []) for number in range(len(plan['packets']))]
        with open(sys.argv[2], 'w') as file:
            json.dump({'configs': configs, 'arrivals': arrivals, 'connections': connections}, file)

    main()
    """#
}
