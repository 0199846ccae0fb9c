import Checks
import PacketSets
import RuleModel
import SourceText

/// The services and industrial functions that a question is about.
struct QuestionService {
  var service: Service = .any
  var function: FunctionMatch = .any
  /// `tcp/502, modbus write`; `any service`.
  var text = "any service"

  /// - Parameters:
  ///   - service: as in a site file: `tcp/502`; nil for any.
  ///   - function: `write`, of the protocol whose port it is; or `modbus write`, `modbus 5`; nil for any or none.
  /// - Throws: `EngineError.invalid`.
  init(service: String?, function: String?) throws(EngineError) {
    do throws(TextProblem) {
      if let service { self.service = try parseService(service) }
      if let service { text = service }
      guard let function else { return }
      self.function = FunctionMatch(functions: try industrialFunctions(function, on: self.service))
      text += ", \(function)"
    } catch { throw .invalid(["\(error.message); \(error.help)"]) }
  }
}

/// The functions that a text means on a service.
func industrialFunctions(_ text: String, on service: Service) throws(TextProblem) -> IntervalSet<UInt16> {
  let words = text.split { $0 == " " || $0 == ":" }.map(String.init).filter { $0 != "function" }
  let named = words.first.flatMap { IndustrialProtocol(name: $0) }
  guard words.count == (named == nil ? 1 : 2), let what = words.last else {
    throw TextProblem(
      message: "\(quoted(text)) is no function",
      help:
        "write read, write, program, diagnose or other, with a protocol in front where the port does not tell: 'modbus write'"
    )
  }
  let protocols = named.map { [$0] } ?? protocols(on: service)
  guard !protocols.isEmpty else {
    throw TextProblem(
      message: "\(quoted(text)) on \(service) could be of any protocol", help: "name it: 'modbus \(what)'")
  }
  var functions = IntervalSet<UInt16>.empty
  for one in protocols { functions = functions.union(try parseFunctions(what, of: one)) }
  return functions
}

/// The industrial protocols that the ports of a service are known for; none where it is any service.
private func protocols(on service: Service) -> [IndustrialProtocol] {
  guard !service.destinationPorts.isAll else { return [] }
  var found: [IndustrialProtocol] = []
  for known in industrialServices where known.service.overlaps(service) {
    guard let name = known.industrialProtocol, !found.contains(name) else { continue }
    // MMS runs on the port of S7.
    found += name == .s7 ? [.s7, .mms] : [name]
  }
  return found
}
