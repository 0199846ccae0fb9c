import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// A device whose explicit web proxy listens on port1; `policies` is the table of proxy policies, `more` comes last.
private func proxied(_ policies: String..., settings: String = "", more: String = "") -> String {
  fortiBase + """
    config system interface
        edit "port1"
            set explicit-web-proxy enable
        next
    end
    config web-proxy explicit
        set status enable
        \(settings)
    end
    config firewall proxy-policy
    \(policies.joined())
    end
    \(more)
    """
}

/// One proxy policy from anyone to the cell behind port2; `lines` come last and win.
private func proxyPolicy(_ id: Int, _ lines: String...) -> String {
  """
      edit \(id)
          set uuid c46a6e86-832b-51ea-134a-b57537de4b2a
          set proxy explicit-web
          set dstintf "port2"
          set srcaddr "scada"
          set dstaddr "plc"
          set service "webproxy"
          set action accept
          set schedule "always"
  \(lines.map { "        \($0)" }.joined(separator: "\n"))
      next

  """
}

/// Proxy policies, explicit and transparent.
@Suite struct FortiOSProxyTests {
  private let web = "tcp 10.0.1.10 10.0.2.5 80"

  /// FortiOS 5.2 handbook, "The FortiGate explicit web proxy": sessions arrive at interfaces with the proxy enabled, and
  /// the proxy opens its own to the server. What it is asked for is not in the file, so a flow is possible, not certain.
  @Test func anExplicitProxyMayOpenWhatNoFirewallPolicyPermits() throws {
    let reading = try fortiOS(proxied(proxyPolicy(1)))
    let device = try #require(reading.devices.first)
    #expect(try device.fate(web) == "open")
    // The service `webproxy` names no port: `CONNECT` reaches any (CLI reference, `config firewall service custom`).
    #expect(try device.fate("tcp 10.0.1.10 10.0.2.5 502") == "open")
    #expect(try device.fate("udp 10.0.1.10 10.0.2.5 502") == "deny")
    #expect(try device.fate("tcp 10.0.1.11 10.0.2.5 80") == "deny")
    #expect(try device.fate("tcp 10.0.1.10 10.0.3.5 80") == "deny")
    #expect(try device.fate(web, to: "port3") == "deny")
    #expect(try device.fate(web, from: "port3", to: "port2") == "deny")
    #expect(!reading.ledger.isIncomplete)
    #expect(device.unboundLists.isEmpty)
  }

  /// FortiOS 5.2 handbook, "Explicit web proxy: General configuration steps": the proxy is switched on as a whole and on
  /// interfaces; CLI reference, `config web-proxy explicit`: status, default disable.
  @Test func aProxyThatIsOffIsUnderstoodAndOpensNothing() throws {
    let on = proxied(proxyPolicy(1))
    let cases = [
      on.replacing("set status enable", with: "set status disable"),
      on.replacing("set status enable", with: ""),
      on.replacing("set explicit-web-proxy enable", with: "set explicit-web-proxy disable"),
      on.replacing("set explicit-web-proxy enable", with: "set explicit-ftp-proxy enable"),
    ]
    for text in cases {
      let reading = try fortiOS(text)
      let device = try #require(reading.devices.first)
      #expect(try device.fate(web) == "deny")
      #expect(try device.localFate("tcp 10.0.1.10 10.0.1.1 8080") == "deny")
      let idle = device.unboundLists.map { device.lists[$0] }
      #expect(idle.map(\.rules.count) == [1] && idle.allSatisfy { $0.name.contains("is off") })
      #expect(!reading.ledger.isIncomplete)
      #expect(reading.ledger.count(of: .notModelled) == 0)
    }
  }

  /// A fragment without interfaces does not tell where the proxy listens.
  @Test func aFragmentMayRunTheProxyAnywhere() throws {
    let device = try fortiDevice(
      "config firewall proxy-policy\n\(proxyPolicy(1, "set srcaddr all", "set dstaddr all"))end")
    #expect(try device.fate(web, from: "any1", to: "port2") == "open")
    let absent = try fortiDevice(
      "config web-proxy explicit\nset status disable\nend\nconfig firewall proxy-policy\n\(proxyPolicy(1))end")
    #expect(try absent.fate(web, from: "any1", to: "port2") == "deny")
  }

