/// Which parts of the container say something about filtering.
enum HiSecOSCatalog {
  /// Read column by column: every column of these must be known.
  static let tables: [String: Set<String>] = [
    "hm2L3RuleEntry": columns("hm2L3", rule).union(["hm2DPIProfileIndex"]),
    "hm2DynFwRuleEntry": columns("hm2DynFw", rule),
    "hm2L3RuleIfMappingEntry": columns("hm2L3Ifm", mapping),
    "hm2DynFwRuleIfMappingEntry": columns("hm2DynFwIfm", mapping),
    "hm2DPIProfileModbusEntry": columns(
      "hm2DPIProfileModbus",
      [
        "Index", "Description", "FunctionType", "FunctionCodeList", "UnitIdentifierList", "SanityCheck", "Exception",
        "Reset", "RowStatus",
      ]),
    "hm2DPIProfileOpcEntry": columns(
      "hm2DPIProfileOpc", ["Index", "Description", "SanityCheck", "FragmentCheck", "TimeoutConnect", "RowStatus"]),
    "hm2FLMInterfaceEntry": columns("hm2FLMInterface", ["Index", "RowStatus"]),
    "hm2DnatRuleEntry": columns("hm2Dnat", rule + ["NewTargetAddress", "NewTargetPort"]),
    "hm2DnatRuleIfMappingEntry": columns("hm2DnatIfm", mapping),
    "hm21to1RuleEntry": columns(
      "hm21to1",
      [
        "RuleIndex", "TargetAddress", "NewTargetAddress", "RuleParams", "Log", "Trap", "RowStatus", "Description",
        "IngressIntf", "EgressIntf", "Priority", "StorageType",
      ]),
    "hm2MasqRuleEntry": columns(
      "hm2Masq",
      [
        "RuleIndex", "SourceAddress", "SourcePort", "Proto", "RuleParams", "Log", "Trap", "RowStatus", "Description",
        "IpsecExempt",
      ]),
    "hm2MasqRuleIfMappingEntry": columns("hm2MasqIfm", mapping),
    "hm2DoubleNatRuleEntry": columns(
      "hm2Donat",
      [
        "RuleIndex", "LocalInternalIp", "LocalExternalIp", "RemoteInternalIp", "RemoteExternalIp", "RuleParams", "Log",
        "Trap", "RowStatus", "Description",
      ]),
    "hm2DonatRuleIfMappingEntry": columns("hm2DonatIfm", mapping),
  ]

  private static let rule = [
    "RuleIndex", "SourceAddress", "SourcePort", "TargetAddress", "TargetPort", "Proto", "RuleParams", "Action", "Log",
    "Trap", "RowStatus", "Description",
  ]
  private static let mapping = ["RuleIndex", "Direction", "Priority", "Interface", "RowStatus"]

  private static func columns(_ prefix: String, _ names: [String]) -> Set<String> { Set(names.map { prefix + $0 }) }

  /// Scalars of HM2-FW-MIB and HM2-NAT-MIB that are read.
  static let scalars: Set<String> = ["hm2DefaultPolicy", "hm2FLMAdminState", "hm21to1PublicIntf"]

  /// Counters, limits, actions of the moment, and what helps other protocols through address translation.
  static func isIdle(_ name: String) -> Bool {
    ["Stats", "Statistics", "Count", "Max", "FlushTables", "CommitPendingActions", "ConnTrackValidate", "1to1Alg"]
      .contains { name.contains($0) } || name.hasPrefix("hm2FLM")
  }

  /// MIBs that are read whole.
  static let filtering: Set<String> = ["HM2-FW-MIB", "HM2-NAT-MIB"]

  /// MIBs of which single objects are read, or none because they cannot touch packets that pass from network to network.
  static func isHarmless(_ mib: String) -> Bool {
    harmless.contains(mib) || !mib.hasPrefix("HM2-") && standard.contains { mib.hasPrefix($0) }
      || mib.hasPrefix("HM2-") && subjects.contains { mib.contains($0) }
  }

  private static let harmless: Set<String> = [
    "IF-MIB", "SNMPv2-MIB", "IP-FORWARD-MIB", "HM2-MGMTACCESS-MIB", "HM2-PLATFORM-ROUTING-MIB", "HM2-NETCONFIG-MIB",
  ]
  /// Beginnings of the names of standard MIBs.
  private static let standard = [
    "BRIDGE-MIB", "P-BRIDGE-MIB", "Q-BRIDGE-MIB", "IEEE8021", "IEEE8023", "LLDP", "MAU-MIB", "ENTITY-", "EtherLike",
    "RMON", "SNMP-", "SNMPv2", "IP-MIB", "OSPF", "RIP", "VRRP", "IPMROUTE", "MGMD", "POWER-ETHERNET", "RSTP", "RADIUS",
    "IEC62439", "IEC-62439", "DISMAN", "NOTIFICATION-LOG", "DIFFSERV", "HOST-RESOURCES", "TCP-MIB", "UDP-MIB",
    "INET-ADDRESS", "PTPBASE", "TUNNEL",
  ]
  /// Words in the names of Hirschmann's MIBs.
  private static let subjects = [
    "DEVMGMT", "DIAG", "DHCP", "DNS", "DOS", "FILEMGMT", "INDUSTRIAL", "IOMOD", "IO-MODULE", "L2REDUNDANCY", "L2FORW",
    "LICENSE", "LDAP", "LINKBACKUP", "LINK-BACKUP", "LLDP", "LOGGING", "MACNOTIFY", "MRP", "MULTICAST", "MCAST", "NTP",
    "PLATFORM-SWITCHING", "PLATFORM-MULTICAST", "QOS-COS", "POE", "PTP", "PWRMGMT", "RADIUS", "TACACS",
    "REMOTE-AUTHENTICATION", "SELFTEST", "SFP", "SNMP", "TIMESYNC", "TRACKING", "TRAFFICMGMT", "TSN", "USERMGMT",
    "PORTMONITOR", "PORT-MONITOR", "MDNS", "SIGCON", "LED", "EVENT", "ENTITY", "PRODUCTS", "TC-MIB",
  ]

  /// Lists that the switching chip asks before the packet filter.
  static func isAccessList(_ mib: String) -> Bool { mib.contains("ACL") }

  static func isTunnel(_ mib: String) -> Bool { mib.contains("VPN") || mib.contains("IPSEC") }
}
