import Glibc

/// A program that is run on the same lists.
struct Peer {
  /// What it found and, where it tells, what its analysis alone took, in seconds.
  struct Answer {
    /// Nil for programs that look for no covered rules.
    var found: Int?
    var engine: Double?
  }

  var name: String
  /// The format that it reads.
  var format: String
  /// Whether its time grows with the square of the rules or worse.
  var isSlow = false
  /// Exit codes of a run that did its work.
  var statuses: Set<Int32> = [0]
  /// The command for a list.
  var command: (GeneratedFiles) -> [String]
  /// What the program printed, read from a file.
  var answer: (String) -> Answer
}

/// A peer, or why it is left out.
enum PeerSearch {
  case present(Peer)
  case absent(name: String, reason: String)
}

/// How many different rules the lines of a file name behind one word and before another.
func distinctNames(in path: String, after start: String, before end: String) -> Int {
  var names: Set<Substring> = []
  forEachLine(of: path) { line in
    let line = text(line)
    guard let from = line.ranges(of: start).first?.upperBound else { return }
    let rest = line[from...]
    guard let to = rest.ranges(of: end).first?.lowerBound else { return }
    names.insert(rest[..<to])
  }
  return names.count
}
