#include "text/training_batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "expect_error.h"

namespace atento {
namespace {

std::vector<TokenPair> RandomPairs(int count, int longest = 30) {
  Random random(7);
  std::vector<TokenPair> pairs(static_cast<size_t>(count));
  for (TokenPair& pair : pairs) {
    uint64_t length = random.Below(static_cast<uint64_t>(longest));
    pair.source.assign(length, 2);
    pair.target.assign(std::min<uint64_t>(length + random.Below(4), 29), 3);
  }
  return pairs;
}

// The pairs of a step, over all parts.
std::vector<int> PairsOf(const TrainingStep& step) {
  std::vector<int> pairs;
  for (const Batch& part : step.parts) {
    pairs.insert(pairs.end(), part.target_order.begin(), part.target_order.end());
  }
  return pairs;
}

std::vector<std::vector<int>> Steps(TrainingBatches* batches, int count) {
  std::vector<std::vector<int>> steps;
  for (int i = 0; i < count; ++i) steps.push_back(PairsOf(batches->Next()));
  return steps;
}

// What one epoch from the current position on looks like.
struct EpochSummary {
  std::multiset<int> pairs;
  std::vector<int64_t> sentences, source_tokens, target_tokens;
  int64_t steps = 0;
};

EpochSummary RunEpoch(TrainingBatches* batches) {
  EpochSummary summary;
  for (bool more = true; more;) {
    const TrainingStep& step = batches->Next();
    EXPECT_EQ(step.position.step, summary.steps++);
    for (int pair : PairsOf(step)) summary.pairs.insert(pair);
    summary.sentences.push_back(step.sentences);
    summary.source_tokens.push_back(step.source_tokens);
    summary.target_tokens.push_back(step.target_tokens);
    more = step.next.step != 0;
    EXPECT_EQ(more, step.position.step + 1 < step.steps_in_epoch);
    EXPECT_EQ(step.next.epoch, step.position.epoch + (more ? 0 : 1));
  }
  return summary;
}

TrainingBatchOptions ByTokens(int64_t tokens) {
  TrainingBatchOptions options;
  options.batch_tokens = tokens;
  return options;
}

TrainingBatchOptions BySentences(int64_t sentences) {
  TrainingBatchOptions options;
  options.batch_tokens = 0;
  options.batch_sentences = sentences;
  return options;
}

std::vector<TrainingBatchOptions> Variants() {
  std::vector<TrainingBatchOptions> variants = {ByTokens(200),       ByTokens(1),
                                                ByTokens(1'000'000), BySentences(16),
                                                BySentences(1),      BySentences(5000)};
  for (size_t i = variants.size(); i-- > 0;) {
    TrainingBatchOptions options = variants[i];
    options.shuffle_batches = false;
    options.window_batches = 1;
    options.workers = 3;
    variants.push_back(options);
  }
  return variants;
}

TEST(TrainingBatchesTest, EveryPairOncePerEpoch) {
  const std::vector<TokenPair> pairs = RandomPairs(700);
  for (const TrainingBatchOptions& options : Variants()) {
    TrainingBatches batches(pairs, options);
    EXPECT_EQ(batches.pairs_used(), 700);
    for (int epoch = 0; epoch < 2; ++epoch) {
      EpochSummary summary = RunEpoch(&batches);
      EXPECT_EQ(summary.pairs.size(), 700u);
      EXPECT_EQ(std::set<int>(summary.pairs.begin(), summary.pairs.end()).size(), 700u);
    }
  }
}

TEST(TrainingBatchesTest, StepsKeepToTheTokenLimit) {
  const std::vector<TokenPair> pairs = RandomPairs(2000);
  TrainingBatches batches(pairs, ByTokens(300));
  EpochSummary summary = RunEpoch(&batches);
  int64_t nearly_full = 0;
  for (size_t i = 0; i < summary.sentences.size(); ++i) {
    int64_t tokens = std::max(summary.source_tokens[i], summary.target_tokens[i]);
    EXPECT_LE(tokens, 300);
    nearly_full += tokens > 300 - 31;
  }
  // Only the last batch of an epoch may be small.
  EXPECT_GE(nearly_full, summary.steps - 1);
}

TEST(TrainingBatchesTest, APairBeyondTheTokenLimitStandsAlone) {
  std::vector<TokenPair> pairs = RandomPairs(50, 5);
  pairs[20].source.assign(500, 2);
  TrainingBatches batches(pairs, ByTokens(40));
  EpochSummary summary = RunEpoch(&batches);
  auto at = static_cast<size_t>(
      std::max_element(summary.source_tokens.begin(), summary.source_tokens.end()) -
      summary.source_tokens.begin());
  EXPECT_EQ(summary.source_tokens[at], 501);
  EXPECT_EQ(summary.sentences[at], 1);
}

TEST(TrainingBatchesTest, StepsHaveTheSentencesAskedFor) {
  const std::vector<TokenPair> pairs = RandomPairs(1003);
  TrainingBatches batches(pairs, BySentences(20));
  EpochSummary summary = RunEpoch(&batches);
  EXPECT_EQ(summary.steps, 51);
  EXPECT_EQ(std::count(summary.sentences.begin(), summary.sentences.end(), 20), 50);
  EXPECT_EQ(std::count(summary.sentences.begin(), summary.sentences.end(), 3), 1);
}

TEST(TrainingBatchesTest, LengthsWithinAStepAreClose) {
  const std::vector<TokenPair> pairs = RandomPairs(4000);
  TrainingBatches batches(pairs, BySentences(40));
  int64_t spread = 0;
  for (int i = 0; i < 100; ++i) {
    const SequenceLayout& target = batches.Next().parts[0].target;
    spread += target.lengths().front() - target.lengths().back();
  }
  // Sorted in windows of 20 batches the spread is about 33 / 20; of unsorted batches about 30.
  EXPECT_LT(spread, 100 * 5);
}

TEST(TrainingBatchesTest, BatchesOfAWindowRiseIfNotShuffled) {
  const std::vector<TokenPair> pairs = RandomPairs(1600);
  TrainingBatchOptions options = BySentences(80);
  options.shuffle_batches = false;
  TrainingBatches batches(pairs, options);
  std::vector<int64_t> rising = RunEpoch(&batches).target_tokens;
  EXPECT_EQ(rising.size(), 20u);
  EXPECT_TRUE(std::is_sorted(rising.begin(), rising.end()));
  options.shuffle_batches = true;
  TrainingBatches shuffled(pairs, options);
  std::vector<int64_t> mixed = RunEpoch(&shuffled).target_tokens;
  EXPECT_FALSE(std::is_sorted(mixed.begin(), mixed.end()));
  EXPECT_TRUE(std::is_permutation(mixed.begin(), mixed.end(), rising.begin()));
}

TEST(TrainingBatchesTest, OrderFollowsTheSeedAlone) {
  const std::vector<TokenPair> pairs = RandomPairs(300);
  TrainingBatchOptions options = ByTokens(150);
  TrainingBatches a(pairs, options), b(pairs, options);
  std::vector<std::vector<int>> steps = Steps(&a, 120);
  EXPECT_EQ(Steps(&b, 120), steps);
  options.seed = 2;
  TrainingBatches c(pairs, options);
  EXPECT_NE(Steps(&c, 120), steps);
}

TEST(TrainingBatchesTest, EpochsDiffer) {
  const std::vector<TokenPair> pairs = RandomPairs(300);
  TrainingBatches batches(pairs, BySentences(30));
  EXPECT_NE(Steps(&batches, 10), Steps(&batches, 10));
}

TEST(TrainingBatchesTest, SeekingEqualsRunningThrough) {
  const std::vector<TokenPair> pairs = RandomPairs(300);
  for (const TrainingBatchOptions& options : {ByTokens(150), BySentences(32)}) {
    TrainingBatches through(pairs, options);
    std::vector<BatchPosition> positions;
    std::vector<std::vector<int>> steps;
    for (int i = 0; i < 60; ++i) {
      const TrainingStep& step = through.Next();
      positions.push_back(step.position);
      steps.push_back(PairsOf(step));
    }
    EXPECT_GE(positions.back().epoch, 1);
    TrainingBatches seeking(pairs, options);
    for (size_t at : {59u, 0u, 31u, 8u, 30u}) {
      seeking.Seek(positions[at]);
      for (size_t i = at; i < std::min<size_t>(at + 12, steps.size()); ++i) {
        const TrainingStep& step = seeking.Next();
        EXPECT_EQ(step.position, positions[i]);
        EXPECT_EQ(PairsOf(step), steps[i]);
      }
    }
  }
}

TEST(TrainingBatchesTest, NextPositionLeadsToTheNextStep) {
  const std::vector<TokenPair> pairs = RandomPairs(64);
  TrainingBatches through(pairs, BySentences(32)), seeking(pairs, BySentences(32));
  for (int i = 0; i < 6; ++i) {
    BatchPosition next = through.Next().next;
    seeking.Seek(next);
    EXPECT_EQ(seeking.Next().position, next);
  }
}

TEST(TrainingBatchesTest, SeekingBeyondAnEpochStartsTheNext) {
  const std::vector<TokenPair> pairs = RandomPairs(64);
  TrainingBatches batches(pairs, BySentences(32));
  batches.Seek({3, 2});
  EXPECT_EQ(batches.Next().position, (BatchPosition{4, 0}));
  EXPECT_ERROR(batches.Seek({0, -1}), ErrorKind::kData, "negative");
  EXPECT_ERROR(batches.Seek({-1, 0}), ErrorKind::kData, "negative");
}

TEST(TrainingBatchesTest, WorkIsDealtOutEvenly) {
  const std::vector<TokenPair> pairs = RandomPairs(1000);
  TrainingBatchOptions options = BySentences(50);
  TrainingBatches whole(pairs, options);
  options.workers = 4;
  TrainingBatches dealt(pairs, options);
  for (int i = 0; i < 20; ++i) {
    std::vector<int> expected = PairsOf(whole.Next());
    const TrainingStep& step = dealt.Next();
    std::vector<int> found = PairsOf(step);
    EXPECT_TRUE(std::is_permutation(found.begin(), found.end(), expected.begin(), expected.end()));
    ASSERT_EQ(step.parts.size(), 4u);
    int64_t source = 0, target = 0;
    int least = step.parts[0].target.rows(), most = least;
    for (const Batch& part : step.parts) {
      source += part.source.rows();
      target += part.target.rows();
      least = std::min(least, part.target.rows());
      most = std::max(most, part.target.rows());
    }
    EXPECT_EQ(source, step.source_tokens);
    EXPECT_EQ(target, step.target_tokens);
    // At most one sentence, and the steps of one length to the next, apart.
    EXPECT_LE(most - least, 30 + 30);
  }
}

TEST(TrainingBatchesTest, ASmallStepHasFewerParts) {
  const std::vector<TokenPair> pairs = RandomPairs(3);
  TrainingBatchOptions options = BySentences(10);
  options.workers = 8;
  TrainingBatches batches(pairs, options);
  EXPECT_EQ(batches.Next().parts.size(), 3u);
}

TEST(TrainingBatchesTest, LongPairsAreLeftOutAndCounted) {
  std::vector<TokenPair> pairs = RandomPairs(100, 8);
  pairs[5].source.assign(21, 2);
  pairs[6].source.assign(20, 2);
  pairs[7].target.assign(31, 2);
  pairs[8].target.assign(30, 2);
  TrainingBatchOptions options = ByTokens(100);
  options.max_source_tokens = 20;
  options.max_target_tokens = 30;
  TrainingBatches batches(pairs, options);
  EXPECT_EQ(batches.pairs_used(), 98);
  EXPECT_EQ(batches.pairs_too_long(), 2);
  EpochSummary summary = RunEpoch(&batches);
  EXPECT_EQ(summary.pairs.size(), 98u);
  EXPECT_FALSE(summary.pairs.contains(5));
  EXPECT_TRUE(summary.pairs.contains(6));
  EXPECT_FALSE(summary.pairs.contains(7));
  EXPECT_TRUE(summary.pairs.contains(8));
}

TEST(TrainingBatchesTest, NoPairLeftIsAnError) {
  const std::vector<TokenPair> pairs(4, {{2, 2, 2}, {3}});
  TrainingBatchOptions options;
  options.max_source_tokens = 2;
  EXPECT_ERROR(TrainingBatches(pairs, options), ErrorKind::kData, "all 4 pairs", "2 source");
}

TEST(TrainingBatchesTest, OptionsOutOfRangeAreRefused) {
  const std::vector<TokenPair> pairs(4, {{2}, {3}});
  TrainingBatchOptions both;
  both.batch_sentences = 10;
  EXPECT_ERROR(TrainingBatches(pairs, both), ErrorKind::kUsage, "either");
  EXPECT_ERROR(TrainingBatches(pairs, ByTokens(0)), ErrorKind::kUsage, "either");
  EXPECT_ERROR(TrainingBatches(pairs, ByTokens(-1)), ErrorKind::kUsage, "either");
  TrainingBatchOptions options;
  options.workers = 0;
  EXPECT_ERROR(TrainingBatches(pairs, options), ErrorKind::kUsage, "worker");
  options = {};
  options.window_batches = 0;
  EXPECT_ERROR(TrainingBatches(pairs, options), ErrorKind::kUsage, "sorted together");
  options = {};
  options.max_source_tokens = -1;
  EXPECT_ERROR(TrainingBatches(pairs, options), ErrorKind::kUsage, "length limit");
}

// The thread waits for a free slot, works, or was never started.
TEST(TrainingBatchesTest, StopsHalfWay) {
  const std::vector<TokenPair> pairs = RandomPairs(500);
  for (int taken : {0, 1, 2, 5, 40}) {
    for (int repeat = 0; repeat < 20; ++repeat) {
      TrainingBatches batches(pairs, BySentences(10));
      for (int i = 0; i < taken; ++i) batches.Next();
    }
  }
}

TEST(TrainingBatchesTest, AStepStaysWhileItIsUsed) {
  const std::vector<TokenPair> pairs = RandomPairs(500);
  TrainingBatches batches(pairs, BySentences(10)), again(pairs, BySentences(10));
  for (int i = 0; i < 100; ++i) {
    const TrainingStep& step = batches.Next();
    std::vector<int> before = PairsOf(step);
    for (int turns = 0; turns < 3; ++turns) PairsOf(again.Next());
    EXPECT_EQ(PairsOf(step), before);
  }
}

}  // namespace
}  // namespace atento
