import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// The worked example of docs/adding-a-platform.md is real.
@Suite struct WorkedExampleTests {
  @Test func `The page shows the code that is tested`() throws {
    let page = String(decoding: try #require(readBytes(packageFolder() + "/docs/adding-a-platform.md")), as: UTF8.self)
    let folder = packageFolder() + "/Tests/ConfigReadersTests/"
    let code = String(decoding: try #require(readBytes(folder + "WorkedExample.swift")), as: UTF8.self)
    let shown = code[try #require(code.firstRange(of: "extension Platform")).lowerBound...]
    #expect(page.contains(shown), "copy the code from `extension Platform` on into the page")
  }

  private func read(_ text: String) throws -> Reading {
    let file = try SourceFile(path: "cell.cfg", bytes: Array(text.utf8))
    #expect(Platform.exampleGate.detect(file) != nil)
    return Platform.exampleGate.read(file)
  }

  private func verdict(_ text: String, port: UInt16) throws -> PacketVerdict {
    var packet = Packet(
      source: try #require(IPAddress("10.1.0.5")), destination: try #require(IPAddress("10.2.0.5")),
      proto: IPProtocol.tcp)
    packet.destinationPort = port
    let device = try #require(read(text).devices.first)
    return ConcreteEvaluator(device: device, ingress: "a", egress: "b").forward(packet)
  }

  /// CellGate manual 4.2, 7.4.
  @Test func `What no line takes is dropped`() throws {
    let text = "cellgate 4.2\nbanner hello\n\npermit a b 10.1.0.0/24 10.2.0.5 tcp/502\n"
    #expect(try read(text).ledger.gaps.isEmpty)
    #expect(try verdict(text, port: 502).isPermitted && verdict(text, port: 503).isDenied)
  }

  @Test(arguments: ["permit a b 10.1.0.0/24 scada tcp/502", "permit a b 10.1.0.0/24 10.2.0.5 modbus", "allow all"])
  func `What is not understood leaves the verdict open`(line: String) throws {
    let text = "cellgate 4.2\n\(line)\n"
    #expect(try read(text).ledger.isIncomplete)
    let verdict = try verdict(text, port: 502)
    #expect(verdict.mayPermit && verdict.mayDeny)
  }
}
