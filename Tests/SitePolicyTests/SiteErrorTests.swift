import SitePolicy
import SourceText
import Testing

/// Every error names file, line and column, says what is wrong, and what to do.
@Suite struct SiteErrorTests {
  /// What is added to `plant`, and the error that it must give (line 10 is the first that is added).
  @Test(arguments: [
    ("polices: [purdue]", ":10:1: the site file has no key 'polices'; did you mean 'policies'?"),
    ("policies: [perdue]", ":10:12: 'perdue' is not among the shipped policies; did you mean 'purdue'?"),
    ("policies: [purdue, purdue]", ":10:20: 'purdue' is named twice under 'policies'"),
    ("policies: []", ":10:11: 'policies' is an empty list"),
    ("policies: purdue", ":10:11: 'policies' must be a list, not a text"),
    ("frameworks: [iso27001]", ":10:14: 'iso27001' is not among the shipped frameworks"),
    ("conduits:", ":10:1: 'conduits' has no value"),
    ("conduits: [a]", ":10:11: 'conduits' must be a map from names to values, not a list"),
    ("remote-access: {from: [vendor]}", ":10:16: 'remote-access' has no 'jump-hosts'"),
    (
      "remote-access: {jump-hosts: [dmz/jump], from: [vendor]}",
      ":10:30: there is no asset 'jump' in zone 'dmz'; none is declared; list it under 'assets'"
    ),
    (
      "remote-access: {jump-hosts: [dmz], from: [vender]}",
      ":10:43: there is no zone 'vender'; did you mean 'vendor'?"
    ),
    ("scope: {phase: one}", ":10:16: 'phase' is 'one'; write a whole number"),
    ("scope: {excluded: [nowhere]}", ":10:20: there is no zone 'nowhere'; choose from: corporate"),
  ])
  func `A mistake is named with its place`(added: String, expected: String) throws {
    try expectOne(added, expected)
  }

  @Test(arguments: [
    ("devices: {fw: {format: x}}", ":10:15: device 'fw' has no 'config'"),
    ("devices: {fw: {config: []}}", ":10:24: 'config' is an empty list"),
    (
      "devices: {fw: {config: a, interfaces: {e0: contrl}}}",
      ":10:44: there is no zone 'contrl'; did you mean 'control'?"
    ),
    ("devices: {fw: {config: a, interfaces: {e0: []}}}", ":10:44: 'e0' is an empty list"),
    ("devices: {fw: {config: a, from: control}}", ":10:33: device 'fw' has 'from' but no 'to'"),
    ("devices: {fw: {config: a, to: control}}", ":10:31: device 'fw' has 'to' but no 'from'"),
    ("devices: {fw: {config: a, from: dmz, to: dmz}}", ":10:42: device 'fw' sends from a zone to itself"),
    ("devices: {fw: {config: a}, fw: {config: b}}", ":10:28: the key 'fw' is given twice, first at bulkhead.yml:10:11"),
    ("devices: {a/b: {config: a}}", ":10:11: 'a/b' cannot be the name of a device"),
  ])
  func `A mistake in a device is named with its place`(added: String, expected: String) throws {
    try expectOne(added, expected)
  }

  @Test(arguments: [
    ("[{name: x, address: 10.99.0.1}]", ":10:29: no zone holds 10.99.0.1 of asset 'x'"),
    ("[{name: x, address: 10.10.3.255-10.11.0.1}]", ":10:29: no zone holds"),
    (
      "[{name: x, address: 10.10.0.1, zone: dmz}]",
      ":10:29: zone 'dmz' does not hold 10.10.0.1 of asset 'x'; zone 'control' does"
    ),
    (
      "[{name: x, address: 10.99.0.1, zone: dmz}]",
      ":10:29: zone 'dmz' does not hold 10.99.0.1 of asset 'x'; no single zone does"
    ),
    ("[{name: x, zone: dmzz}]", ":10:26: there is no zone 'dmzz'; did you mean 'dmz'?"),
    ("[{name: x}]", ":10:17: asset 'x' has neither address nor zone"),
    ("[{address: 10.10.0.1}]", ":10:10: an asset has no 'name'"),
    (
      "[{name: x, zone: dmz}, {name: x, zone: dmz}]",
      ":10:39: the asset 'x' is listed twice, first at bulkhead.yml:10:10"
    ),
    ("[{name: x, zone: dmz, consequence: saftey}]", ":10:44: 'consequence' is 'saftey'; did you mean 'safety'?"),
    ("[{name: any, zone: dmz}]", ":10:17: 'any' cannot be the name of an asset"),
    ("[{name: 10.1.2.3, zone: dmz}]", ":10:17: '10.1.2.3' cannot be the name of an asset"),
    ("missing.csv", ":10:9: the inventory 'missing.csv' cannot be read: no such file"),
  ])
  func `A mistake in an asset is named with its place`(assets: String, expected: String) throws {
    try expectOne("assets: \(assets)", expected)
  }

