import ConfigReaders
import PacketSets
import Reachability
import RuleModel
import Testing

/// Application control of industrial functions.
@Suite struct FortiOSInspectionTests {
  private let included = "config ips global\nset exclude-signatures none\nend\n"

  private func device(
    _ entries: String, list: String = "", global: String? = nil, utm: String = "set utm-status enable"
  )
    throws -> Device
  {
    try fortiDevice(
      fortiPolicies(fortiPolicy(1, utm, "set application-list \"OT\"")) + (global ?? included)
        + "config application list\nedit \"OT\"\n\(list)\nconfig entries\n\(entries)\nend\nnext\nend\n")
  }

  private func fate(_ device: Device, function: UInt8, register: UInt16 = 0, unit: UInt8 = 1) throws -> String {
    var message = try packet("tcp 10.0.1.10 10.0.2.5 502")
    message.function = .modbus(code: function)
    message.register = register
    message.unit = unit
    let verdict = ConcreteEvaluator(device: device, ingress: "port1", egress: "port2").forward(message)
    return verdict.isPermitted ? "permit" : verdict.isDenied ? "deny" : "open"
  }

  private let writeCoil = """
    edit 1
        set application 48885
        set action block
    next
    """

  /// FortiOS 6.4.0 administration guide, "Matching multiple parameters on application control signatures": 48885 is
  /// Modbus_Func05.Write.Single.Coil.Validation.
  @Test func aKnownSignatureBlocksItsFunction() throws {
    let device = try device(writeCoil)
    #expect(try fate(device, function: 5) == "deny")
    #expect(try fate(device, function: 3) == "permit")
    #expect(device.profiles.first?.mode == .enforcing)
    #expect(device.canInspectIndustrial)
  }

  /// FortiOS 7.6.5 administration guide, "IPS Modbus TCP decoder": OT signatures "are excluded by default".
  @Test func excludedSignaturesAreInert() throws {
    for global in ["", "config ips global\nset exclude-signatures ot\nend\n"] {
      let device = try device(writeCoil, global: global)
      #expect(try fate(device, function: 5) == "permit")
      guard case .inert(let reason) = device.profiles.first?.mode else {
        Issue.record("the profile is inert")
        return
      }
      #expect(reason.contains("excluded"))
    }
  }

  /// Same guide: "Traffic will be flagged if it matches at least one parameter group"; members of a group hold together.
  @Test func parameters() throws {
    let device = try device(
      """
      edit 1
          set application 48885
          config parameters
              edit 1
                  config members
                      edit 1
                          set name "UnitID"
                          set value "1:1"
                      next
                      edit 2
                          set name "Address"
                          set value "100:199"
                      next
                  end
              next
              edit 2
                  config members
                      edit 1
                          set name "UnitID"
                          set value "9:9"
                      next
                      edit 2
                          set name "Value"
                          set value "0:1"
                      next
                  end
              next
          end
      next
      """)
    #expect(try fate(device, function: 5, register: 150) == "deny")
    #expect(try fate(device, function: 5, register: 200) == "permit")
    #expect(try fate(device, function: 5, register: 150, unit: 2) == "permit")
    #expect(try fate(device, function: 5, register: 7, unit: 9) == "open")
  }

  /// Category 26 is Industrial (FortiOS 6.2 cookbook, "Basic category filters and overrides"); entries are asked in order,
  /// and an entry without `set action` blocks.
  @Test func categoriesAndOrder() throws {
    let passFirst = try device(
      "edit 1\nset category 26\nset action pass\nnext\n" + writeCoil.replacing("edit 1", with: "edit 2"))
    #expect(try fate(passFirst, function: 5) == "permit")
    let blockRest = try device(
      writeCoil.replacing("block", with: "pass") + "\nedit 2\nset category 26\nnext\n")
    #expect(try fate(blockRest, function: 5) == "permit")
    #expect(try fate(blockRest, function: 6) == "deny")
    let other = try device("edit 1\nset category 2 6\nnext\n")
    #expect(try fate(other, function: 6) == "permit")
    let unknown = try device("edit 1\nset application 99999\nnext\n")
    #expect(try fate(unknown, function: 6) == "open")
    let monitoring = try device("edit 1\nset category 26\nset action pass\nnext\n")
    #expect(monitoring.profiles.first?.mode == .monitoring)
  }

  @Test func whatTheListDoesNotName() throws {
    let other = try device(
      "edit 1\nset application 48885\nset action pass\nnext\n", list: "set other-application-action block")
    #expect(try fate(other, function: 5) == "permit")
    #expect(try fate(other, function: 6) == "deny")
    #expect(try other.fate("tcp 10.0.1.10 10.0.2.5 502") == "open")
    let unnamed = try device("", list: "set unknown-application-action block", global: "")
    #expect(try fate(unnamed, function: 6) == "open")
  }

  @Test func profilesCountOnlyWhenSwitchedOn() throws {
    #expect(try fate(device(writeCoil, utm: "set utm-status disable"), function: 5) == "permit")
    #expect(try fate(device(writeCoil, utm: ""), function: 5) == "open")
  }

  /// The Modbus decoder listens on TCP 502 unless `port_list` says otherwise (FortiOS 7.6.5, same section).
  @Test func decoderPorts() throws {
    let ports =
      "config ips decoder \"modbus_decoder\"\nconfig parameter \"port_list\"\nset value \"1502:1503\"\nend\nend\n"
    let moved = try device(writeCoil, global: included + ports)
    #expect(try fate(moved, function: 5) == "open")
  }

  @Test func undefinedListsAreOpen() throws {
    let reading = try fortiOS(
      fortiPolicies(fortiPolicy(1, "set utm-status enable", "set application-list \"missing\"")) + included)
    #expect(reading.issues.contains { $0.kind == .undefinedReference })
    #expect(try fate(try #require(reading.devices.first), function: 5) == "open")
  }

  @Test func unknownStatementsInAnEntryLeaveItOpen() throws {
    let device = try device("edit 1\nset application 48885\nset shape round\nset action block\nnext\n")
    #expect(try fate(device, function: 5) == "open")
  }
}
