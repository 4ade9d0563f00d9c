#include "metrics/ngrams.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/random.h"
#include "metrics/key_table.h"

namespace atento {
namespace {

using Symbols = std::vector<uint32_t>;

std::map<Symbols, int> CountNgrams(const Symbols& symbols, size_t n) {
  std::map<Symbols, int> counts;
  for (size_t i = 0; i + n <= symbols.size(); ++i) {
    ++counts[Symbols(&symbols[i], &symbols[i] + n)];
  }
  return counts;
}

double SlowMatches(const Symbols& hypothesis, const std::vector<Symbols>& references, size_t n) {
  double matches = 0;
  for (const auto& [ngram, count] : CountNgrams(hypothesis, n)) {
    int best = 0;
    for (const Symbols& reference : references) {
      best = std::max(best, CountNgrams(reference, n)[ngram]);
    }
    matches += std::min(count, best);
  }
  return matches;
}

TEST(NgramMatcherTest, AgreesWithCountingByDefinition) {
  NgramMatcher matcher;
  Random random(RandomKey(3));
  for (int trial = 0; trial < 300; ++trial) {
    auto draw = [&] {
      Symbols symbols(random.Below(40));
      for (uint32_t& symbol : symbols) symbol = static_cast<uint32_t>(random.Below(3));
      return symbols;
    };
    const Symbols hypothesis = draw();
    std::vector<Symbols> references(1 + random.Below(3));
    for (Symbols& reference : references) reference = draw();
    std::vector<double> matches(6);
    matcher.Match(hypothesis, references, matches);
    for (size_t n = 1; n <= 6; ++n) {
      ASSERT_EQ(matches[n - 1], SlowMatches(hypothesis, references, n)) << trial << " order " << n;
    }
  }
}

TEST(KeyTableTest, ForgetsOnClearAndNumbersAnew) {
  KeyTable table;
  for (uint64_t round = 0; round < 50; ++round) {
    const uint64_t keys = 1 + round * 37 % 100;  // growing and shrinking
    table.Clear(keys);
    EXPECT_EQ(table.size(), 0u);
    for (uint64_t key = 0; key < keys; ++key) {
      EXPECT_EQ(table.Find(key << 32 | round), KeyTable::kAbsent);
      EXPECT_EQ(table.Insert(key << 32 | round), key);
    }
    for (uint64_t key = 0; key < keys; ++key) EXPECT_EQ(table.Insert(key << 32 | round), key);
    EXPECT_EQ(table.size(), keys);
  }
}

}  // namespace
}  // namespace atento
