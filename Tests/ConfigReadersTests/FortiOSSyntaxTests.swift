import ConfigReaders
import RuleModel
import SourceText
import TestKit
import Testing

/// Quoting, nesting, re-editing and recovery.
@Suite struct FortiOSSyntaxTests {
  private let scadaToPLC = "tcp 10.0.1.10 10.0.2.5 502"

  @Test func detectsByHeaderAndByFirstSection() throws {
    let platform = try #require(Platform.named("fortios"))
    func reason(_ text: String) throws -> String? {
      platform.detect(try SourceFile(path: "x", bytes: Array(text.utf8)))
    }
    #expect(try reason("#config-version=FGT60F-7.0.1\n") != nil)
    #expect(try reason("# Version: FortiGate\r\nconfig system global\r\n set hostname x\r\nend\r\n") != nil)
    #expect(try reason("config sys interface\nedit port1\n") != nil)
    #expect(try reason("fw-1 # show\nconfig vdom\nedit root\n") != nil)
    // OpenWrt UCI and others begin with `config` too.
    #expect(try reason("config rule\n\toption name 'x'\n") == nil)
    #expect(try reason("config defaults\n\toption input ACCEPT\n") == nil)
    #expect(try reason("hostname fw\naccess-list OUT permit ip any any\n") == nil)
  }

  /// Anyconfig sample `multiline_parameter_10.txt`: one quoted value over several lines.
  @Test func quotedTextMayHoldLinesThatLookLikeStatements() throws {
    let device = try fortiDevice(
      fortiPolicies(fortiPolicy(1, "set comments \"line one", "end", "next", "set action deny\"")))
    #expect(try device.fate(scadaToPLC) == "permit")
    let rule = try #require(device.list("firewall policy")?.rules.first)
    #expect(rule.comment?.hasPrefix("line one\n") == true)
  }

  @Test func absurdNestingIsOneGap() throws {
    let lines = (0..<200).map { "config x\($0)\nedit 1" }
    let reading = try fortiOS(lines.joined(separator: "\n") + "\nset a b\n")
    let deep = reading.ledger.gaps.filter { $0.reason.contains("more than 64 deep") }
    #expect(deep.count == 1 && deep[0].couldChangeVerdict)
    #expect(reading.ledger.states.suffix(200).allSatisfy { $0 == .notRecognised })
  }

  @Test func escapesInsideAndOutsideQuotes() throws {
    let device = try fortiDevice(
      fortiPolicies(fortiPolicy(1, "set name \"a \\\"b\\\" \\\\c\"", "set comments two\\ words")))
    let rule = try #require(device.list("firewall policy")?.rules.first)
    #expect(rule.name == "policy 1 (a \"b\" \\c)")
    #expect(rule.comment == "two words")
  }

  /// fortios-xutils sample 0, line 3906: `set service ""HTTPS" "HTTP"`.
  @Test func brokenQuotesLeaveTheAttributeOpenAndSpareTheRest() throws {
    let reading = try fortiOS(
      fortiPolicies(fortiPolicy(1, "set service \"\"HTTPS\" \"HTTP\""), fortiPolicy(2, "set name \"second\"")))
    let device = try #require(reading.devices.first)
    let rules = try #require(device.list("firewall policy")?.rules)
    #expect(rules.map(\.name) == ["policy 1", "policy 2 (second)"])
    #expect(!rules[0].match.isExact && rules[1].match.isExact)
    #expect(reading.ledger.isIncomplete)
    #expect(try device.fate("tcp 10.0.1.10 10.0.2.5 80") == "open")
    #expect(try device.fate("tcp 10.0.1.99 10.0.2.5 80") == "deny")
  }

  @Test func aQuoteWithoutPartnerEndsWithItsLine() throws {
    let reading = try fortiOS(
      fortiPolicies(fortiPolicy(1, "set comments \"never closed"), fortiPolicy(2, "set service \"HTTP\"")))
    let device = try #require(reading.devices.first)
    #expect(device.list("firewall policy")?.rules.count == 2)
    #expect(try device.fate("tcp 10.0.1.10 10.0.2.5 80") == "permit")
    #expect(reading.ledger.isIncomplete)
  }

