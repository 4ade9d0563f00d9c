// Which architectures there are: every rule of the table of legal combinations.
#include "model/config.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "expect_error.h"

namespace atento {
namespace {

struct Contradiction {
  std::string name;
  std::function<void(ModelConfig*)> set;
  // What the message must name: the flag at fault and the remedy.
  std::vector<std::string> parts;
};

class ContradictionTest : public testing::TestWithParam<Contradiction> {};

TEST_P(ContradictionTest, IsRefusedWithItsRemedy) {
  ModelConfig config;
  config.source_vocabulary = config.target_vocabulary = 10;
  ASSERT_NO_THROW(CheckModelConfig(config));
  GetParam().set(&config);
  ExpectError([&] { CheckModelConfig(config); }, ErrorKind::kUsage, GetParam().parts);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, ContradictionTest,
    testing::Values(Contradiction{"NoneAttendsBefore",
                                  [](ModelConfig* c) {
                                    c->attention = Attention::kNone;
                                    c->attend = Attend::kBefore;
                                  },
                                  {"--attention none", "--attend after"}},
                    Contradiction{"FixedReadsBothWays",
                                  [](ModelConfig* c) { c->attention = Attention::kFixed; },
                                  {"--attention fixed", "--encoder-direction forward"}},
                    Contradiction{"FixedIsCopiedFrom",
                                  [](ModelConfig* c) {
                                    c->attention = Attention::kFixed;
                                    c->encoder_direction = Direction::kForward;
                                    c->copy = true;
                                  },
                                  {"--copy", "--attention fixed"}},
                    Contradiction{"FixedHasAWindow",
                                  [](ModelConfig* c) {
                                    c->attention = Attention::kFixed;
                                    c->encoder_direction = Direction::kForward;
                                    c->attention_window = AttentionWindow::kLocalP;
                                  },
                                  {"--attention fixed", "--attention-window global"}},
                    Contradiction{"NoneHasHeads",
                                  [](ModelConfig* c) {
                                    c->attention = Attention::kNone;
                                    c->attend = Attend::kAfter;
                                    c->attention_heads = 2;
                                  },
                                  {"--attention none", "--attention-heads 1"}},
                    Contradiction{"DotOfTwoSizes",
                                  [](ModelConfig* c) { c->attention = Attention::kDot; },
                                  {"--attention dot", "--decoder-size 512", "--attention general"}},
                    Contradiction{"ScaledDotOfTwoSizes",
                                  [](ModelConfig* c) { c->attention = Attention::kScaledDot; },
                                  {"--attention scaled-dot", "--decoder-size 512"}},
                    Contradiction{"LocationHasHeads",
                                  [](ModelConfig* c) {
                                    c->attention = Attention::kLocation;
                                    c->attention_heads = 2;
                                  },
                                  {"--attention location", "--attention-heads 1"}},
                    Contradiction{"HeadsDoNotDivideAnAnnotation",
                                  [](ModelConfig* c) {
                                    c->attention = Attention::kGeneral;
                                    c->attention_heads = 3;
                                  },
                                  {"--attention-heads 3", "512"}},
                    Contradiction{"HeadsDoNotDivideTheAttentionSize",
                                  [](ModelConfig* c) {
                                    c->attention_heads = 4;
                                    c->attention_size = 30;
                                  },
                                  {"--attention-heads 4", "--attention-size 30"}},
                    Contradiction{"CoverageOfAProduct",
                                  [](ModelConfig* c) {
                                    c->attention = Attention::kGeneral;
                                    c->coverage = true;
                                  },
                                  {"--coverage", "--attention additive"}},
                    Contradiction{"CopiesTheStatesOfFewerLayers",
                                  [](ModelConfig* c) {
                                    c->start = Start::kCopy;
                                    c->decoder_size = 512;
                                    c->decoder_layers = 2;
                                  },
                                  {"--start copy", "--decoder-size 512", "--start mean"}},
                    Contradiction{"CopiesStatesOfAnotherSize",
                                  [](ModelConfig* c) { c->start = Start::kCopy; },
                                  {"--start copy", "--decoder-size 512", "--start mean"}},
                    Contradiction{"CopiesStatesOfTwoSizes",
                                  [](ModelConfig* c) {
                                    c->start = Start::kCopy;
                                    c->encoder_direction = Direction::kBidirectionalFirst;
                                    c->encoder_layers = c->decoder_layers = 2;
                                  },
                                  {"--start copy", "bidirectional-first", "--start mean"}},
                    Contradiction{"TiesMatricesOfTwoSizes",
                                  [](ModelConfig* c) {
                                    c->tie = Tie::kTarget;
                                    c->readout_size = 128;
                                  },
                                  {"--tie", "--readout-size", "--embedding-size"}},
                    Contradiction{"TiesTwoVocabularies",
                                  [](ModelConfig* c) {
                                    c->tie = Tie::kAll;
                                    c->source_vocabulary = 11;
                                  },
                                  {"--tie all", "--joint-vocabulary"}},
                    Contradiction{"TooLarge",
                                  [](ModelConfig* c) { c->encoder_size = 1 << 20; },
                                  {"--encoder-size 1048576", "65536"}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace atento
