import Foundation
import TestKit
import Testing

/// What the program writes, and where.
@Suite struct OutputTests {
  // MARK: reports

  @Test func `Standard output carries the report and nothing else`() throws {
    let result = try Workshop().run(
      "check", plantFolder("chemical-plant"), "--today", "2026-11-23", "--output", "json")
    let report = try result.json()
    #expect(report["schema_version"] as? Int == 1)
    let exit = try #require(report["exit"] as? [String: Any])
    #expect(exit["code"] as? Int == 1 && result.lastLine == "bulkhead: exit 1: \(exit["reason"] as? String ?? "")")
    let findings = try #require(report["findings"] as? [[String: Any]])
    #expect(findings.count > 30 && findings[0]["code"] as? String == "SIS001")
  }

  @Test func `A report can go to a file besides the text on standard output`() throws {
    let workshop = try Workshop()
    let result = try workshop.run(
      "check", plantFolder("chemical-plant"), "--today", "2026-11-23", "--output", "json=report.json", "--output",
      "text",
      "--output", "text=report.txt", "--color", "always")
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(try workshop.read("report.json").utf8)) as? [String: Any])
    #expect((json["findings"] as? [Any])?.isEmpty == false)
    #expect(result.output.contains("SIS001") && result.output.contains("\u{1B}["))
    // A file is not a terminal.
    let text = try workshop.read("report.txt")
    #expect(text.contains("SIS001") && !text.contains("\u{1B}"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: workshop.path).allSatisfy { !$0.contains(".tmp-") })
  }

  /// docs/json-report.md names every key that a report has.
  @Test func `Every key of a report is documented`() throws {
    let page = try documentation("json-report.md")
    for plant in ["chemical-plant", "pharma-jump-host"] {
      let result = try Workshop().run("check", plantFolder(plant), "--today", "2026-11-23", "--output", "json")
      for key in keys(of: try result.json()) { #expect(page.contains("`\(key)`"), "\(key)") }
    }
  }

  /// docs/model-json.md names every key of a model.
  @Test func `Every key of a model is documented`() throws {
    let page = try documentation("model-json.md")
    for file in filesBelow("\(packageFolder())/rulesets") where file.contains("/configs/") {
      let result = try Workshop().run("ir", file)
      #expect(result.code == 0, "\(file): \(result.standardError)")
      for key in keys(of: try result.json()) { #expect(page.contains("`\(key)`"), "\(key)") }
    }
  }

  private func documentation(_ name: String) throws -> String {
    String(decoding: try #require(readBytes("\(packageFolder())/docs/\(name)")), as: UTF8.self)
  }

  /// All keys of a document but those that come from the configuration.
  private func keys(of value: Any) -> Set<String> {
    switch value {
    case let object as [String: Any]:
      object.reduce(into: Set(object.keys)) { found, member in
        if member.key != "parameters" { found.formUnion(keys(of: member.value)) }
      }
    case let array as [Any]: array.reduce(into: []) { $0.formUnion(keys(of: $1)) }
    default: []
    }
  }

  // MARK: colour

  @Test(
    arguments: [
      ([], [:], false), ([], ["FORCE_COLOR": "1"], true), ([], ["FORCE_COLOR": "1", "NO_COLOR": "1"], true),
      (["--color", "never"], ["FORCE_COLOR": "1"], false), (["--color", "always"], ["NO_COLOR": "1"], true),
      (["--color", "auto"], ["NO_COLOR": "1"], false), (["--color", "always"], ["TERM": "dumb"], true),
    ] as [([String], [String: String], Bool)])
  func `Colour follows the flag, then the environment, then the stream`(
    options: [String], environment: [String: String], isColoured: Bool
  ) throws {
    let workshop = try Workshop()
    try workshop.write("gw.rules", gateway("-A FORWARD -j ACCEPT"))
    let result = try workshop.run(["check", "gw.rules"] + options, environment: environment)
    #expect(result.output.contains("\u{1B}[") == isColoured)
    #expect(!result.standardError.contains("\u{1B}"))
  }

  // MARK: what a file may hold

  @Test func `Escapes in a configuration never reach the terminal`() throws {
    let workshop = try Workshop()
    let evil = "\u{1B}]0;owned\u{7}\u{1B}[2J\u{9B}31m\u{202E}\u{8}"
    let rule = "-A FORWARD -m comment --comment \"\(evil)\" -j ACCEPT"
    let name = "gw\(evil.replacingOccurrences(of: "/", with: "")).rules"
    try workshop.write(name, gateway("\(rule)\nfrobnicate \(evil)\n-A FORWARD -j \(evil)"))
    try workshop.write("unknown\(evil).txt", "\(evil)\n")
    let runs = [
      try workshop.run("check", name), try workshop.run("check", name, "--output", "json"),
      try workshop.run("ir", name), try workshop.run("check", "unknown\(evil).txt"), try workshop.run("explain", evil),
      try workshop.run("check", "nowhere\(evil)"), try workshop.run("check", name, "--format", evil),
    ]
    for (index, run) in runs.enumerated() {
      for text in [run.output, run.standardError] {
        let strange = text.unicodeScalars.filter {
          ($0.value < 32 && $0 != "\n") || (0x7F..<0xA0).contains($0.value) || $0.value == 0x202E
        }
        #expect(strange.isEmpty, "run \(index): \(strange.map { String($0.value, radix: 16) })")
      }
    }
  }

  @Test func `A line of a megabyte is cut to what a terminal shows`() throws {
    let workshop = try Workshop()
    let tail = String(repeating: "x ", count: 500_000)
    try workshop.write(
      "fw.cfg",
      "ASA Version 9.16(4)\nhostname fw\nfrobnicate password hunter2 \(tail)\naccess-list O extended \(tail)\n")
    let result = try workshop.run("check", "fw.cfg")
    let lines = result.output.split(separator: "\n")
    #expect(lines.contains { $0.contains("3 | frobnicate password •••••••") && $0.hasSuffix("…") })
    #expect(lines.contains { $0.contains("4 | access-list O extended x x x") } && lines.allSatisfy { $0.count < 500 })
    #expect(!result.output.contains("hunter2"))
  }

  /// Secrets of every kind, in the places where the platforms keep them; each holds the word `hunter`.
  @Test func `Secrets are never printed`() throws {
    let workshop = try Workshop()
    try workshop.write("asa.cfg", asaWithSecrets)
    try workshop.write("forti.conf", fortiGateWithSecrets)
    try workshop.write("diode.yml", diodeWithSecrets)
    for file in ["asa.cfg", "forti.conf", "diode.yml"] {
      for run in [
        try workshop.run("check", file), try workshop.run("check", file, "--output", "json"),
        try workshop.run("ir", file),
      ] {
        #expect(run.code != 2, "\(run.standardError)")
        let lines = (run.output + run.standardError).split(separator: "\n").filter { $0.contains("hunter") }
        #expect(lines.isEmpty, "\(file): \(lines)")
      }
    }
  }
}

private let asaWithSecrets = """
  ASA Version 9.16(4)
  hostname fw
  enable password hunter01 pbkdf2
  passwd hunter02 encrypted
  username admin password hunter03 privilege 15
  interface GigabitEthernet1/1
   nameif outside
   security-level 0
   ip address 10.0.0.1 255.255.255.0
   ospf authentication-key hunter04
   ospf message-digest-key 1 md5 hunter05
  failover key hunter06
  failover ipsec pre-shared-key hunter07
  snmp-server community hunter08
  snmp-server host outside 10.0.0.2 community hunter09 version 2c
  snmp-server user u g v3 auth sha hunter10 priv aes 128 hunter11
  aaa-server R protocol radius
  aaa-server R (outside) host 10.0.0.3
   key hunter12
   ldap-login-password hunter13
  tunnel-group 10.0.0.4 type ipsec-l2l
  tunnel-group 10.0.0.4 ipsec-attributes
   ikev1 pre-shared-key hunter14
   ikev2 remote-authentication pre-shared-key hunter15
  crypto isakmp key hunter16 address 10.0.0.4
  ntp authentication-key 1 md5 hunter17
  router ospf 1
   area 0 virtual-link 1.1.1.1 authentication-key hunter18
  router bgp 65000
   neighbor 10.0.0.5 password hunter19
  vpdn username isp password hunter20
  ip local pool P 10.0.9.1-10.0.9.9
  wccp web-cache password hunter21
  ldap-login-password hunter22
  key config-key password-encryption hunter23
  access-list OUT extended deny ip any any log
  access-group OUT in interface outside

  """

private let fortiGateWithSecrets = """
  #config-version=FGR60F-7.4.11-FW-build2795-250523:opmode=0:vdom=0:user=admin
  config system global
      set hostname "fw"
      set private-data-encryption-key hunter01
  end
  config system admin
      edit "admin"
          set password ENC hunter02
          set two-factor-secret "hunter03"
      next
  end
  config system interface
      edit "port1"
          set vdom "root"
          set ip 10.0.0.1 255.255.255.0
          set password ENC hunter04
          set pppoe-password "hunter05"
      next
  end
  config system ha
      set password ENC hunter06
      set key "hunter07"
  end
  config system snmp community
      edit 1
          set name "hunter08"
      next
  end
  config user local
      edit "u"
          set passwd ENC hunter09
      next
  end
  config user radius
      edit "r"
          set secret ENC hunter10
      next
  end
  config vpn ipsec phase1-interface
      edit "t"
          set psksecret ENC hunter11
      next
  end
  config vpn certificate local
      edit "c"
          set password ENC hunter12
          set private-key "-----BEGIN ENCRYPTED PRIVATE KEY-----
  hunter13
  -----END ENCRYPTED PRIVATE KEY-----"
      next
  end
  config router bgp
      config neighbor
          edit "10.0.0.2"
              set password ENC hunter14
          next
      end
  end
  config router ospf
      config ospf-interface
          edit "o"
              set authentication-key ENC hunter15
          next
      end
  end
  config firewall address
      edit "sdn"
          set type dynamic
          set sso-secret "hunter16"
      next
  end
  config firewall policy
      edit 1
          set srcintf "port1"
          set dstintf "port1"
          set srcaddr "all"
          set dstaddr "all"
          set schedule "always"
          set service "ALL"
          set decrypted-password "hunter17"
      next
  end

  """

private let diodeWithSecrets = """
  diode: dd-west
  enforcement: hardware
  sender: {zone: control, addresses: [10.10.0.0/22]}
  receiver: {zone: supervision, addresses: [10.20.0.0/22]}
  transfers:
    - {name: syslog, type: udp, port: 514, key: hunter01}
  password: hunter02
  return-path: none

  """
