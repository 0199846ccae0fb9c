import Glibc

/// What a program that was run took.
struct ChildOutcome {
  /// Exit code; nil when it was ended, by the time limit or a signal.
  var status: Int32?
  /// Seconds from start to end.
  var wall: Double
  /// Seconds of processor time: the program's own and the kernel's for it.
  var user: Double
  var system: Double
  /// Largest resident memory, in bytes. Never less than what the starting process has, so that one is kept small.
  var peak: Int
  var isOverLimit = false
}

/// Runs a program and waits for it.
///
/// - Parameters:
///   - output: file that gets standard output.
///   - errors: file that gets standard error; the same file may be given for both.
///   - limit: seconds after which it is killed.
/// - Throws: `BenchError` when it cannot be started.
func run(
  _ arguments: [String], output: String = "/dev/null", errors: String = "/dev/null",
  limit: Double
) throws -> ChildOutcome {
  var files = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&files)
  defer { posix_spawn_file_actions_destroy(&files) }
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
  if errors == output {
    posix_spawn_file_actions_adddup2(&files, 1, 2)
  } else {
    posix_spawn_file_actions_addopen(&files, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
  }
  // The end of the child is awaited as a signal, which must stay pending until then.
  var childSignal = sigset_t()
  sigemptyset(&childSignal)
  sigaddset(&childSignal, SIGCHLD)
  sigprocmask(SIG_BLOCK, &childSignal, nil)
  var none = sigset_t()
  sigemptyset(&none)
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

  var strings = arguments.map { strdup($0) } + [nil]
  defer { for string in strings { free(string) } }
  var process: pid_t = 0
  let start = now()
  let failure = posix_spawnp(&process, arguments[0], &files, &attributes, &strings, environ)
  guard failure == 0 else { throw BenchError("\(arguments[0]) cannot be run: \(String(cString: strerror(failure)))") }

  var outcome = ChildOutcome(status: nil, wall: 0, user: 0, system: 0, peak: 0)
  var status: Int32 = 0
  var usage = rusage()
  while wait4(process, &status, WNOHANG, &usage) == 0 {
    let left = limit - (now() - start)
    if left <= 0 {
      outcome.isOverLimit = true
      // Its own group, so that what it started ends too.
      kill(-process, SIGKILL)
      wait4(process, &status, 0, &usage)
      break
    }
    var patience = timespec(tv_sec: Int(left), tv_nsec: Int((left - left.rounded(.down)) * 1e9))
    sigtimedwait(&childSignal, nil, &patience)
  }
  outcome.wall = now() - start
  outcome.user = seconds(usage.ru_utime)
  outcome.system = seconds(usage.ru_stime)
  outcome.peak = usage.ru_maxrss * 1024
  // As WIFEXITED and WEXITSTATUS, which are macros.
  if status & 0x7F == 0 { outcome.status = status >> 8 & 0xFF }
  return outcome
}

/// Runs a program up to `times` times and keeps the least of each time and the most memory; once only when it is slow.
func best(of times: Int, _ once: () throws -> ChildOutcome) throws -> ChildOutcome {
  var best = try once()
  for _ in 1..<times where !best.isOverLimit && best.wall < 20 {
    let next = try once()
    best.wall = min(best.wall, next.wall)
    best.user = min(best.user, next.user)
    best.system = min(best.system, next.system)
    best.peak = max(best.peak, next.peak)
  }
  return best
}

/// Seconds of a clock that only goes forward.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Seconds of processor time that this process has taken.
func processorTime() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return seconds(usage.ru_utime)
}

private func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
