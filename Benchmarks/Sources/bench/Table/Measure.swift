import ConfigReaders
import Glibc
import PacketSets
import Reachability
import RuleModel
import SourceText

/// Times of one step within this process, in seconds.
typealias StepTime = (wall: Double, user: Double)

/// Times of reading and of the engine in this process.
struct Measurement {
  /// What the engine is asked for.
  enum Question: String {
    /// Rules that no packet reaches.
    case covered
    /// The other anomalies as well.
    case all

    var kinds: AnomalyKinds { self == .all ? .all : .covered }
  }

  var read: StepTime = (.infinity, .infinity)
  var engine: StepTime = (.infinity, .infinity)
  /// Anomalies of all lists.
  var found = 0

  /// Reads a file and analyses it, three times or once when it is slow.
  init(path: String, format: String, question: Question) throws {
    let (platform, file) = try source(path, format: format)
    for _ in 0..<3 where engine.wall == .infinity || engine.wall + read.wall < 10 {
      let (reading, readTime) = try timed { platform.read(file) }
      read = least(read, readTime)
      guard let device = reading.devices.first else { throw BenchError("\(path) holds no device") }
      let (anomalies, engineTime) = try timed { try ruleAnomalies(of: device, kinds: question.kinds) }
      engine = least(engine, engineTime)
      found = anomalies.covered.count + anomalies.redundant.count
      found += anomalies.overlapping.count + anomalies.partlyCovered.count
    }
  }

  /// One line that `init(line:)` understands.
  var line: String { "\(read.wall) \(read.user) \(engine.wall) \(engine.user) \(found)" }

  init?(line: String) {
    let fields = line.split(separator: " ").compactMap { Double($0) }
    guard fields.count == 5 else { return nil }
    read = (fields[0], fields[1])
    engine = (fields[2], fields[3])
    found = Int(fields[4])
  }
}

/// A file and what reads it.
func source(_ path: String, format: String) throws -> (Platform, SourceFile) {
  guard let platform = Platform.named(format) else { throw BenchError("there is no format \(format)") }
  return (platform, try SourceFile(path: path, bytes: try bytes(of: path)))
}

/// The first device of a file.
func device(_ path: String, format: String) throws -> Device {
  let (platform, file) = try source(path, format: format)
  guard let device = platform.read(file).devices.first else { throw BenchError("\(path) holds no device") }
  return device
}

/// What some work gives, and what it took.
func timed<T>(_ work: () throws -> T) throws -> (T, StepTime) {
  let start = (now(), processorTime())
  let result = try work()
  return (result, (now() - start.0, processorTime() - start.1))
}

/// The lesser of each time.
func least(_ a: StepTime, _ b: StepTime) -> StepTime { (min(a.wall, b.wall), min(a.user, b.user)) }

private func bytes(of path: String) throws -> [UInt8] {
  guard let size = fileSize(path), let file = fopen(path, "r") else { throw BenchError("\(path) cannot be read") }
  defer { fclose(file) }
  return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in count = fread(buffer.baseAddress, 1, size, file)
  }
}
