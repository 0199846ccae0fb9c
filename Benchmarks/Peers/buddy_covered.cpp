// Counts the covered rules of a list with a BDD library, as one would write it down first: keep the set of packets that no
// rule has taken yet, and ask for every rule whether some of its packets are among them.
//
//   buddy_covered LIST.tsv    prints: covered N engine_ms X user_ms Y
//
// The order of variables is the best that we know for such lists: destination, source, protocol, ports.
#include <bdd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <vector>

namespace {

enum Field { kProtocol, kSource, kDestination, kSourcePort, kDestinationPort, kFields };

struct Layout {
  int bits;
  int first;
};

const Layout kLayout[kFields] = {{8, 64}, {32, 32}, {32, 0}, {16, 88}, {16, 72}};
const Field kDeepestFirst[kFields] = {kSourcePort, kDestinationPort, kProtocol, kSource, kDestination};

struct Range {
  uint32_t low, high;
  bool operator<(const Range &other) const { return low != other.low ? low < other.low : high < other.high; }
};

// The numbers of a field that are at least (or at most) a bound, lowest bit first.
bdd bounded(Field field, uint32_t bound, bool isLower) {
  bdd result = bddtrue;
  for (int bit = 0; bit < kLayout[field].bits; bit++) {
    int variable = kLayout[field].first + kLayout[field].bits - 1 - bit;
    bool isOne = bound >> bit & 1;
    bdd inside = isLower ? bdd_ithvar(variable) : bdd_nithvar(variable);
    result = isOne == isLower ? (inside & result) : (inside | result);
  }
  return result;
}

bdd ranged(Field field, Range range) {
  static std::map<Range, bdd> known[kFields];
  auto place = known[field].find(range);
  if (place != known[field].end()) return place->second;
  bdd made = bounded(field, range.low, true) & bounded(field, range.high, false);
  known[field].emplace(range, made);
  return made;
}

bool isAll(Field field, Range range) {
  uint32_t most = kLayout[field].bits == 32 ? UINT32_MAX : (1u << kLayout[field].bits) - 1;
  return range.low == 0 && range.high == most;
}

}  // namespace

int main(int count, char **arguments) {
  FILE *file = count == 2 ? fopen(arguments[1], "r") : nullptr;
  if (!file) return 2;
  struct Rule {
    Range fields[kFields];
  };
  std::vector<Rule> rules;
  char action[16];
  while (fscanf(file, "%15s", action) == 1) {
    Rule rule;
    for (Range &range : rule.fields) {
      if (fscanf(file, "%u %u", &range.low, &range.high) != 2) return 2;
    }
    rules.push_back(rule);
  }

  bdd_init(20000000, 4000000);
  bdd_setvarnum(104);
  bdd_setmaxincrease(20000000);
  bdd_gbc_hook(nullptr);
  auto start = std::chrono::steady_clock::now();
  clock_t started = clock();
  size_t covered = 0;
  {
    bdd left = bddtrue;
    for (const Rule &rule : rules) {
      bdd match = bddtrue;
      for (Field field : kDeepestFirst) {
        if (!isAll(field, rule.fields[field])) match = ranged(field, rule.fields[field]) & match;
      }
      if ((match & left) == bddfalse) {
        covered++;
      } else {
        left = bdd_apply(left, match, bddop_diff);
      }
    }
  }
  double wall = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  printf("covered %zu engine_ms %.1f user_ms %.1f\n", covered, wall, 1000.0 * (clock() - started) / CLOCKS_PER_SEC);
  // Without running destructors of cached diagrams, which would outlive the library.
  fflush(stdout);
  _Exit(0);
}
