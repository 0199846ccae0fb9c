import PacketSets
import RuleModel
import SourceText

/// An explicit proxy: clients connect to a port of the device, which opens connections of its own for them.
struct FortiExplicitProxy {
  enum Kind: CaseIterable {
    case web, ftp

    /// `proxy` of the policies that it asks.
    var policyType: String { self == .web ? "explicit-web" : "ftp" }
    var section: String { self == .web ? "web-proxy explicit" : "ftp-proxy explicit" }
    /// The attribute that makes an interface listen.
    var interfaceSwitch: String { self == .web ? "explicit-web-proxy" : "explicit-ftp-proxy" }
    var title: String { self == .web ? "explicit web proxy" : "explicit FTP proxy" }
  }

  var kind: Kind
  var power: Power
  /// Interfaces that it listens on; nil where the file does not tell.
  var listeners: [String]?
  /// The line of `sec-default-action accept`: what no proxy policy matches is accepted.
  var acceptance: SourceRange?
  /// Whether it relays UDP, as SOCKS 5 does (RFC 1928, section 7).
  var relaysUDP: Bool
  /// The statement that it is judged by.
  var source: SourceRange

  /// Whether it runs; `possible` where a fragment lacks the statement.
  enum Power { case off, possible, on }

  /// The protocols that it opens connections with.
  var reach: Service {
    Service(
      protocols: IntervalSet(
        relaysUDP
          ? [IPProtocol.tcp...IPProtocol.tcp, IPProtocol.udp...IPProtocol.udp] : [IPProtocol.tcp...IPProtocol.tcp]))
  }
}

extension FortiDomain {
  /// What the virtual domain says of its proxies; each domain has its own (FortiOS 5.2 handbook, "The FortiGate explicit
  /// web proxy").
  func findExplicitProxies() -> [FortiExplicitProxy] {
    FortiExplicitProxy.Kind.allCases.map { kind in
      let isFragment = !([scope.own] + scope.shared).contains { tree.section("system interface", in: $0) != nil }
      let named = proxyListeners[kind.interfaceSwitch] ?? []
      let listeners = isFragment ? nil : named
      let acceptance = sectionSetting("sec-default-action", in: kind.section)
      let status = sectionSetting("status", in: kind.section)
      let isNowhere = listeners?.isEmpty == true
      return FortiExplicitProxy(
        kind: kind, power: isNowhere ? .off : power(status, kind), listeners: listeners,
        acceptance: acceptance.flatMap { $0.words == ["deny"] ? nil : $0.range },
        relaysUDP: kind == .web && sectionValue("socks", in: kind.section) == "enable",
        source: status?.range ?? tree.section(kind.section, in: scope.own).map { tree.nodes[$0].range } ?? device.source
      )
    }
  }

  /// Off unless the file says otherwise (CLI reference, `config web-proxy explicit`: status, default disable).
  private func power(_ status: FortiSetting?, _ kind: FortiExplicitProxy.Kind) -> FortiExplicitProxy.Power {
    if let status, !status.isBroken {
      return status.words == ["enable"] ? .on : status.words == ["disable"] ? .off : .possible
    }
    if status != nil { return .possible }
    // A fragment without header may lack the whole section.
    return version == nil && tree.section(kind.section, in: scope.own) == nil ? .possible : .off
  }

  /// Interfaces by which clients reach a listener directly, ports of switches and names of zones included.
  func entrances(of proxy: FortiExplicitProxy) -> InterfaceMatch {
    guard let listeners = proxy.listeners else { return .any }
    let zones = zones.filter { $0.value.contains(where: listeners.contains) }.keys.sorted()
    return InterfaceMatch(withPorts(listeners + zones))
  }

  // MARK: Ports

  /// What lets clients connect to the proxies that run.
  func proxyPortRules() -> [Rule] {
    // A fragment that names neither the proxy nor an interface gives no reason to think of one.
    let proxies = explicitProxies.filter { $0.power == .on || ($0.power == .possible && $0.listeners != nil) }
    return proxies.enumerated().map { order, proxy in
      var services = [Service(proto: IPProtocol.tcp, destinationPorts: proxyPorts(proxy.kind))]
      // Where SOCKS clients send their datagrams is agreed on in each session.
      if proxy.relaysUDP { services.append(Service(proto: IPProtocol.udp)) }
      let reason = Uncertainty(
        range: proxy.source, reason: "whether the \(proxy.kind.title) listens at this address is not certain")
      let limits = ["incoming-ip", "incoming-ip6"].contains { sectionSetting($0, in: proxy.kind.section) != nil }
      let isSure = proxy.power == .on && proxy.listeners != nil && !limits && !proxy.relaysUDP
      // IPv6 clients are served only with `ipv6-status enable`; it is not told apart here.
      let match = MatchBounds(
        lower: isSure ? [PacketMatch(sources: .allV4, services: services)] : [],
        upper: [PacketMatch(services: services)], uncertainties: [reason])
      var rule = Rule(
        order: order, name: "port of the \(proxy.kind.title)", match: match, action: .permit, source: proxy.source)
      rule.ingress = entrances(of: proxy)
      return rule
    }
  }

  /// TCP ports that clients connect to (CLI reference, `config web-proxy explicit`: http-incoming-port, default 8080,
  /// others default to the same; `config ftp-proxy explicit`: incoming-port, default 21); all where one cannot be read.
  func proxyPorts(_ kind: FortiExplicitProxy.Kind) -> IntervalSet<UInt16> {
    let first = kind == .web ? "http-incoming-port" : "incoming-port"
    let others = ["https-incoming-port", "ftp-incoming-port", "socks-incoming-port", "pac-file-server-port"]
    var ports: [ClosedRange<UInt16>] = []
    for name in [first] + (kind == .web ? others : []) {
      guard let setting = sectionSetting(name, in: kind.section) else { continue }
      for text in setting.words.flatMap({ $0.split(separator: ",") }) {
        guard let range = LiteralText.ports(text), !setting.isBroken else { return .all }
        // 0 stands for the port of HTTP.
        if range != 0...0 { ports.append(range) }
      }
    }
    if sectionSetting(first, in: kind.section) == nil {
      let standard: UInt16 = kind == .web ? 8080 : 21
      ports.append(standard...standard)
    }
    return IntervalSet(ports)
  }
}
