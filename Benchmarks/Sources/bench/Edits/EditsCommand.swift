import Glibc

/// `bench edits`: what it takes to keep up covered rules while a long list is edited.
struct EditsCommand {
  let options: Options

  func run() throws {
    for style in options.styles.isEmpty ? ["acl"] : options.styles {
      for size in options.sizes.isEmpty ? [100_000] : options.sizes {
        let files = try GeneratedFiles.make(
          style, size, family: options.family, formats: [options.format], options: options)
        let output = files.base + ".edits"
        let outcome = try bench.run(
          [
            options.sibling("bench"), "measure-edits", files.path(options.format), options.platform, "--edits",
            "\(options.edits)",
          ], output: output, errors: output, limit: options.limit)
        print("\(files.base.split(separator: "/").last ?? ""):")
        forEachLine(of: output) { print(text($0)) }
        if outcome.status != 0 { print(outcome.isOverLimit ? "not done in \(Int(options.limit)) s" : "failed") }
        fflush(nil)
      }
    }
  }
}