  /// CLI reference, `config firewall proxy-policy`: action accept, deny or redirect, status, schedule; "Proxy policy
  /// addresses" (administration guide 6.4.8): compared from the beginning of the list.
  @Test func orderActionAndStateOfProxyPolicies() throws {
    func fate(_ policies: String...) throws -> String {
      try fortiDevice(proxied(policies.joined())).fate(web)
    }
    #expect(try fate(proxyPolicy(9, "set action deny"), proxyPolicy(1)) == "deny")
    #expect(try fate(proxyPolicy(9, "unset action"), proxyPolicy(1)) == "deny")
    #expect(try fate(proxyPolicy(9, "set action redirect"), proxyPolicy(1)) == "deny")
    #expect(try fate(proxyPolicy(9, "set action isolate")) == "open")
    #expect(try fate(proxyPolicy(9, "set action deny", "set status disable"), proxyPolicy(1)) == "open")
    #expect(try fate(proxyPolicy(1, "set status disable")) == "deny")
    // Whom or when the first one stops is not in the file.
    #expect(try fate(proxyPolicy(9, "set action deny", "set groups \"guests\""), proxyPolicy(1)) == "open")
    #expect(try fate(proxyPolicy(9, "set action deny", "set service \"HTTP\""), proxyPolicy(1)) == "open")
    #expect(try fate(proxyPolicy(9, "set action deny", "set dstaddr-negate enable"), proxyPolicy(1)) == "open")
    #expect(try fate(proxyPolicy(1, "set srcaddr-negate enable")) == "deny")
    #expect(try fate(proxyPolicy(1, "set service \"webproxy\"", "set service-negate enable")) == "open")
  }

  /// A firewall policy decides for itself: what the proxy refuses may still be routed.
  @Test func aProxyPolicyDeniesNoRoutedTraffic() throws {
    let device = try fortiDevice(
      fortiPolicies(fortiPolicy(1)) + proxied(proxyPolicy(1, "set action deny")).dropFirst(fortiBase.count))
    #expect(try device.fate("tcp 10.0.1.10 10.0.2.5 502") == "permit")
  }

  /// CLI reference, `config web-proxy explicit`: sec-default-action accept: "All explicit web proxy traffic is accepted
  /// whether there is an explicit web proxy policy or not"; default deny (technical tip ta-p/402210).
  @Test func whatNoProxyPolicyMatches() throws {
    let accepting = try fortiDevice(proxied(settings: "set sec-default-action accept"))
    #expect(try accepting.fate("tcp 10.0.1.99 10.0.3.5 502", to: "port3") == "open")
    #expect(try accepting.fate("tcp 10.0.3.99 10.0.2.5 502", from: "port3") == "deny")
    let denying = try fortiDevice(proxied(settings: "set sec-default-action deny"))
    #expect(try denying.fate(web) == "deny")
    let both = try fortiDevice(proxied(proxyPolicy(1, "set action deny"), settings: "set sec-default-action accept"))
    #expect(try both.fate(web) == "open")
  }

  /// Technical tip "Accessing the FortiGate administrative GUI/CLI" (ta-p/369268): an address of another interface is
  /// reached by a firewall policy to that interface.
  @Test func clientsAtOtherInterfacesComeByAFirewallPolicy() throws {
    func fate(_ lines: String..., more: String = "") throws -> String {
      let toProxy = fortiPolicy(
        1, "set srcintf \"port3\"", "set dstintf \"port1\"", "set srcaddr \"all\"", "set dstaddr \"all\"",
        "set service \"ALL\"", lines.joined(separator: "\n"))
      let text = proxied(proxyPolicy(1, "set srcaddr \"all\""), more: "config firewall policy\n\(toProxy)end\n\(more)")
      return try fortiDevice(text).fate("tcp 10.0.3.9 10.0.2.5 502", from: "port3")
    }
    #expect(try fate() == "open")
    #expect(try fate("set nat enable") == "open")
    #expect(try fate("set srcaddr \"scada\"") == "deny")
    #expect(try fate("set dstaddr \"plc\"") == "deny")
    // An address of VRRP need not be the interface's own.
    let shared = "config system interface\nedit port1\nconfig vrrp\nedit 1\nset vrip 10.0.1.2\nnext\nend\nnext\nend\n"
    #expect(try fate("set dstaddr \"plc\"", more: shared) == "open")
    #expect(try fate("set action deny") == "deny")
    #expect(try fate("set status disable") == "deny")
    #expect(try fate("set dstintf \"port2\"", "set dstaddr \"scada\"") == "deny")
  }

