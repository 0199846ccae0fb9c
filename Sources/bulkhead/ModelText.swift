import PacketSets
import RuleModel

func text(_ action: Action, _ device: Device) -> String {
  switch action {
  case .permit: "permit"
  case .deny(let rejects): rejects ? "reject" : "deny"
  case .proceed: "proceed"
  case .jump(let list): "jump \(device.lists[list].name)"
  case .goto(let list): "goto \(device.lists[list].name)"
  case .leave: "return"
  case .unknown: "unknown"
  }
}

func text(_ match: InterfaceMatch) -> String {
  (match.isNegated ? "not " : "") + (match.patterns ?? ["any"]).joined(separator: ", ")
}

func text(_ fallback: DefaultAction) -> String {
  switch fallback.origin {
  case .configured: "\(fallback.verdict) (configured)"
  case .implicit(let why): "\(fallback.verdict) (implicit: \(why))"
  case .factory(let why): "\(fallback.verdict) (factory: \(why))"
  }
}

func text(_ state: RuleState) -> String {
  switch state {
  case .active: "active"
  case .disabled: "disabled"
  case .scheduled(let name): "scheduled \(name)"
  }
}

func text(_ translation: AddressTranslation) -> String {
  switch translation {
  case .prefix(let from, let to): "\(from) -> \(to)"
  case .pool(let pool): "one of \(pool)"
  case .egressInterface: "address of the egress interface"
  case .unknown(let uncertainty): "unknown: \(uncertainty.reason)"
  }
}

func text(_ content: DiodeTransfer.Content) -> String {
  switch content {
  case .stream(let service): "stream \(service)"
  case .files(let from, let to): "files \(from) -> \(to)"
  case .modbus(let registers, let coils): "modbus \(registers.count) registers, \(coils.count) coils"
  case .opcUA(let nodes): "opc-ua \(nodes.count) nodes"
  case .screen: "screen"
  }
}