  /// Batfish `policy_clone`, `policy_delete`: entries made anew stand at the end.
  @Test func cloneDeleteMoveRenameAppendUnset() throws {
    let reading = try fortiOS(
      fortiPolicies(
        fortiPolicy(1), fortiPolicy(2, "set action deny"), "    clone 1 to 3\n", "    delete 1\n",
        fortiPolicy(4, "unset action", "append srcaddr \"plc\""), "    move 4 before 2\n"))
    let rules = try #require(reading.devices.first?.list("firewall policy")?.rules)
    #expect(rules.map(\.name) == ["policy 4", "policy 2", "policy 3"])
    #expect(rules[0].action == .deny(rejects: false))
    #expect(rules[0].objects.map(\.name).contains("plc"))
    #expect(!reading.ledger.isIncomplete)
    let renamed = try fortiDevice(
      fortiBase + "config firewall address\n rename \"plc\" to \"cell\"\nend\nconfig firewall policy\n"
        + fortiPolicy(1, "set dstaddr \"cell\"") + "end\n")
    #expect(try renamed.fate(scadaToPLC) == "permit")
  }

  @Test func movingWhatIsNotThereIsSaid() throws {
    let reading = try fortiOS(fortiPolicies(fortiPolicy(1), "    move 1 before 99\n"))
    #expect(reading.ledger.isIncomplete)
  }

  /// The last `set` of an attribute wins, and editing an entry again changes it (sample 0, line 3888).
  @Test func theLastSettingWins() throws {
    let device = try fortiDevice(
      fortiPolicies(fortiPolicy(1, "set srcintf \"port3\"", "set srcintf \"port1\"")) + "config firewall policy\n"
        + "edit 1\nset service HTTP\nnext\nend\n")
    #expect(try device.fate("tcp 10.0.1.10 10.0.2.5 80") == "permit")
    #expect(try device.fate(scadaToPLC) == "deny")
    #expect(try device.fate("tcp 10.0.1.10 10.0.2.5 80", from: "port3") == "deny")
  }

  @Test func entriesWithoutNextAndAbbreviatedSections() throws {
    let device = try fortiDevice(
      """
      config sys interface
      edit port1
      set ip 10.0.1.1/24
      edit port2
      set ip 10.0.2.1/24
      end
      config firewall policy
      edit 7
      set srcintf port1
      set dstintf port2
      set srcaddr all
      set dstaddr all
      set service ALL
      set action accept
      end
      """)
    #expect(device.interfaces.map(\.name) == ["port1", "port2"])
    #expect(try device.fate("tcp 10.0.1.9 10.0.2.5 1") == "permit")
  }

  @Test func aForgottenEndIsNoticedAndTheNextSectionRead() throws {
    let reading = try fortiOS(
      fortiBase.replacing("end\nconfig firewall service", with: "config firewall service")
        + "config firewall policy\n" + fortiPolicy(1) + "end\n")
    #expect(try reading.devices.first?.fate(scadaToPLC) == "permit")
    #expect(reading.ledger.isIncomplete)
  }

  @Test func truncationIsAnIssue() throws {
    let text = fortiPolicies(fortiPolicy(1), fortiPolicy(2))
    let reading = try fortiOS(String(text.prefix(text.count - 40)))
    #expect(reading.issues.contains { $0.kind == .truncated && $0.couldChangeVerdict })
    #expect(try fortiOS("# nothing\n").issues.contains { $0.kind == .truncated })
  }

  @Test func carriageReturnsAndCaptureLinesDoNotMatter() throws {
    let text =
      "! capture of a collector\n".dropFirst(25) + "fw-1 # show\n" + fortiPolicies(fortiPolicy(1)) + "\nfw-1 # exit\n"
    let reading = try fortiOS(String(text).replacing("\n", with: "\r\n"))
    #expect(try reading.devices.first?.fate(scadaToPLC) == "permit")
    #expect(!reading.ledger.isIncomplete)
  }

  @Test func twoCapturesAreTwoDevices() throws {
    let text = fortiPolicies(fortiPolicy(1))
    let reading = try fortiOS(text + text)
    #expect(reading.devices.map(\.name) == ["cell-1", "cell-1 (configuration 2)"])
    #expect(reading.issues.contains { $0.kind == .pendingChanges })
  }