  /// CLI reference, `config ftp-proxy explicit` and `config system interface`: explicit-ftp-proxy.
  @Test func theFTPProxyHasSwitchesOfItsOwn() throws {
    let ftp = proxied(proxyPolicy(1, "set proxy ftp", "unset service"))
    #expect(try fortiDevice(ftp).fate(web) == "deny")
    let on = ftp.replacing("explicit-web-proxy", with: "explicit-ftp-proxy")
      .replacing("web-proxy explicit", with: "ftp-proxy explicit")
    let reading = try fortiOS(on)
    let device = try #require(reading.devices.first)
    #expect(try device.fate("tcp 10.0.1.10 10.0.2.5 21") == "open")
    #expect(try device.localFate("tcp 10.0.1.10 10.0.1.1 21") == "permit")
    #expect(!reading.ledger.isIncomplete)
  }

  /// FortiOS 5.6 "What's new", "Transparent web proxy": it works on what a firewall policy passes on to it.
  @Test func aTransparentProxyOpensNothingAndMayStopWhatAFirewallPolicyPermits() throws {
    let transparent = proxyPolicy(1, "set proxy transparent-web", "set srcintf \"port1\"")
    let device = try fortiDevice(proxied(transparent))
    #expect(try device.fate(web) == "deny")
    #expect(device.unboundLists.count == 1)
    func fate(_ lines: String...) throws -> String {
      try fortiDevice(fortiPolicies(fortiPolicy(1, lines.joined(separator: "\n")))).fate("tcp 10.0.1.10 10.0.2.5 502")
    }
    #expect(try fate() == "permit")
    #expect(try fate("set http-policy-redirect enable") == "open")
    #expect(try fate("set http-policy-redirect disable") == "permit")
    #expect(try fate("set ssh-policy-redirect enable", "set action deny") == "deny")
  }

  /// CLI reference, `config firewall proxy-policy`: proxy ssh-tunnel, access-proxy, ztna-proxy, wanopt.
  @Test(arguments: ["access-proxy", "ztna-proxy", "wanopt", "ssh-tunnel", "novelty"])
  func otherProxiesAreOpenAndSaidToBe(type: String) throws {
    let policy = proxyPolicy(1, "set proxy \(type)", "set srcintf \"port3\"")
    let reading = try fortiOS(proxied(policy))
    let device = try #require(reading.devices.first)
    #expect(reading.ledger.isIncomplete)
    #expect(try device.fate("tcp 10.0.1.10 10.0.2.5 443", from: "port3") == "open")
    #expect(try device.fate("tcp 10.0.1.10 10.0.2.5 443", from: "port1") == "deny")
    let off = try fortiOS(proxied(proxyPolicy(1, "set proxy \(type)", "set status disable")))
    #expect(!off.ledger.isIncomplete)
  }

  /// Administration guide 6.4.8, "Proxy policy addresses": patterns of host names, URLs and headers.
  @Test func proxyAddressesMayBeAnyAddress() throws {
    let objects = """
      config firewall proxy-address
          edit "vendor"
              set type host-regex
              set host-regex ".*example.com"
          next
      end
      config firewall proxy-addrgrp
          edit "vendors"
              set member "vendor"
          next
      end
      """
    for name in ["vendor", "vendors"] {
      let reading = try fortiOS(proxied(proxyPolicy(1, "set dstaddr \"\(name)\""), more: objects))
      let device = try #require(reading.devices.first)
      #expect(try device.fate("tcp 10.0.1.10 10.0.2.5 80") == "open")
      #expect(!reading.issues.contains { $0.kind == .undefinedReference })
      let deny = proxyPolicy(2, "set action deny", "set dstaddr \"\(name)\"")
      #expect(try fortiDevice(proxied(deny, proxyPolicy(1), more: objects)).fate(web) == "open")
    }
  }

  /// A client of one family may ask for a server of the other (CLI reference, `config web-proxy explicit`:
  /// pref-dns-result).
  @Test func theProxyMayChangeTheFamily() throws {
    let device = try fortiDevice(proxied(proxyPolicy(1, "set dstaddr6 \"all\"")))
    #expect(try device.fate("tcp 2001:db8::1 2001:db8::2 80") == "open")
    let deny = proxyPolicy(9, "set action deny", "set srcaddr all")
    let clients = proxyPolicy(1, "set srcaddr6 \"all\"")
    #expect(try fortiDevice(proxied(deny, clients)).fate(web) == "open")
  }

