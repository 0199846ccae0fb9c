import PacketSets
import RuleModel
import SourceText

extension IOSReader {
  mutating func beginInterface() {
    mark(.used)
    // `interface range …` of scripts names several; what follows would have to be given to each.
    if words.takes("range") {
      block = .notModelled
      return gap(changes: true, "`interface range` is not modelled; export the configuration that results")
    }
    var name = words.takeText() ?? ""
    // `interface GigabitEthernet 0/1` is written with a blank in scripts; `point-to-point` may follow.
    if let last = name.utf8.last, !ASCII.isDigit(last), let next = words.next,
      ASCII.isDigit(file.bytes[next.lowerBound])
    {
      name += words.takeText() ?? ""
    }
    guard !name.isEmpty else { return unrecognised("interface") }
    if let known = config.interfaceIndex[name] {
      block = .interface(known)
      return
    }
    if name.hasPrefix("vasi") {
      config.leaks.append(here)
      gap(changes: true, "`\(printable(name))` joins virtual routing tables, which is not modelled")
    }
    config.interfaceIndex[name] = config.interfaces.count
    block = .interface(config.interfaces.count)
    var interface = IOSInterface(name: name, source: here)
    interface.vlan = interface.switchedVLAN
    config.interfaces.append(interface)
  }

  /// Statements that the top level does not have.
  static func isInterfaceStatement(_ word: String, _ words: CiscoWords) -> Bool {
    switch word {
    case "description", "shutdown", "switchport", "zone-member", "encapsulation", "duplex", "speed", "negotiation": true
    case "ip", "ipv6":
      if words.ranges.count > 2 {
        switch words.text(words.ranges[1]) {
        case "address", "access-group", "traffic-filter", "unnumbered", "proxy-arp": true
        case "nat": words.ranges.count == 3
        default: false
        }
      } else {
        false
      }
    default: false
    }
  }

  mutating func interfaceStatement(_ index: Int) {
    mark(.used)
    let first = words.takeText() ?? ""
    switch first {
    case "description", "description:": config.interfaces[index].description = words.rest
    case "shutdown": config.interfaces[index].isShutdown = true
    case "ip": interfaceIPv4(index)
    case "ipv6": interfaceIPv6(index)
    case "vrf":
      guard words.takes("forwarding") else {
        config.leaks.append(here)
        return gap(changes: true, "`vrf receive` joins virtual routing tables, which is not modelled")
      }
      config.interfaces[index].vrf = words.takeText()
    case "zone-member":
      guard words.takes("security"), let zone = words.takeText() else { return unrecognised("zone") }
      config.interfaces[index].zone = zone
    case "encapsulation":
      if words.takes("dot1Q") || words.takes("dot1q") { config.interfaces[index].vlan = words.takeNumber() }
    case "switchport": switchport(index)
    case "mac" where words.isNext("access-group"):
      gap(changes: false, "MAC access lists are for frames that are not IP")
    case "crypto" where words.takes("map"):
      gap(
        changes: true,
        "packets out of this VPN pass without the interface's access list (Cisco IOS 12.3(8)T, \"Crypto Access Check on Clear-Text Packets\")"
      )
    case "bridge-group":
      gap(changes: true, "`bridge-group` joins interfaces below IP, which is not modelled")
    case "rate-limit": gap(changes: false, "packets above a rate are dropped, which is not modelled")
    case "no": interfaceNegated(index)
    case "ospfv3", "isis":
      config.hasOtherRoutes = true
      config.otherLines.append(line)
    case _ where IOSStatements.interface.contains(first):
      config.otherLines.append(line)
      mark(.irrelevant)
    default: unrecognised("setting of interface `\(printable(config.interfaces[index].name))`")
    }
  }

  private mutating func switchport(_ index: Int) {
    config.interfaces[index].isSwitchport = true
    if words.takes("access") {
      if words.takes("vlan") { config.interfaces[index].accessVLAN = words.takeNumber() }
    } else if words.takes("mode"), words.isNext("trunk") {
      config.interfaces[index].accessVLAN = nil
    }
  }

