// The presets of the papers have the papers' values, and their initialisations.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "atento/trainer.h"
#include "base/options.h"
#include "model/parameters.h"

namespace atento {
namespace {

// Bahdanau+ 2014, appendices A.2 and B.
TEST(PresetsTest, WalkthroughIsTheTextbookFigure) {
  const Preset p = FindPreset("walkthrough");
  EXPECT_EQ(p.model.cell, Cell::kTanh);
  EXPECT_EQ(p.model.encoder_direction, Direction::kForward);
  EXPECT_EQ(p.model.encoder_layers, 1);
  EXPECT_EQ(p.model.decoder_layers, 1);
  EXPECT_EQ(p.model.decoder_size, p.model.encoder_size);
  EXPECT_EQ(p.model.attention, Attention::kDot);
  EXPECT_EQ(p.model.attention_window, AttentionWindow::kGlobal);
  EXPECT_EQ(p.model.attend, Attend::kAfter);
  EXPECT_FALSE(p.model.input_feeding);
  EXPECT_EQ(p.model.readout, Readout::kTanh);
  EXPECT_EQ(p.model.start, Start::kCopy);
}

TEST(PresetsTest, BahdanauHasTheValuesOfItsPaper) {
  const Preset p = FindPreset("bahdanau2014");
  EXPECT_EQ(p.text.vocabulary_size, 30000);
  EXPECT_EQ(p.text.source_tokenizer, TokenizerKind::kWords);
  EXPECT_EQ(p.model.cell, Cell::kGruResetBefore);
  EXPECT_EQ(p.model.encoder_direction, Direction::kBidirectional);
  EXPECT_EQ(p.model.encoder_layers, 1);
  EXPECT_EQ(p.model.decoder_layers, 1);
  EXPECT_EQ(p.model.embedding_size, 620);
  EXPECT_EQ(p.model.encoder_size, 1000);
  EXPECT_EQ(p.model.decoder_size, 1000);
  EXPECT_EQ(p.model.attention_size, 1000);
  EXPECT_EQ(p.model.readout_size, 500);
  EXPECT_EQ(p.model.readout, Readout::kMaxout);
  EXPECT_EQ(p.model.attention, Attention::kAdditive);
  EXPECT_EQ(p.model.attention_window, AttentionWindow::kGlobal);
  EXPECT_EQ(p.model.attend, Attend::kBefore);
  EXPECT_EQ(p.model.start, Start::kFinal);
  EXPECT_EQ(p.model.initialization, Initialization::kBahdanau);
  EXPECT_EQ(p.training.optimizer, Optimizer::kAdadelta);
  EXPECT_EQ(p.training.adadelta_rho, 0.95);
  EXPECT_EQ(p.training.epsilon, 1e-6);
  EXPECT_EQ(p.training.learning_rate, 1);
  EXPECT_EQ(p.training.schedule, Schedule::kConstant);
  EXPECT_EQ(p.training.clip_norm, 1);
  EXPECT_EQ(p.training.loss_normalization, LossNormalization::kSentences);
  EXPECT_EQ(p.training.label_smoothing, 0);
  EXPECT_EQ(p.training.dropout_embedding + p.training.dropout_hidden +
                p.training.dropout_annotations + p.training.dropout_output,
            0);
  EXPECT_EQ(p.training.batch_sentences, 80);
  EXPECT_EQ(p.training.window_batches, 20) << "1600 pairs are sorted at a time";
  EXPECT_FALSE(p.training.shuffle_batches);
  EXPECT_EQ(p.training.max_source_tokens, 50);
  EXPECT_EQ(p.training.max_target_tokens, 50);
}

TEST(PresetsTest, EncDecIsBahdanausNetworkWithOneVector) {
  Preset p = FindPreset("encdec2014");
  EXPECT_EQ(p.model.attention, Attention::kFixed);
  EXPECT_EQ(p.model.encoder_direction, Direction::kForward);
  const Preset bahdanau = FindPreset("bahdanau2014");
  p.model.attention = bahdanau.model.attention;
  p.model.encoder_direction = bahdanau.model.encoder_direction;
  EXPECT_EQ(OptionsToJson(p.model).Dump(), OptionsToJson(bahdanau.model).Dump());
  EXPECT_EQ(OptionsToJson(p.training).Dump(), OptionsToJson(bahdanau.training).Dump());
}

// Luong+ 2015, section 4.1.
TEST(PresetsTest, LuongHasTheValuesOfItsPaper) {
  const Preset p = FindPreset("luong2015-global");
  EXPECT_EQ(p.text.vocabulary_size, 50000);
  EXPECT_EQ(p.text.source_tokenizer, TokenizerKind::kWords);
  EXPECT_EQ(p.model.cell, Cell::kLstm);
  EXPECT_EQ(p.model.encoder_direction, Direction::kBackward);
  EXPECT_EQ(p.model.encoder_layers, 4);
  EXPECT_EQ(p.model.decoder_layers, 4);
  EXPECT_EQ(p.model.embedding_size, 1000);
  EXPECT_EQ(p.model.encoder_size, 1000);
  EXPECT_EQ(p.model.decoder_size, 1000);
  EXPECT_EQ(p.model.readout_size, 1000);
  EXPECT_EQ(p.model.readout, Readout::kTanh);
  EXPECT_EQ(p.model.attention, Attention::kGeneral);
  EXPECT_EQ(p.model.attend, Attend::kAfter);
  EXPECT_TRUE(p.model.input_feeding);
  EXPECT_EQ(p.model.start, Start::kCopy);
  EXPECT_EQ(p.model.window_radius, 10);
  EXPECT_EQ(p.model.initialization, Initialization::kUniform);
  EXPECT_EQ(p.training.optimizer, Optimizer::kSgd);
  EXPECT_EQ(p.training.learning_rate, 1);
  EXPECT_EQ(p.training.schedule, Schedule::kHalving);
  EXPECT_EQ(p.training.halve_after, 8);
  EXPECT_EQ(p.limits.max_epochs, 12);
  EXPECT_EQ(p.limits.early_stopping, "loss:1000000") << "no validation ends it before";
  EXPECT_EQ(p.training.clip_norm, 5);
  EXPECT_EQ(p.training.dropout_embedding, 0.2);
  EXPECT_EQ(p.training.dropout_hidden, 0.2);
  EXPECT_EQ(p.training.loss_normalization, LossNormalization::kSentences);
  EXPECT_EQ(p.training.label_smoothing, 0);
  EXPECT_EQ(p.training.batch_sentences, 128);
  EXPECT_EQ(p.training.max_source_tokens, 50);
  EXPECT_EQ(p.training.max_target_tokens, 50);
}

TEST(PresetsTest, LuongsLocalModelsDifferInTheirWindowAlone) {
  const Preset global = FindPreset("luong2015-global");
  ASSERT_EQ(global.model.attention_window, AttentionWindow::kGlobal);
  for (auto [name, window] : {std::pair{"luong2015-local-m", AttentionWindow::kLocalM},
                              std::pair{"luong2015-local-p", AttentionWindow::kLocalP}}) {
    Preset local = FindPreset(name);
    EXPECT_EQ(local.model.attention_window, window);
    local.model.attention_window = AttentionWindow::kGlobal;
    EXPECT_EQ(OptionsToJson(local.model).Dump(), OptionsToJson(global.model).Dump());
    EXPECT_EQ(OptionsToJson(local.training).Dump(), OptionsToJson(global.training).Dump());
    EXPECT_EQ(OptionsToJson(local.limits).Dump(), OptionsToJson(global.limits).Dump());
    EXPECT_EQ(OptionsToJson(local.text).Dump(), OptionsToJson(global.text).Dump());
  }
}

ModelConfig ConfigOf(const std::string& preset) {
  ModelConfig config;
  static_cast<ModelOptions&>(config) = FindPreset(preset).model;
  config.encoder_layers = config.decoder_layers = 1;
  config.encoder_size = config.decoder_size = config.attention_size = 48;
  config.embedding_size = config.readout_size = 40;
  config.source_vocabulary = config.target_vocabulary = 300;
  return config;
}

double Deviation(const Matrix& matrix) {
  double sum = 0;
  for (size_t i = 0; i < matrix.size(); ++i) sum += std::pow(matrix.data[i], 2);
  return std::sqrt(sum / static_cast<double>(matrix.size()));
}

double Largest(const Vector& values) {
  double largest = 0;
  for (Real v : values) largest = std::max(largest, std::abs(static_cast<double>(v)));
  return largest;
}

void ExpectOrthogonalBlocks(const Matrix& U) {
  for (int block = 0; block < U.rows; block += U.cols) {
    for (int i = 0; i < U.cols; ++i) {
      for (int j = 0; j <= i; ++j) {
        double product = 0;
        for (int k = 0; k < U.cols; ++k) {
          product += static_cast<double>(U(block + i, k)) * U(block + j, k);
        }
        ASSERT_NEAR(product, i == j ? 1 : 0, 1e-5) << block << " " << i << " " << j;
      }
    }
  }
}

TEST(InitializationTest, BahdanausIsOrthogonalNormalAndZero) {
  const ModelConfig config = ConfigOf("bahdanau2014");
  Parameters parameters(config);
  Initialize(config, 1, parameters);
  const Seq2SeqParams& views = parameters.views();
  for (const CellParams& cell : {views.encoder.cells[0], views.decoder.cells[0]}) {
    ExpectOrthogonalBlocks(cell.U);
    EXPECT_NEAR(Deviation(cell.W), 0.01, 0.0005);
    EXPECT_EQ(Largest(cell.b), 0);
  }
  EXPECT_NEAR(Deviation(views.source_embedding), 0.01, 0.0005);
  EXPECT_NEAR(Deviation(views.output.W_o), 0.01, 0.0005);
  EXPECT_NEAR(Deviation(views.decoder.attention.W_a), 0.001, 0.0001);
  EXPECT_NEAR(Deviation(views.decoder.attention.U_a), 0.001, 0.0001);
  EXPECT_EQ(Largest(views.decoder.attention.v_a), 0);
  EXPECT_EQ(Largest(views.output.b), 0);
}

TEST(InitializationTest, LuongsIsUniformThroughout) {
  const ModelConfig config = ConfigOf("luong2015-local-p");
  Parameters parameters(config);
  Initialize(config, 1, parameters);
  ForEachTensor(config, parameters.views(), [](const Tensor& tensor) {
    const double largest = Largest(tensor.values());
    EXPECT_LE(largest, 0.1) << tensor.name;
    EXPECT_GT(largest, 0.08) << tensor.name;
    if (tensor.matrix) {
      EXPECT_NEAR(Deviation(*tensor.matrix), 0.1 / std::sqrt(3), 0.004) << tensor.name;
    }
  });
}

}  // namespace
}  // namespace atento