  /// CLI reference, `config web-proxy forward-server`: the session goes to the upstream proxy, whatever its destination.
  @Test func anUpstreamProxyIsReachedWhateverTheDestination() throws {
    let servers = "config web-proxy forward-server\nedit \"up\"\nset ip 10.0.2.200\nnext\nend\n"
    func fate(_ policies: String, _ packet: String = "tcp 10.0.1.10 10.0.2.200 8080", more: String = "") throws
      -> String
    {
      try fortiDevice(proxied(policies, more: servers + more)).fate(packet)
    }
    let forwarding = proxyPolicy(1, "set dstaddr \"scada\"", "set webproxy-forward-server \"up\"")
    #expect(try fate(proxyPolicy(1, "set dstaddr \"scada\"")) == "deny")
    #expect(try fate(forwarding) == "open")
    // The refusal is about the destination of the request, not about the upstream proxy.
    #expect(try fate(proxyPolicy(9, "set action deny") + forwarding) == "open")
    let byURL = "config web-proxy url-match\nedit a\nset url-pattern \"x\"\nset forward-server \"up\"\nnext\nend\n"
    #expect(try fate(proxyPolicy(1, "set dstaddr \"scada\""), more: byURL) == "open")
  }

  /// FortiOS 5.2 handbook, "The FortiGate explicit web proxy": it accepts virtual IPs as destinations and goes to the
  /// mapped address.
  @Test(arguments: [false, true])
  func virtualIPsAsDestinationsOfRequests(isCentral: Bool) throws {
    let objects = """
      config system settings
          set central-nat \(isCentral ? "enable" : "disable")
      end
      config firewall address
          edit "published"
              set subnet 10.0.1.100 255.255.255.255
          next
      end
      config firewall vip
          edit "vip"
              set extip 10.0.1.100
              set mappedip "10.0.2.50"
              set extintf "any"
          next
      end

      """
    let toVIP = fortiPolicy(1, "set srcintf port3", "set dstaddr \"vip\"")
    func fate(_ policies: String) throws -> String {
      try fortiDevice(proxied(policies, more: objects + "config firewall policy\n\(toVIP)end\n"))
        .fate("tcp 10.0.1.10 10.0.1.100 80")
    }
    #expect(try fate(proxyPolicy(1, "set dstaddr \"published\"")) == "open")
    #expect(try fate(proxyPolicy(1, "set dstaddr \"vip\"")) == "open")
    #expect(try fate(proxyPolicy(9, "set action deny") + proxyPolicy(1, "set dstaddr \"published\"")) == "open")
  }

  /// CLI reference, `config web-proxy explicit`: http-incoming-port, default 8080; ports guide, "Incoming ports".
  @Test func portsOfTheProxyAreOpenOnItsInterfaces() throws {
    let device = try fortiDevice(proxied(proxyPolicy(1)))
    #expect(try device.localFate("tcp 10.0.1.10 10.0.1.1 8080") == "permit")
    #expect(try device.localFate("tcp 10.0.1.10 10.0.1.1 8081") == "deny")
    #expect(try device.localFate("tcp 10.0.2.10 10.0.2.1 8080", at: "port2") == "deny")
    let moved = try fortiDevice(proxied(settings: "set http-incoming-port 8888\nset https-incoming-port 9000-9001"))
    #expect(try moved.localFate("tcp 10.0.1.10 10.0.1.1 8888") == "permit")
    #expect(try moved.localFate("tcp 10.0.1.10 10.0.1.1 9001") == "permit")
    #expect(try moved.localFate("tcp 10.0.1.10 10.0.1.1 8080") == "deny")
    let narrow = try fortiDevice(proxied(settings: "set incoming-ip 10.0.1.1"))
    #expect(try narrow.localFate("tcp 10.0.1.10 10.0.1.1 8080") == "open")
  }

  /// CLI reference, `config web-proxy explicit`: socks; SOCKS 5 relays UDP (RFC 1928, section 7).
  @Test func socksRelaysUDP() throws {
    let device = try fortiDevice(proxied(proxyPolicy(1), settings: "set socks enable"))
    #expect(try device.fate("udp 10.0.1.10 10.0.2.5 47808") == "open")
  }

  /// Fortinet handbook 5.2, "The FortiGate explicit web proxy": each virtual domain has a web proxy of its own.
  @Test func everyVirtualDomainHasItsOwnProxy() throws {
    let text = proxied(proxyPolicy(1))
    let start = try #require(text.range(of: "config web-proxy"))
    let reading = try fortiOS(
      "config vdom\nedit root\nnext\nedit cell\nnext\nend\nconfig global\n\(text[..<start.lowerBound])end\n"
        + "config vdom\nedit cell\n\(text[start.lowerBound...])\nend\n")
    #expect(reading.devices.map { $0.list("firewall proxy-policy (explicit web proxy)") == nil } == [true, true])
  }

  /// An upstream proxy of a firewall policy is a destination that the policy does not name.
  @Test func anUpstreamProxyOfAFirewallPolicyIsSaid() throws {
    let reading = try fortiOS(fortiPolicies(fortiPolicy(1, "set webproxy-forward-server \"up\"")))
    #expect(reading.ledger.isIncomplete)
  }
}
