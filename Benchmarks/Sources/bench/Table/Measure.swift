import ConfigReaders
import Glibc
import Reachability
import RuleModel
import SourceText

/// Times of reading and of the engine in this process, in seconds.
struct Measurement {
  var read = (wall: Double.infinity, user: Double.infinity)
  var engine = (wall: Double.infinity, user: Double.infinity)
  /// Covered rules of all lists; -1 when the engine gave no answer.
  var covered = -1

  /// Reads a file and finds its covered rules, three times or once when it is slow.
  init(path: String, format: String) throws {
    guard let platform = Platform.named(format) else { throw BenchError("there is no format \(format)") }
    let file = try SourceFile(path: path, bytes: try bytes(of: path))
    for _ in 0..<3 where engine.wall == .infinity || engine.wall + read.wall < 10 {
      let (reading, readTime) = timed { platform.read(file) }
      read = least(read, readTime)
      guard let device = reading.devices.first else { throw BenchError("\(path) holds no device") }
      let (count, engineTime) = timed { coveredRules(of: device) }
      engine = least(engine, engineTime)
      covered = count ?? -1
    }
  }

  /// One line that `init(line:)` understands.
  var line: String { "\(read.wall) \(read.user) \(engine.wall) \(engine.user) \(covered)" }

  init?(line: String) {
    let fields = line.split(separator: " ").compactMap { Double($0) }
    guard fields.count == 5 else { return nil }
    read = (fields[0], fields[1])
    engine = (fields[2], fields[3])
    covered = Int(fields[4])
  }
}

/// The engine: how many rules of a device are covered by earlier ones; nil when it gives no answer.
private func coveredRules(of device: Device) -> Int? {
  ruleCoverage(of: device)?.reduce(0) { $0 + $1.covered.count }
}

private func timed<T>(_ work: () -> T) -> (T, (wall: Double, user: Double)) {
  let start = (now(), processorTime())
  let result = work()
  return (result, (now() - start.0, processorTime() - start.1))
}

private func least(_ a: (wall: Double, user: Double), _ b: (wall: Double, user: Double)) -> (wall: Double, user: Double)
{
  (min(a.wall, b.wall), min(a.user, b.user))
}

private func bytes(of path: String) throws -> [UInt8] {
  guard let size = fileSize(path), let file = fopen(path, "r") else { throw BenchError("\(path) cannot be read") }
  defer { fclose(file) }
  return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in count = fread(buffer.baseAddress, 1, size, file)
  }
}