  /// An unknown attribute of a policy, object or section must widen bounds, not vanish.
  @Test func unknownStatementsWidenAndAreReported() throws {
    let policy = try fortiOS(fortiPolicies(fortiPolicy(1, "set quantum-tunnel enable")))
    #expect(policy.ledger.gaps.contains { $0.couldChangeVerdict && $0.state == .notRecognised })
    #expect(try policy.devices.first?.fate(scadaToPLC) == "open")
    #expect(try policy.devices.first?.fate("tcp 10.0.1.99 10.0.2.5 502") == "deny")
    let object = try fortiOS(
      fortiPolicies(fortiPolicy(1)) + "config firewall address\nedit plc\nset flavour sweet\nnext\nend\n")
    #expect(object.ledger.isIncomplete)
    #expect(try object.devices.first?.fate("tcp 10.0.1.10 10.9.9.9 502") == "open")
    #expect(try fortiOS("config firewall frobnicate\nedit 1\nset a b\nnext\nend\n").ledger.isIncomplete)
    #expect(try fortiOS("config frobnicate\nset a b\nend\n").ledger.isIncomplete)
    #expect(try fortiOS("config log syslogd setting\nset server \"10.0.0.1\"\nend\n").ledger.isIncomplete == false)
    let words = try fortiOS(fortiPolicies(fortiPolicy(1, "permit everything")))
    #expect(try words.devices.first?.fate(scadaToPLC) == "open")
  }

  @Test func secretsStayOutOfMessages() throws {
    let reading = try fortiOS(
      """
      config system interface
          edit "port1"
              set password ENC topsecret
          next
      end
      config firewall policy
          edit 1
              set password topsecret
              topsecret
          next
      end
      topsecret
      """)
    let messages = reading.ledger.gaps.map(\.reason) + reading.issues.map { $0.message + $0.help }
    #expect(!messages.isEmpty && !messages.contains { $0.contains("topsecret") })
  }

  @Test(arguments: [
    "", "end\nend\nnext\n", "edit 1\nset a b\n", "config", "config \"", "set", "edit \"\n", "\\",
    "config firewall policy\nedit",
    "config vdom\nedit a\nconfig vdom\nedit b\nconfig global\nconfig vdom",
    "config firewall policy\nmove\nrename x\nclone 1 to\n",
  ])
  func oddFilesDoNotCrash(text: String) throws {
    let reading = try fortiOS(text)
    #expect(reading.ledger.count(of: .unread) == 0)
  }

  @Test func hostileFilesAreRead() throws {
    let nested = String(repeating: "config firewall policy\nedit 1\nconfig a\n", count: 20_000)
    let quotes = String(repeating: "set a \"x\n", count: 50_000)
    let sections = String(repeating: "config x\n", count: 100_000) + String(repeating: "set y z\n", count: 50_000)
    let invalid = [UInt8](repeating: 0xFF, count: 100_000)
    for text in [nested, "config firewall policy\nedit 1\n" + quotes, sections] {
      #expect(try fortiOS(text).ledger.count(of: .unread) == 0)
    }
    let platform = try #require(Platform.named("fortios"))
    _ = platform.read(try SourceFile(path: "x", bytes: invalid))
  }

  @Test func groupsInCirclesAreOpen() throws {
    let reading = try fortiOS(
      fortiPolicies(fortiPolicy(1, "set srcaddr \"a\"")) + """
        config firewall addrgrp
            edit "a"
                set member "b"
            next
            edit "b"
                set member "a" "scada"
            next
        end
        """)
    // What else is in the circle does not change that `scada` is.
    #expect(try reading.devices.first?.fate(scadaToPLC) == "permit")
    #expect(try reading.devices.first?.fate("tcp 10.0.1.99 10.0.2.5 502") == "open")
    #expect(reading.issues.contains { $0.kind == .dynamicObject })
    let chain = (0..<3000).map { "edit g\($0)\nset member g\($0 + 1)\nnext\n" }.joined()
    let deep = try fortiOS(
      fortiPolicies(fortiPolicy(1, "set srcaddr g0")) + "config firewall addrgrp\n" + chain + "end\n")
    #expect(try deep.devices.first?.fate(scadaToPLC) == "open")
  }

  @Test func samplesAreReadToTheLastLine() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no sample folder beside the package")
      return
    }
    let platform = try #require(Platform.named("fortios"))
    let paths = filesBelow("\(shared)/samples/fortios")
    #expect(!paths.isEmpty)
    for path in paths {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      let reading = platform.read(file)
      #expect(reading.ledger.count(of: .unread) == 0, "\(path)")
      #expect(!reading.devices.isEmpty, "\(path)")
      // The one sample that is no configuration of FortiOS at all.
      if !path.hasSuffix("multiline_parameter_10.txt") { #expect(platform.detect(file) != nil, "\(path)") }
    }
  }
}