  /// What stands for the zone `x`, and the error that it must give.
  @Test(arguments: [
    ("{level: 2.5, networks: [10.0.0.0/8]}", ":4:14: '2.5' is no Purdue level"),
    ("{networks: [10.0.0.0/8]}", ":4:6: zone 'x' has no 'level'"),
    ("{level: 1}", ":4:6: zone 'x' has no 'networks'"),
    ("{level: 1, networks: []}", ":4:27: 'networks' is an empty list"),
    (
      "{level: 1, netwroks: [10.0.0.0/8], networks: [10.0.0.0/8]}",
      ":4:17: zone 'x' has no key 'netwroks'; did you mean 'networks'?"
    ),
    (
      "{level: 1, networks: [10.0.0.5/8]}",
      ":4:28: '10.0.0.5/8' names a host, not the network that it lies in; did you mean '10.0.0.0/8'?"
    ),
    ("{level: 1, networks: [10.0.0.256]}", ":4:28: '10.0.0.256' is not an address or network"),
    ("{level: 1, networks: [10.0.0.0/33]}", ":4:28: '10.0.0.0/33' is not an address or network"),
    ("{level: 1, networks: [010.0.0.1]}", ":4:28: '010.0.0.1' is not an address or network"),
    ("{level: 1, networks: [any]}", ":4:28: 'any' is not an address or network"),
    ("{level: 1, networks: [10.0.0.9-10.0.0.1]}", ":4:28: the address range '10.0.0.9-10.0.0.1' runs backwards"),
    ("{level: 1, networks: [[10.0.0.1]]}", ":4:28: 'networks' must be a single value, not a list"),
    ("{level: 1, networks: [10.0.0.1], sis: yes}", ":4:44: 'sis' is 'yes'; write true or false"),
    ("{level: 1, networks: [10.0.0.1], sis: true, sil: 5}", ":4:55: 'sil' is '5'; write a whole number from 1 to 4"),
    (
      "{level: 1, networks: [10.0.0.1], sil: 3}",
      ":4:44: zone 'x' has a safety integrity level but is no safety zone"
    ),
    (
      "{level: 1, networks: [10.0.0.1], consequence: money}",
      ":4:52: 'consequence' is 'money'; choose from: information, quality, production, safety"
    ),
    ("just text", ":4:6: zone 'x' must be a map of keys, not a text"),
  ])
  func `A mistake in a zone is named with its place`(zone: String, expected: String) throws {
    let found = try errors("version: 1\nsite: s\nzones:\n  x: \(zone)\n")
    #expect(found.count == 1 && found[0].hasPrefix("bulkhead.yml\(expected)"), "\(found)")
  }

  @Test(arguments: [
    ("any", "'any' cannot be the name of a zone"), ("a/b", "'a/b' cannot be"), ("'3'", "'3' cannot be"),
    ("'fe::1'", "'fe::1' cannot be"), ("' a'", "' a' cannot be"), ("\"a\\e[31m\"", "'a·[31m' cannot be"),
  ])
  func `A zone needs a name that is no path and no address`(name: String, expected: String) throws {
    let found = try errors("version: 1\nsite: s\nzones:\n  \(name): {level: 1, networks: [10.0.0.1]}\n")
    #expect(found.count == 1 && found[0].hasPrefix("bulkhead.yml:4:3: \(expected)"), "\(found)")
  }

