#include "model/flops.h"

#include <gtest/gtest.h>

namespace atento {
namespace {

// Counted by hand, for numbers of tokens that tell the three uses apart.
constexpr TokenCounts kTokens = {.sentences = 1, .source = 1000, .target = 1000000};

TEST(FlopsTest, ConditionalGru) {
  ModelConfig config;
  config.source_vocabulary = 50;
  config.target_vocabulary = 70;
  config.embedding_size = 3;
  config.encoder_size = 4;
  config.decoder_size = 5;
  config.attention_size = 6;
  config.readout_size = 7;
  config.readout = Readout::kTanh;
  const double start = 5 * 8, encoder = 2 * (12 * 3 + 12 * 4), keys = 6 * 8;
  const double cells = (15 * 3 + 15 * 5) + (15 * 8 + 15 * 5), query = 6 * 5;
  const double readout = 7 * (8 + 5), output = 70 * 7;
  EXPECT_DOUBLE_EQ(ForwardFlops(config, kTokens),
                   2 * (start + 1e3 * (encoder + keys) + 1e6 * (cells + query + readout + output)));

  const double source_numbers = 3 + 2 * (3 + 2) * 4 + 6;
  const double target_numbers = 3 + 2 * (3 + 2) * 5 + 6 + 11 + 8 + 7;
  EXPECT_DOUBLE_EQ(ActivationNumbers(config, kTokens, 11),
                   1e3 * source_numbers + 1e6 * target_numbers);
}

TEST(FlopsTest, LstmWithInputFeeding) {
  ModelConfig config;
  config.source_vocabulary = config.target_vocabulary = 10;
  config.cell = Cell::kLstm;
  config.encoder_direction = Direction::kBackward;
  config.encoder_layers = config.decoder_layers = 2;
  config.embedding_size = config.encoder_size = config.decoder_size = config.readout_size = 2;
  config.attention = Attention::kGeneral;
  config.attend = Attend::kAfter;
  config.input_feeding = true;
  config.readout = Readout::kTanh;
  config.start = Start::kCopy;
  const double encoder = 2 * (8 * 2 + 8 * 2);
  const double decoder = (8 * (2 + 2) + 8 * 2) + (8 * 2 + 8 * 2), query = 2 * 2;
  const double readout = 2 * (2 + 2), output = 10 * 2;
  const double expected = 2 * (1e3 * encoder + 1e6 * (decoder + query + readout + output));
  EXPECT_DOUBLE_EQ(ForwardFlops(config, kTokens), expected);

  config.tie = Tie::kTarget;
  EXPECT_DOUBLE_EQ(ForwardFlops(config, kTokens), expected)
      << "the output layer is a product still";
}

TEST(FlopsTest, LeastSecondsAreThoseOfReadingOrOfArithmetic) {
  ModelConfig config;
  config.source_vocabulary = config.target_vocabulary = 10;
  config.cell = Cell::kTanh;
  config.encoder_direction = Direction::kForward;
  config.embedding_size = config.encoder_size = config.decoder_size = config.readout_size = 2;
  config.attention = Attention::kGeneral;
  config.attend = Attend::kAfter;
  config.readout = Readout::kTanh;
  config.start = Start::kCopy;
  constexpr TokenCounts kSentence = {.sentences = 1, .source = 5, .target = 7};
  const double input = 2 * 2, recurrent = 2 * 2;
  const double step = 2 * 2 + 2 * 2 + 2 * 2 + 2 * (2 + 2) + 10 * 2;
  const double never = 1e300;
  EXPECT_DOUBLE_EQ(LeastSeconds(config, kSentence, {1, never, 4}), ForwardFlops(config, kSentence));
  // The input product reads its matrix once for the whole source.
  EXPECT_DOUBLE_EQ(LeastSeconds(config, kSentence, {never, 1, 4}),
                   4 * (input + 5 * recurrent + 7 * step));
  // A row takes 2 to compute and 4 to read: five rows at once are bound by arithmetic.
  EXPECT_DOUBLE_EQ(LeastSeconds(config, kSentence, {1, 1, 4}),
                   2 * 5 * input + 4 * (5 * recurrent + 7 * step));
}

}  // namespace
}  // namespace atento
