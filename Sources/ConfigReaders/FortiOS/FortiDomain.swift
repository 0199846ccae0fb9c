import PacketSets
import RuleModel
import SourceText

/// Where a virtual domain's statements stand in the tree.
struct FortiScope {
  /// The domain's own sections.
  var own: Int
  /// `config global`, and the top of the file: settings and profiles that all domains share.
  var shared: [Int]
  /// Name of the virtual domain; nil when the device has only one.
  var name: String?
}

/// Lowers one virtual domain to a `Device`.
///
/// The parts (objects, policies, translation, …) are extensions in files of their own; this is what they share.
struct FortiDomain {
  let tree: FortiTree
  let scope: FortiScope
  let version: FortiVersion?
  var notes: FortiNotes
  var device: Device
  // Objects by name, resolved once.
  var addresses: [String: AddressBounds] = [:]
  var addresses6: [String: AddressBounds] = [:]
  var services: [String: ServiceBounds] = [:]
  /// Interfaces of each zone, SD-WAN zones included.
  var zones: [String: [String]] = [:]
  /// Ports of each switch and aggregate.
  var bundles: [String: [String]] = [:]
  /// Switches whose ports exchange frames without a policy.
  var switches: [(name: String, range: SourceRange)] = []
  /// Interfaces that an explicit proxy listens on, by the attribute that says so.
  var proxyListeners: [String: [String]] = [:]
  var explicitProxies: [FortiExplicitProxy] = []
  var virtualIPs: [FortiVirtualIP] = []
  /// Servers whose outgoing connections virtual IPs translate too.
  var translatedBack: AddressSet = .empty
  /// Index in `virtualIPs` by family and name.
  var virtualIPIndex: [IPFamily: [String: Int]] = [:]
  /// Index in `device.profiles` by what makes a profile.
  var profiles: [FortiProfileKey: Int?] = [:]
  /// Groups that are being resolved, to find circles.
  var resolving: Set<String> = []
  /// Names of `device.interfaces`.
  var interfaceNames: Set<String> = []
  /// Names that were reported as undefined.
  var reported: Set<String> = []
  /// How many undefined names a look-alike was looked for.
  var guesses = 0

  init(
    tree: FortiTree, scope: FortiScope, version: FortiVersion?, notes: FortiNotes, name: String, source: SourceRange
  ) {
    self.tree = tree
    self.scope = scope
    self.version = version
    self.notes = notes
    device = Device(name: name, platform: "fortios", passesReplies: true, source: source)
    device.instance = scope.name
    device.inspectableProtocols = Set(IndustrialProtocol.allCases)
  }

  /// Builds the whole device.
  mutating func lower() {
    lowerInterfaces()
    lowerZones()
    lowerRoutes()
    lowerVirtualIPs()
    lowerManagement()
    explicitProxies = findExplicitProxies()
    lowerForwarding()
    lowerLocal()
  }

  // MARK: Looking things up

  /// Entries of the domain's own section.
  func entries(_ path: String) -> [Int] { tree.entries(path, in: scope.own) }

  /// The domain's own entry of that name, else the one that all domains share.
  func entry(_ name: String, in path: String) -> Int? {
    for place in [scope.own] + scope.shared {
      if let section = tree.section(path, in: place), let entry = tree.nodes[section].index[name] { return entry }
    }
    return nil
  }

  /// A setting of a section without entries, the domain's own before the shared one.
  func sectionSetting(_ name: String, in path: String) -> FortiSetting? {
    for place in [scope.own] + scope.shared {
      if let section = tree.section(path, in: place), let setting = tree.setting(name, of: section) { return setting }
    }
    return nil
  }

  func sectionValue(_ name: String, in path: String) -> String? { sectionSetting(name, in: path)?.words.first }

  // MARK: Saying what is open

  /// Reasons why an entry may mean more or less than its known attributes say.
  func unknownStatements(of node: Int) -> [Uncertainty] {
    tree.nodes[node].unknown.map { Uncertainty(range: $0, reason: "a statement inside was not understood") }
  }

  /// A group that contains itself, or one nested too deeply to be followed.
  mutating func circle(_ kind: String, _ name: String, _ range: SourceRange) -> Uncertainty {
    let message = "\(kind) `\(printable(name))` contains itself, or groups are nested too deeply"
    if reported.insert(message).inserted {
      notes.issue(.dynamicObject, range, message, help: "take the group out of its own members")
    }
    return Uncertainty(range: range, reason: message)
  }

  /// An undefined name: reported once, and nothing is known of what it stands for.
  ///
  /// - Parameters:
  ///   - paths: sections whose entries may have been meant.
  ///   - extra: other names that may have been meant.
  mutating func undefined(
    _ kind: String, _ name: String, _ range: SourceRange, like paths: [String], or extra: [String] = []
  ) -> Uncertainty {
    let message = "\(kind) `\(printable(name))` is not defined in this file"
    if reported.insert(message).inserted {
      // A fragment may lack thousands of names; looking for look-alikes of a few is enough.
      var guess: String?
      if guesses < 20 {
        let names = paths.flatMap { entries($0) }.prefix(2000).map { tree.nodes[$0].name }
        guess = nearest(to: name, among: names + extra)
      }
      guesses += 1
      notes.issue(
        .undefinedReference, range, message + (guess.map { "; did you mean `\(printable($0))`?" } ?? ""),
        help: "export the whole configuration, or correct the name")
    }
    return Uncertainty(range: range, reason: message)
  }
}
