import Foundation
import TestKit
import Testing

/// How a run ends: the exit code, and the last line on stderr that says why.
@Suite struct ExitCodeTests {
  @Test func `0 for a plant as designed, and nothing on stderr`() throws {
    let result = try Workshop().run("check", plantFolder("chemical-plant-clean"), "--today", "2026-11-23")
    #expect(result.code == 0 && result.standardError.isEmpty, "\(result.standardError)")
    #expect(result.output.contains("no findings"))
  }

  @Test func `1 for findings at or above the threshold`() throws {
    let result = try Workshop().run("check", plantFolder("chemical-plant"), "--today", "2026-11-23")
    #expect(result.code == 1)
    #expect(result.lastLine.hasPrefix("bulkhead: exit 1: "), "\(result.lastLine)")
    #expect(result.lastLine.contains("critical") && result.lastLine.contains("fail-on medium"))
    #expect(!result.output.contains("bulkhead: exit"))
  }

  @Test func `check is the command that is meant when none is named`() throws {
    let named = try Workshop().run("check", plantFolder("chemical-plant"), "--today", "2026-11-23")
    let unnamed = try Workshop().run(plantFolder("chemical-plant"), "--today", "2026-11-23")
    #expect(unnamed.code == 1 && unnamed.standardOutput == named.standardOutput)
  }

  @Test(arguments: [
    ["check", "nowhere.cfg"], ["check", "notes.txt"], ["check", "gw.rules", "--format", "iptables"],
    ["check", "gw.rules", "--frobnicate"], ["check", "gw.rules", "--fail-on", "awful"], ["frobnicate", "x", "y"],
    ["check", "gw.rules", "--output", "yaml"], ["check", "gw.rules", "--output", "json="],
    ["check", "gw.rules", "--output", "json", "--output", "text"], ["check", "gw.rules", "--today", "tomorrow"],
    ["check", "gw.rules", "--site", "nowhere.yml"], ["check", "gw.rules", "--output", "json=no/such/folder.json"],
    ["check", "broken"], ["ir", "nowhere.cfg"], ["ir", "notes.txt"], ["ir"], ["explain"],
  ])
  func `2 when the job cannot be done, with nothing on stdout`(arguments: [String]) throws {
    let workshop = try Workshop()
    try workshop.write("gw.rules", gateway(""))
    try workshop.write("notes.txt", "nothing that a device writes\n")
    try FileManager.default.createDirectory(atPath: "\(workshop.path)/broken", withIntermediateDirectories: false)
    try workshop.write("broken/bulkhead.yml", "version: 1\nsite: x\nzonse: {}\ndevcies: {}\n")
    let result = try workshop.run(arguments)
    #expect(result.code == 2, "\(arguments): \(result.code)")
    #expect(result.standardOutput.isEmpty, "\(arguments): \(result.output)")
    let reason = result.lastLine.dropFirst("bulkhead: exit 2: ".count)
    #expect(result.lastLine.hasPrefix("bulkhead: exit 2: ") && !reason.isEmpty, "\(result.standardError)")
  }

  @Test func `All errors of a site file stand above the last line`() throws {
    let workshop = try Workshop()
    try workshop.write("bulkhead.yml", "version: 1\nsite: x\nzonse: {}\ndevcies: {}\n")
    let result = try workshop.run("check", ".")
    #expect(result.code == 2)
    for name in ["zonse", "devcies"] { #expect(result.standardError.contains(name), "\(result.standardError)") }
    #expect(result.lastLine.hasPrefix("bulkhead: exit 2: "))
  }

  @Test func `3 when something was not understood`() throws {
    let workshop = try Workshop()
    try workshop.write("gw.rules", gateway("frobnicate"))
    let result = try workshop.run("check", "gw.rules")
    #expect(result.code == 3 && result.lastLine.hasPrefix("bulkhead: exit 3: "), "\(result.standardError)")
    #expect(result.lastLine.contains("gw.rules: 1 statement not understood"))
    let allowed = try workshop.run("check", "gw.rules", "--allow-incomplete")
    #expect(allowed.code == 0 && allowed.output.contains("frobnicate"))
  }

  @Test func `The threshold decides`() throws {
    let workshop = try Workshop()
    try workshop.write("gw.rules", gateway("-A FORWARD -j ACCEPT"))
    for (threshold, code) in [("high", Int32(1)), ("low", 1), ("critical", 0), ("never", 0)] {
      let result = try workshop.run("check", "gw.rules", "--fail-on", threshold)
      #expect(result.code == code, "\(threshold): \(result.standardError)")
      #expect(result.output.contains("RUL006"))
    }
  }

  /// What cannot be written is no report.
  @Test func `2 when the report cannot be written`() throws {
    let workshop = try Workshop()
    try workshop.write("gw.rules", gateway(""))
    let result = try workshop.run("check", "gw.rules", output: "/dev/full")
    #expect(result.code == 2 && result.lastLine.hasPrefix("bulkhead: exit 2: "), "\(result.code)")
  }
}
