/// Match extensions by whose nature a rule may or may not take a packet: only the number of their arguments matters.
extension MatchModule {
  static let open: [String: MatchModule] = [
    "limit": rate("--limit", "--limit-burst"),
    "hashlimit": rate(
      "--hashlimit-upto", "--hashlimit-above", "--hashlimit", "--hashlimit-mode", "--hashlimit-srcmask",
      "--hashlimit-dstmask", "--hashlimit-name", "--hashlimit-burst", "--hashlimit-htable-size",
      "--hashlimit-htable-max", "--hashlimit-htable-gcinterval", "--hashlimit-htable-expire",
      "--hashlimit-rate-interval", flags: ["--hashlimit-rate-match"]),
    "connlimit": module(
      "how many connections are open is not known", "--connlimit-upto", "--connlimit-above", "--connlimit-mask",
      flags: ["--connlimit-saddr", "--connlimit-daddr"]),
    "connbytes": module(
      "how much a connection has carried is not known", "--connbytes", "--connbytes-dir", "--connbytes-mode"),
    "quota": module("how much of the quota is left is not known", "--quota"),
    "statistic": module(
      "the rule takes packets at random or by count", "--mode", "--probability", "--every", "--packet"),
    "rateest": module(
      "the packet rate is not known", "--rateest", "--rateest1", "--rateest2", "--rateest-bps", "--rateest-pps",
      "--rateest-bps1", "--rateest-pps1", "--rateest-bps2", "--rateest-pps2",
      flags: ["--rateest-delta", "--rateest-lt", "--rateest-gt", "--rateest-eq"]),
    "physdev": module(
      "bridge ports are not modelled", "--physdev-in", "--physdev-out",
      flags: ["--physdev-is-in", "--physdev-is-out", "--physdev-is-bridged"]),
    "mark": module("packet marks are not followed", "--mark"),
    "connmark": module("connection marks are not followed", "--mark"),
    "connlabel": module("connection labels are not followed", "--label", flags: ["--set"]),
    "addrtype": module(
      "which addresses are local, broadcast or multicast to this machine is not known", "--src-type", "--dst-type",
      flags: ["--limit-iface-in", "--limit-iface-out"]),
    "owner": module(
      "the sending process is not modelled", "--uid-owner", "--gid-owner", "--pid-owner", "--sid-owner", "--cmd-owner",
      flags: ["--socket-exists", "--suppl-groups"]),
    "u32": module("raw packet bytes are not modelled", "--u32"),
    "string": module(
      "payload text is not modelled", "--from", "--to", "--algo", "--string", "--hex-string", flags: ["--icase"]),
    "bpf": module("packet programs are not followed", "--bytecode", "--object-pinned"),
    "policy": module(
      "whether the packet came or leaves by IPsec is not modelled", "--dir", "--pol", "--reqid", "--spi", "--proto",
      "--mode", "--tunnel-src", "--tunnel-dst", flags: ["--strict", "--next"]),
    "rpfilter": module(
      "whether a route leads back to the sender is not known",
      flags: ["--loose", "--validmark", "--accept-local", "--invert"]),
    "length": module("packet lengths are not modelled", "--length"),
    "ttl": module("the time to live is not modelled", "--ttl-eq", "--ttl-lt", "--ttl-gt", "--ttl"),
    "hl": module("the hop limit is not modelled", "--hl-eq", "--hl-lt", "--hl-gt"),
    "dscp": module("the service class is not modelled", "--dscp", "--dscp-class"),
    "tos": module("the type of service is not modelled", "--tos"),
    "mac": module("hardware addresses are not modelled", "--mac-source"),
    "pkttype": module("whether a frame was broadcast is not modelled", "--pkt-type"),
    "helper": module("connection helpers are not modelled", "--helper"),
    "socket": module(
      "which sockets are open is not known", flags: ["--nowildcard", "--transparent", "--restore-skmark"]),
    "tcpmss": module("TCP options are not modelled", "--mss"),
    "ecn": module("congestion bits are not modelled", "--ecn-ip-ect", flags: ["--ecn-tcp-cwr", "--ecn-tcp-ece"]),
    "cluster": module(
      "which cluster node takes the packet is not known", "--cluster-total-nodes", "--cluster-local-node",
      "--cluster-local-nodemask", "--cluster-hash-seed"),
    "cpu": module("which processor takes the packet is not known", "--cpu"),
    "devgroup": module("interface groups are not in this file", "--src-group", "--dst-group"),
    "realm": module("routing realms are not in this file", "--realm"),
    "nfacct": module("whether an accounting quota is used up is not known", "--nfacct-name"),
    "cgroup": module("control groups are not modelled", "--path", "--cgroup"),
    "osf": module("the sender's operating system is guessed from its packets", "--genre", "--ttl", "--log"),
    "ipvs": module(
      "load-balancer connections are not modelled", "--vproto", "--vaddr", "--vport", "--vdir", "--vmethod",
      "--vportctl", flags: ["--ipvs"]),
    "ipcomp": module("the compression index is not modelled", "--ipcompspi", flags: ["--compres"]),
    "frag": module(
      "fragments are not modelled", "--fragid", "--fraglen",
      flags: ["--fragres", "--fragfirst", "--fragmore", "--fraglast"]),
    "ipv6header": module("extension headers are not modelled", "--header", flags: ["--soft"]),
    "rt": module(
      "extension headers are not modelled", "--rt-type", "--rt-segsleft", "--rt-len", "--rt-0-addrs",
      flags: ["--rt-0-res", "--rt-0-not-strict"]),
    "hbh": module("extension headers are not modelled", "--hbh-len", "--hbh-opts"),
    "dst": module("extension headers are not modelled", "--dst-len", "--dst-opts"),
    "mh": module("mobility headers are not modelled", "--mh-type"),
    "srh": module(
      "extension headers are not modelled", "--srh-next-hdr", "--srh-hdr-len-eq", "--srh-hdr-len-gt",
      "--srh-hdr-len-lt", "--srh-segs-left-eq", "--srh-segs-left-gt", "--srh-segs-left-lt", "--srh-last-entry-eq",
      "--srh-last-entry-gt", "--srh-last-entry-lt", "--srh-tag", "--srh-psid", "--srh-nsid", "--srh-lsid"),
    "eui64": module("hardware addresses are not modelled"),
  ]

  private static func module(_ doubt: String, _ names: String..., flags: [String] = []) -> MatchModule {
    make(doubt, names, flags)
  }

  private static func rate(_ names: String..., flags: [String] = []) -> MatchModule {
    var module = make("the packet rate decides whether the rule matches", names, flags)
    module.limitsRate = true
    return module
  }

  private static func make(_ doubt: String, _ names: [String], _ flags: [String]) -> MatchModule {
    let valued = names.map { ($0, MatchOption(arguments: 1, meaning: .parameter)) }
    let bare = flags.map { ($0, MatchOption(arguments: 0, meaning: .parameter)) }
    return MatchModule(doubt: doubt, options: Dictionary(valued + bare) { first, _ in first })
  }
}