  private mutating func interfaceNegated(_ index: Int) {
    let first = words.takeText() ?? ""
    switch first {
    case "shutdown": config.interfaces[index].isShutdown = false
    case "switchport" where words.isAtEnd:
      config.interfaces[index].isSwitchport = false
      config.interfaces[index].accessVLAN = nil
    case "zone-member": config.interfaces[index].zone = nil
    case "ip", "ipv6":
      let second = words.takeText() ?? ""
      switch second {
      case "address" where words.isAtEnd:
        config.interfaces[index].addresses.removeAll { ($0.address.family == .v6) == (first == "ipv6") }
      case "access-group", "traffic-filter":
        let direction = words.statement.hasSuffix(" out") ? IOSBindingPlace.Direction.outbound : .inbound
        config.bindings[place(index, direction, isV6: first == "ipv6")] = nil
      case "inspect":
        let direction = words.statement.hasSuffix(" out") ? IOSBindingPlace.Direction.outbound : .inbound
        config.inspections[place(index, direction, isV6: first == "ipv6")] = nil
      case "nat":
        if words.isNext("inside") { config.interfaces[index].isNATInside = false }
        if words.isNext("outside") { config.interfaces[index].isNATOutside = false }
      default: mark(.irrelevant)
      }
    default: mark(.irrelevant)
    }
  }

  // MARK: - Addresses and lists

  private mutating func interfaceIPv4(_ index: Int) {
    let second = words.takeText() ?? ""
    switch second {
    case "address": address(index)
    case "unnumbered": config.interfaces[index].borrowsFrom = words.takeText()
    case "access-group": bind(index, isV6: false)
    case "vrf":
      guard words.takes("forwarding") else {
        config.leaks.append(here)
        return gap(changes: true, "`ip vrf receive` joins virtual routing tables, which is not modelled")
      }
      config.interfaces[index].vrf = words.takeText()
    case "nat":
      if words.takes("inside") {
        config.interfaces[index].isNATInside = true
      } else if words.takes("outside") {
        config.interfaces[index].isNATOutside = true
      } else {
        gap(changes: true, "`ip nat enable` translates between virtual routing tables and is not modelled")
      }
    case "inspect": inspect(index, isV6: false)
    case "policy":
      config.hasOtherRoutes = true
      gap(changes: true, "`ip policy route-map` changes where packets go and is not modelled")
    case "verify":
      config.interfaces[index].checksSourceAddress = sourceCheck()
      gap(changes: false, "`ip verify` drops more packets than the rules do")
    case "ips": gap(changes: false, "`ip ips` drops more packets than the rules do")
    case "auth-proxy", "admission":
      gap(changes: true, "users that authenticate bring access lists of their own, which are not in this file")
    case "wccp":
      config.hasOtherRoutes = true
      gap(changes: true, "`ip wccp` sends packets elsewhere and is not modelled")
    case _ where IOSStatements.bringsRoutes.contains(second):
      config.hasOtherRoutes = true
      config.otherLines.append(line)
    case _ where IOSStatements.interfaceIP.contains(second):
      config.otherLines.append(line)
      mark(.irrelevant)
    default: unrecognised("setting of interface `\(printable(config.interfaces[index].name))`")
    }
  }

  /// What follows `ip verify`: `unicast reverse-path`, `unicast source reachable-via rx|any`, each with a list of exceptions.
  ///
  /// Strict mode wants the best route back by this interface; loose mode any route at all, which a forged inner address has
  /// (Cisco IOS Security Command Reference, "ip verify unicast source reachable-via").
  private mutating func sourceCheck() -> Bool? {
    guard words.takes("unicast") else { return nil }
    var isStrict = words.takes("reverse-path")
    if !isStrict {
      guard words.takes("source"), words.takes("reachable-via") else { return nil }
      isStrict = words.takes("rx")
      if !isStrict, !words.takes("any") { return nil }
    }
    while words.takes("allow-default") || words.takes("allow-self-ping") || words.takes("l2-src") {}
    return isStrict && !words.isAtEnd ? nil : isStrict
  }

