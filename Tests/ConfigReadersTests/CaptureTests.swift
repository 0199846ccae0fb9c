import ConfigReaders
import RuleModel
import SourceText
import TestKit
import Testing

/// Files of collectors (Oxidized, RANCID) hold the configuration and what was on the terminal around it.
@Suite struct CaptureTests {
  struct Capture: Sendable {
    var platform: String
    var configuration: String
    /// What collectors and terminals put before and behind it.
    var header: String
    var footer: String
  }

  static let captures: [Capture] = [
    Capture(
      platform: "cisco-asa",
      configuration: """
        ASA Version 9.16(4)
        hostname fw
        enable password <removed>
        username admin password <secret hidden> pbkdf2
        interface GigabitEthernet1/1
         nameif outside
         security-level 0
         ip address 10.0.255.1 255.255.255.0
        !
        access-list OUT extended permit tcp any any eq 502
        access-group OUT in interface outside
        : end

        """, header: "!RANCID-CONTENT-TYPE: cisco\n!\n! Model: ASA 5512\nfw# show running-config\n: Saved\n:\n",
      footer: "fw# exit\n"),
    Capture(
      platform: "fortios",
      configuration: """
        #config-version=FGVM64-7.04-FW-build2463-230830:opmode=0:vdom=0:user=admin
        config system global
            set hostname "fw"
        end
        config system admin
            edit "admin"
                set password ENC <removed>
            next
        end
        config firewall policy
            edit 1
                set srcintf "port1"
                set dstintf "port2"
                set action accept
                set srcaddr "all"
                set dstaddr "all"
                set schedule "always"
                set service "ALL"
            next
        end

        """, header: "#RANCID-CONTENT-TYPE: fortigate\n#\nfw # show\n", footer: "fw # exit\n"),
    Capture(
      platform: "junos-srx",
      configuration: """
        set system host-name fw
        set system root-authentication encrypted-password <removed>
        set security zones security-zone a interfaces ge-0/0/0.0
        set security zones security-zone b interfaces ge-0/0/1.0
        set security policies from-zone a to-zone b policy p match source-address any
        set security policies from-zone a to-zone b policy p match destination-address any
        set security policies from-zone a to-zone b policy p match application any
        set security policies from-zone a to-zone b policy p then permit

        """, header: "#RANCID-CONTENT-TYPE: juniper\n#\nuser@fw> show configuration | display set | no-more\n",
      footer: "\n{primary:node0}\nuser@fw> exit\n"),
    Capture(
      platform: "cisco-ios",
      configuration: """
        version 16.12
        service timestamps log datetime msec
        hostname rtr
        enable secret 9 <removed>
        username admin privilege 15 secret 9 <removed>
        interface GigabitEthernet0/0
         ip address 10.0.255.1 255.255.255.0
         ip access-group OUT in
        !
        ip access-list extended OUT
         permit tcp any any eq 502
         deny ip any any log
        !
        line vty 0 4
         transport input ssh
        end

        """,
      header:
        "!RANCID-CONTENT-TYPE: cisco\n!\n! Image: IOS-XE\nrtr#show running-config\nBuilding configuration...\n\nCurrent configuration : 1234 bytes\n!\n",
      footer: "\nrtr#exit\n"),
    Capture(
      platform: "vyos",
      configuration: """
        set firewall ipv4 forward filter default-action 'drop'
        set firewall ipv4 forward filter rule 10 action 'accept'
        set firewall ipv4 forward filter rule 10 destination port '502'
        set firewall ipv4 forward filter rule 10 protocol 'tcp'
        set interfaces ethernet eth0 address '10.0.255.1/24'
        set system host-name 'gw'
        set system login user vyos authentication encrypted-password <secret hidden>

        """, header: "# RANCID-CONTENT-TYPE: vyos\nvyos@gw:~$ show configuration commands | no-more\n",
      footer: "vyos@gw:~$ exit\n"),
    Capture(
      platform: "panos",
      configuration: """
        set deviceconfig system hostname fw
        set mgt-config users admin phash <removed>
        set network interface ethernet ethernet1/1 layer3 ip 10.0.255.1/24
        set network interface ethernet ethernet1/2 layer3 ip 10.20.0.1/24
        set zone a network layer3 ethernet1/1
        set zone b network layer3 ethernet1/2
        set rulebase security rules r1 from a
        set rulebase security rules r1 to b
        set rulebase security rules r1 source any
        set rulebase security rules r1 destination any
        set rulebase security rules r1 application any
        set rulebase security rules r1 service service-http
        set rulebase security rules r1 action allow

        """, header: "#RANCID-CONTENT-TYPE: paloalto\n#\nadmin@fw> set cli config-output-format set\nadmin@fw# show\n",
      footer: "[edit]\nadmin@fw# exit\n"),
    Capture(
      platform: "iptables-save",
      configuration: """
        # Generated by iptables-save v1.8.9 on Tue Nov 24 10:00:00 2026
        *filter
        :INPUT DROP [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        -A FORWARD -i eth0 -o eth1 -p tcp -m tcp --dport 502 -j ACCEPT
        COMMIT

        """, header: "# RANCID-CONTENT-TYPE: linux\nroot@gw:~# iptables-save\n", footer: "root@gw:~# exit\nlogout\n"),
  ]

  private func read(_ text: String, _ platform: String) throws -> Reading {
    let file = try SourceFile(path: "fw", bytes: Array(text.utf8))
    guard case .platform(let found, _) = detectPlatform(file) else {
      Issue.record("not detected")
      return try #require(Platform.named(platform)).read(file)
    }
    #expect(found.id == platform)
    return found.read(file)
  }

  @Test(arguments: captures) func `What the terminal shows around it is no error`(capture: Capture) throws {
    let bare = try read(capture.configuration, capture.platform)
    #expect(bare.ledger.gaps.isEmpty, "\(bare.ledger.gaps.map(\.reason))")
    let whole = capture.header + capture.configuration + capture.footer
    for text in [whole, whole.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")] {
      let reading = try read(text, capture.platform)
      #expect(reading.ledger.gaps.isEmpty, "\(reading.ledger.gaps.map(\.reason))")
      #expect(reading.issues.map(\.message) == bare.issues.map(\.message))
      #expect(reading.devices.map { withoutPlaces($0).lists } == bare.devices.map { withoutPlaces($0).lists })
    }
  }
}
