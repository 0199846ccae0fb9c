import PacketSets
import RuleModel
import Testing

/// App-IDs, the industrial ones above all.
@Suite struct PANOSApplicationTests {
  private let modbus = "tcp 10.0.1.10 10.0.2.5 502"
  private let read = IndustrialFunction.modbus(code: 3)
  private let write = IndustrialFunction.modbus(code: 6)

  private func device(_ rules: String...) throws -> Device { try panDevice(panBase + rules.joined()) }

  /// The classic trap: the container application `modbus` includes every function, writes among them (data sheet
  /// "App-IDs for ICS and SCADA", function-level variants).
  @Test func containerIncludesWrites() throws {
    let container = try device(panRule("r", "application modbus", "service application-default"))
    #expect(try container.pan(modbus, function: read) == "permit")
    #expect(try container.pan(modbus, function: write) == "permit")
    #expect(try container.pan("tcp 10.0.1.10 10.0.2.5 80") == "deny")
  }

  /// Same data sheet, table "Modbus"; function codes of the Modbus Application Protocol V1.1b3, section 6.
  @Test func functionsOfTheirOwn() throws {
    let reads = try device(
      panRule("r", "application [ modbus-read-holding-registers modbus-read-coils ]", "service application-default"))
    #expect(try reads.pan(modbus) == "permit")
    #expect(try reads.pan(modbus, function: read) == "permit")
    #expect(try reads.pan(modbus, function: .modbus(code: 4)) == "deny")
    #expect(try reads.pan(modbus, function: write) == "deny")
    // Function 23 reads and writes.
    let both = try device(panRule("r", "application modbus-read-write-register"))
    #expect(try both.pan(modbus, function: .modbus(code: 23)) == "permit")
  }

  /// Functions without an App-ID of their own are left to the base: programming over function 90 may pass.
  @Test func baseIsOpen() throws {
    let base = try device(panRule("r", "application modbus-base", "service application-default"))
    #expect(try base.pan(modbus, function: .modbus(code: 90)) == "open")
    #expect(try base.pan(modbus, function: write) == "deny")
  }

  @Test func denyingOnlyWrites() throws {
    let device = try device(
      panRule("w", "application [ modbus-write-single-register modbus-write-multiple-registers ]", "action deny"),
      panRule("r", "application modbus", "service application-default"))
    #expect(try device.pan(modbus, function: write) == "deny")
    #expect(try device.pan(modbus, function: .modbus(code: 5)) == "permit")
    #expect(try device.pan(modbus, function: read) == "permit")
  }

  /// Knowledge base kA10g000000POF8CAO: the first lookup knows addresses, ports and zones only, and handshakes pass on
  /// it; the rules are asked again when the application is known.
  @Test func portsOpenBeforeTheApplicationIsKnown() throws {
    let device = try device(panRule("r", "application ssh", "service any"))
    #expect(try device.pan("tcp 10.0.1.10 10.0.2.5 22") == "permit")
    #expect(try device.pan(modbus) == "open")
    #expect(try device.pan(modbus, function: write) == "deny")
    let denied = try self.device(
      panRule("n", "application ssh", "service any", "action deny"), panRule("r", "service any"))
    #expect(try denied.pan("tcp 10.0.1.10 10.0.2.5 22") == "open")
  }

  /// PAN-OS Administrator's Guide, "Safely Enable Applications on Default Ports".
  @Test func applicationDefault() throws {
    let ssh = try device(panRule("r", "application ssh", "service application-default"))
    #expect(try ssh.pan("tcp 10.0.1.10 10.0.2.5 22") == "permit")
    #expect(try ssh.pan("tcp 10.0.1.10 10.0.2.5 23") == "deny")
    let unknown = try device(panRule("r", "application some-app", "service application-default"))
    #expect(try unknown.pan(modbus, function: write) == "open")
    let any = try device(panRule("r", "service application-default"))
    #expect(try any.pan(modbus) == "open")
  }

  @Test func groupsFiltersAndCustomApplications() throws {
    func fate(_ lines: String) throws -> String {
      try panDevice(panBase + lines + "\n" + panRule("r", "application x", "service application-default"))
        .pan(modbus, function: write)
    }
    #expect(try fate("set application-group x members [ ssh modbus ]") == "permit")
    #expect(try fate("set application-group x members [ ssh modbus-read-coils ]") == "deny")
    #expect(try fate("set application-filter x category business-systems") == "open")
    #expect(try fate("set application x default port tcp/502") == "open")
    #expect(try fate("set application x default port tcp/503") == "deny")
    #expect(try fate("set application-group x members y\nset application-group y members x") == "open")
  }

  /// Application override tells the device to take traffic for an application whatever it carries (PAN-OS
  /// Administrator's Guide, "Create an Application Override Policy"), so rules by application are open.
  @Test func applicationOverride() throws {
    let override = """
      set rulebase application-override rules o from any
      set rulebase application-override rules o to any
      set rulebase application-override rules o application modbus-read-coils

      """
    let rules = panRule("r", "application modbus-read-coils", "service application-default")
    #expect(try panDevice(panBase + override + rules).pan(modbus, function: write) == "open")
    let off = override + "set rulebase application-override rules o disabled yes\n"
    #expect(try panDevice(panBase + off + rules).pan(modbus, function: write) == "deny")
  }

  /// Any application on an industrial port is a permit of every function.
  @Test func portAlone() throws {
    #expect(try device(panRule("r")).pan(modbus, function: write) == "permit")
  }
}