  private mutating func address(_ index: Int) {
    if words.isNext("dhcp") || words.isNext("negotiated") || words.isNext("pool") {
      config.interfaces[index].hasDynamicAddress = true
      return
    }
    guard let word = words.take(), let address = IPAddress(words.text(word)),
      let mask = words.take().flatMap(words.quad)
    else { return unrecognised("interface address") }
    // Some captures have addresses overwritten, so that the mask is none.
    guard let length = mask.prefixLength, let network = IPPrefix(address, length: length) else {
      return gap(
        .notRecognised, changes: true, "this address has no network mask; the interface's network is not known")
    }
    config.interfaces[index].addresses.append(InterfaceAddress(address: address, network: network))
  }

  private mutating func interfaceIPv6(_ index: Int) {
    let second = words.takeText() ?? ""
    switch second {
    case "address":
      let text = words.takeText() ?? ""
      let parts = text.split(separator: "/")
      if parts.count == 2, let network = IPPrefix(text), let address = IPAddress(parts[0]) {
        config.interfaces[index].addresses.append(InterfaceAddress(address: address, network: network))
      } else if text == "autoconfig" || text == "dhcp" || words.isNext("link-local") || words.isAtEnd == false {
        // Learned by neighbour discovery or from a server, or local to the link: no network that the file tells.
        return
      } else {
        unrecognised("interface address")
      }
    case "traffic-filter": bind(index, isV6: true)
    case "inspect": inspect(index, isV6: true)
    case "nat": gap(changes: true, "IPv6 address translation is not modelled")
    case "policy":
      config.hasOtherRoutes = true
      gap(changes: true, "`ipv6 policy route-map` changes where packets go and is not modelled")
    case "verify": gap(changes: false, "`ipv6 verify` drops more packets than the rules do")
    case _ where IOSStatements.bringsRoutes.contains(second): config.hasOtherRoutes = true
    case _ where IOSStatements.interfaceIPv6.contains(second):
      mark(.irrelevant)
    default: unrecognised("setting of interface `\(printable(config.interfaces[index].name))`")
    }
  }

  /// `ip access-group NAME in|out`, `ipv6 traffic-filter NAME in|out`: one for each direction, the last counts.
  private mutating func bind(_ index: Int, isV6: Bool) {
    guard let list = words.takeText() else { return unrecognised("binding") }
    let isInbound = words.takes("in")
    guard isInbound || words.takes("out") else { return unrecognised("binding") }
    let place = place(index, isInbound ? .inbound : .outbound, isV6: isV6)
    config.bindings[place] = IOSBinding(list: list, place: place, source: here)
  }

  private func place(_ index: Int, _ direction: IOSBindingPlace.Direction, isV6: Bool) -> IOSBindingPlace {
    IOSBindingPlace(interface: config.interfaces[index].name, direction: direction, isV6: isV6)
  }

  private mutating func inspect(_ index: Int, isV6: Bool) {
    guard let name = words.takeText(), words.isNext("in") || words.isNext("out") else {
      return unrecognised("inspection")
    }
    let place = place(index, words.isNext("in") ? .inbound : .outbound, isV6: isV6)
    config.inspections[place] = IOSInspection(name: name, place: place, source: here)
  }

  /// The interface that a statement names, in full or abbreviated (`Gi0/1`); nil when none or several are meant.
  func interfaceName(_ text: String) -> String? {
    if config.interfaceIndex[text] != nil { return text }
    let (letters, numbers) = parts(text)
    let found = config.interfaces.filter {
      let (others, place) = parts($0.name)
      return place == numbers && others.hasPrefix(letters)
    }
    return found.count == 1 ? found[0].name : nil
  }

  private func parts(_ name: String) -> (letters: String, numbers: Substring) {
    let letters = name.prefix { !$0.isNumber }
    return (letters.lowercased(), name.dropFirst(letters.count))
  }
}
