import Glibc

/// Every peer that is known, with those that are not installed.
func knownPeers(_ options: Options) throws -> [PeerSearch] {
  [try buddy(options)] + options.aclgen.map { aclgen($0.name, $0.path, options) }
    + [fwbuilder(options), nft(), iptables()]
}

/// Compiles a program on the BDD library BuDDy on the spot; gives its path, or why there is none.
func buddyProgram(_ name: String, _ options: Options) throws -> (path: String?, reason: String) {
  guard let compiler = installed("c++"), fileSize("/usr/include/bdd.h") != nil else {
    return (nil, "libbdd-dev or a C++ compiler is not installed")
  }
  let program = "\(options.folder)/\(name)"
  let compiled = try run(
    [compiler, "-O2", "-o", program, "Benchmarks/Peers/\(name).cpp", "-lbdd"], errors: program + ".log", limit: 120)
  return compiled.status == 0 ? (program, "") : (nil, "it does not compile, see \(program).log")
}

/// A naive loop.
private func buddy(_ options: Options) throws -> PeerSearch {
  let name = "BuDDy loop"
  let (program, reason) = try buddyProgram("buddy_covered", options)
  guard let program else { return .absent(name: name, reason: reason) }
  return .present(
    Peer(
      name: name, format: "tsv", command: { [program, $0.path("tsv")] },
      answer: { output in
        var answer = Peer.Answer()
        forEachLine(of: output) { line in
          let words = text(line).split(separator: " ")
          guard words.count == 6, words[0] == "covered" else { return }
          answer = Peer.Answer(found: Int(words[1]), engine: Double(words[3]).map { $0 / 1000 })
        }
        return answer
      }))
}

/// capirca or aerleon with the check for shaded terms.
private func aclgen(_ name: String, _ path: String, _ options: Options) -> PeerSearch {
  guard let program = installed(path) else { return .absent(name: name, reason: "\(path) is not installed") }
  let output = "\(options.folder)/aclgen-output"
  mkdir(output, 0o777)
  return .present(
    Peer(
      name: "\(name) --shade_check", format: "capirca", isSlow: true,
      command: { files in
        let folder = files.path("capirca")
        let list = files.base.split(separator: "/").last.map(String.init) ?? ""
        return [
          program, "--base_directory", "\(folder)/pol", "--definitions_directory", "\(folder)/def", "--policy_file",
          "\(folder)/pol/\(list).pol", "--output_directory", output, "--shade_check",
        ]
      },
      answer: { output in
        // Both print `r12 is shaded by r3`, once for each pair.
        var covered: Set<Substring> = []
        forEachLine(of: output) { line in
          let words = text(line).split(separator: " ")
          if let place = words.firstIndex(of: "shaded"), place >= 2 { covered.insert(words[place - 2]) }
        }
        return Peer.Answer(found: covered.count)
      }))
}

private func fwbuilder(_ options: Options) -> PeerSearch {
  guard let program = installed("fwb_ipt") else { return .absent(name: "fwb_ipt", reason: "it is not installed") }
  return .present(
    Peer(
      name: "fwb_ipt check_shading", format: "fwb", isSlow: true, statuses: [0, 1],
      command: { [program, "-xt", "-f", $0.path("fwb"), "-d", options.folder, "fw"] },
      answer: { Peer.Answer(found: distinctNames(in: $0, after: "shadows rule '", before: "'")) }))
}

/// Checks syntax and semantics, no covered rules.
private func nft() -> PeerSearch {
  guard let program = installed("nft"), let unshare = installed("unshare") else {
    return .absent(name: "nft -c", reason: "nft or unshare is not installed")
  }
  return .present(
    Peer(
      name: "nft -c (syntax)", format: "nft",
      command: { [unshare] + namespace + [program, "-c", "-f", $0.path("nft")] },
      answer: { _ in Peer.Answer() }))
}

/// Reads the list and lays it out for the kernel, no covered rules.
private func iptables() -> PeerSearch {
  let name = "iptables-legacy-restore"
  guard let program = installed(name), let unshare = installed("unshare") else {
    return .absent(name: name, reason: "it or unshare is not installed")
  }
  guard getuid() == 0 else { return .absent(name: name, reason: "it needs root") }
  return .present(
    Peer(
      name: name + " --test", format: "iptables",
      command: { [unshare] + namespace + [program, "--test", $0.path("iptables")] }, answer: { _ in Peer.Answer() }))
}

/// A network namespace of its own, so that nothing of the machine is touched.
private var namespace: [String] { getuid() == 0 ? ["-n"] : ["-r", "-n"] }
