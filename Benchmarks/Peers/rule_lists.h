// What the programs on the BDD library BuDDy share: lists of rules, and the diagram of what a rule matches.
//
// The order of variables is the best that we know for such lists: destination, source, protocol, ports.
#pragma once

#include <bdd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <vector>

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

struct Rule {
  bool permits;
  Range fields[kFields];
};

// The rules of a .tsv file; ends the program when it cannot be read.
inline std::vector<Rule> read_rules(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) exit(2);
  std::vector<Rule> rules;
  char action[16];
  while (fscanf(file, "%15s", action) == 1) {
    Rule rule;
    rule.permits = action[0] == 'p';
    for (Range &range : rule.fields) {
      if (fscanf(file, "%u %u", &range.low, &range.high) != 2) exit(2);
    }
    rules.push_back(rule);
  }
  fclose(file);
  return rules;
}

// The numbers of a field that are at least (or at most) a bound, lowest bit first.
inline bdd bounded(Field field, uint32_t bound, bool isLower) {
  bdd result = bddtrue;
  for (int bit = 0; bit < kLayout[field].bits; bit++) {
    int variable = kLayout[field].first + kLayout[field].bits - 1 - bit;
    bool isOne = bound >> bit & 1;
    bdd inside = isLower ? bdd_ithvar(variable) : bdd_nithvar(variable);
    result = isOne == isLower ? (inside & result) : (inside | result);
  }
  return result;
}

inline bdd ranged(Field field, Range range) {
  static std::map<Range, bdd> known[kFields];
  auto place = known[field].find(range);
  if (place != known[field].end()) return place->second;
  bdd made = bounded(field, range.low, true) & bounded(field, range.high, false);
  known[field].emplace(range, made);
  return made;
}

inline bool is_all(Field field, Range range) {
  uint32_t most = kLayout[field].bits == 32 ? UINT32_MAX : (1u << kLayout[field].bits) - 1;
  return range.low == 0 && range.high == most;
}

inline bdd match_of(const Rule &rule) {
  bdd match = bddtrue;
  for (Field field : kDeepestFirst) {
    if (!is_all(field, rule.fields[field])) match = ranged(field, rule.fields[field]) & match;
  }
  return match;
}

inline void start_library() {
  bdd_init(20000000, 4000000);
  bdd_setvarnum(104);
  bdd_setmaxincrease(20000000);
  bdd_gbc_hook(nullptr);
}

// Wall and processor time since it was made.
struct Clock {
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  clock_t started = clock();

  double wall_ms() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  double user_ms() const { return 1000.0 * (clock() - started) / CLOCKS_PER_SEC; }
};

// Without running destructors of cached diagrams, which would outlive the library.
[[noreturn]] inline void leave() {
  fflush(stdout);
  _Exit(0);
}