  @Test func `Overlapping zones name both places and what they share`() throws {
    let found = try errors(
      """
      version: 1
      site: s
      zones:
        ä: {level: 1, networks: [10.9.0.0/16, 10.0.0.0/22]}
        b: {level: 2, networks: [10.0.3.128-10.0.4.5, "2001:db8::/64"]}
        c: {level: 3, networks: ["2001:db8::7"]}
      """)
    #expect(found.count == 2, "\(found)")
    #expect(
      found[0].hasPrefix(
        "bulkhead.yml:5:28: the networks of zone 'b' and zone 'ä' (bulkhead.yml:4:41) overlap in 10.0.3.128/25;"))
    #expect(
      found[1].hasPrefix(
        "bulkhead.yml:6:28: the networks of zone 'c' and zone 'b' (bulkhead.yml:5:49) overlap in 2001:db8::7;"))
  }

  @Test func `The same network in two zones overlaps, an adjacent one does not`() throws {
    let head = "version: 1\nsite: s\nzones:\n  a: {level: 1, networks: [10.0.0.0/24]}\n"
    #expect(try errors(head + "  b: {level: 2, networks: [10.0.0.0/24]}\n").count == 1)
    #expect(try load(head + "  b: {level: 2, networks: [10.0.1.0/24]}\n").zones.count == 2)
  }

  @Test func `What every site file needs`() throws {
    let zones = "zones: {a: {level: 1, networks: [10.0.0.1]}}\n"
    let missing = try errors(zones)
    #expect(missing.count == 2)
    for key in ["site", "version"] {
      #expect(missing.contains("bulkhead.yml:1:1: the site file has no '\(key)'; add the key '\(key)'"))
    }
    #expect(
      try errors("version: 2\nsite: s\n\(zones)") == [
        "bulkhead.yml:1:10: version '2' is not known; write 'version: 1'"
      ])
    #expect(try errors("version: 1\nsite: s\nzones: {}\n")[0].hasPrefix("bulkhead.yml:3:8: 'zones' is empty"))
    #expect(try errors("- a\n")[0].hasPrefix("bulkhead.yml:1:1: the site file must be a map of keys, not a list"))
    #expect(try errors("")[0].hasPrefix("bulkhead.yml:1:1: the document is empty"))
    #expect(try errors("a: [")[0].contains("this is not valid YAML"))
  }

  @Test func `All errors of a file are told at once, in order`() throws {
    let found = try errors(
      plant(
        """
        conduits:
          c:
            from: nowhere
            to: dmz
            services: [tcp]
            review: soon
        scope: {phase: x}
        policies: [b]
        """))
    #expect(
      found.map { $0.prefix { $0 != " " } }
        == [12, 14, 15, 16, 17].map { line in
          "bulkhead.yml:\(line):\([12: 11, 14: 16, 15: 13, 16: 16, 17: 12][line] ?? 0):"
        })
  }

  @Test func `A file that is wrong everywhere stops at a hundred errors, fast`() throws {
    let zones = (0..<20_000).map { "  z\($0): {level: 9, networks: [10.0.0.0/8]}\n" }.joined()
    let found = try errors("version: 1\nsite: s\nzones:\n\(zones)")
    #expect(found.count == 101)
    #expect(found.last == "… and perhaps more; correct these first")
    let conduits = (0..<20_000).map { "  c\($0): {from: x\($0), to: dmz, services: [tcp/1]}\n" }.joined()
    #expect(try errors(plant("conduits:\n\(conduits)")).count == 101)
  }

  @Test func `A large site is read`() throws {
    let zones = (0..<10_000).map { "  z\($0): {level: 1, networks: [10.\($0 / 256).\($0 % 256).0/24]}\n" }.joined()
    let assets = (0..<10_000).map { "a\($0),10.\($0 / 256).\($0 % 256).7\n" }.joined()
    let site = try load(
      "version: 1\nsite: s\nzones:\n\(zones)assets: a.csv\n", files: ["a.csv": "name,address\n\(assets)"])
    #expect(site.assets.last?.zone == "z9999")
  }

  private func expectOne(_ added: String, _ expected: String) throws {
    let found = try errors(plant(added + "\n"))
    #expect(found.count == 1 && found[0].hasPrefix("bulkhead.yml\(expected)"), "\(found)")
  }
}
