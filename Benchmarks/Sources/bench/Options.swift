import Glibc

/// What the command line asks for.
struct Options {
  var sizes: [Int] = []
  var styles: [String] = []
  var family = 4
  var format = "asa"
  /// Where lists are written; never in the repository.
  var folder = "/tmp/bulkhead-bench"
  /// The release program.
  var program = ".build/release/bulkhead"
  /// Seconds after which a program is stopped.
  var limit = 120.0
  /// Whether lists that are there already may be used.
  var reuses = false
  /// Whether slow peers get large lists as well.
  var isLong = false
  /// Programs `aclgen` by name, since capirca and aerleon both call theirs so.
  var aclgen: [(name: String, path: String)] = [("aclgen", "aclgen")]
  /// Codes of the checks that the program is to run; empty for all of them.
  var select = "RUL001,RUL002"
  /// A shipped policy pack to check against as well.
  var policy: String?
  /// How many single edits are timed.
  var edits = 3000
  /// What is no option.
  var rest: [String] = []

  init(_ arguments: [String]) throws {
    var arguments = arguments[...]
    while let option = arguments.popFirst() {
      guard option.hasPrefix("--") else {
        rest.append(option)
        continue
      }
      if option == "--reuse" {
        reuses = true
        continue
      }
      if option == "--long" {
        isLong = true
        continue
      }
      guard let value = arguments.popFirst() else { throw BenchError("\(option) needs a value") }
      let parts = value.split(separator: ",").map(String.init)
      switch option {
      case "--sizes", "--rules":
        sizes = try parts.map { part in
          guard let size = Int(part), size >= 40 else { throw BenchError("\(part) is no size; at least 40 rules") }
          return size
        }
      case "--styles": styles = parts
      case "--select": select = value == "all" ? "" : value
      case "--policy": policy = value
      case "--edits":
        guard let count = Int(value), count >= 3 else { throw BenchError("\(value) is no number of edits; at least 3") }
        edits = count
      case "--family" where value == "4" || value == "6": family = value == "6" ? 6 : 4
      case "--format" where value == "asa" || value == "iptables": format = value
      case "--data": folder = value
      case "--program": program = value
      case "--limit":
        guard let seconds = Double(value), seconds > 0 else { throw BenchError("\(value) is no number of seconds") }
        limit = seconds
      case "--aclgen":
        aclgen = parts.map { part in
          let ends = part.split(separator: "=", maxSplits: 1).map(String.init)
          return ends.count == 2 ? (ends[0], ends[1]) : ("aclgen", part)
        }
      default: throw BenchError("\(option) \(value) is not understood")
      }
    }
    mkdir(folder, 0o777)
  }

  /// The command that checks a file.
  func check(_ path: String) -> [String] {
    [program, "check", path, "--color", "never"] + (select.isEmpty ? [] : ["--select", select])
      + (policy.map { ["--policy", $0] } ?? [])
  }

  /// What the program calls the format of the lists.
  var platform: String { format == "asa" ? "cisco-asa" : "iptables-save" }

  /// Says so when there is nothing to measure.
  func requireProgram() throws {
    guard access(program, X_OK) == 0 else {
      throw BenchError("there is no program \(program); build it: Scripts/bulkhead --version")
    }
  }

  /// A program that was built beside this one.
  func sibling(_ name: String) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/" + name
  }
}
