#include "model/parameters.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "math/kernels.h"

namespace atento {
namespace {

// Visits in the order in which data flows; each method adds one part of the model.
class TensorLister {
 public:
  TensorLister(const ModelConfig& config, const std::function<void(const Tensor&)>& visit)
      : config_(config), visit_(visit) {}

  void Encoder(EncoderParams& p) const {
    if (config_.has_features()) {
      const int P = config_.projection_size();
      Add("encoder.projection.W", TensorRole::kInput, P, config_.feature_size, p.W_projection);
      Add("encoder.projection.b", P, p.b_projection);
    }
    p.cells.resize(static_cast<size_t>(config_.encoder_cell(config_.encoder_layers, 0)));
    size_t i = 0;
    for (int layer = 0; layer < config_.encoder_layers; ++layer) {
      for (int direction = 0; direction < config_.encoder_directions(layer); ++direction) {
        const bool backward = direction == 1 || config_.encoder_direction == Direction::kBackward;
        Cell("encoder." + std::to_string(layer) + (backward ? ".backward" : ".forward"),
             config_.encoder_input_size(layer), config_.encoder_size, p.cells[i++]);
      }
    }
  }

  void Decoder(DecoderParams& p) const {
    const int H = config_.decoder_size;
    p.start.resize(config_.start == Start::kCopy ? 0 : static_cast<size_t>(config_.decoder_layers));
    for (size_t l = 0; l < p.start.size(); ++l) {
      const std::string name = "decoder.start." + std::to_string(l);
      Add(name + ".W", TensorRole::kInput, H, config_.start_input_size(), p.start[l].W);
      Add(name + ".b", H, p.start[l].b);
    }
    p.cells.resize(static_cast<size_t>(config_.decoder_layers));
    for (size_t l = 0; l < p.cells.size(); ++l) {
      Cell("decoder." + std::to_string(l), l == 0 ? config_.decoder_input_size() : H, H,
           p.cells[l]);
    }
    if (config_.has_transition())
      Cell("decoder.transition", config_.context_size(), H, p.transition);
    Attention(p.attention);
    Add("readout.W", TensorRole::kInput, config_.readout_inner_size(), config_.readout_input_size(),
        p.W_readout);
  }

  void Copy(CopyParams& p) const {
    Add("copy.w_c", config_.context_size(), p.w_c, TensorRole::kAlignmentVector);
    Add("copy.w_s", config_.decoder_size, p.w_s, TensorRole::kAlignmentVector);
    Add("copy.w_x", config_.embedding_size, p.w_x, TensorRole::kAlignmentVector);
    Add("copy.b", 1, p.b);
  }

  void Add(const std::string& name, TensorRole role, int rows, int cols, Matrix& view) const {
    visit_({.name = name, .role = role, .rows = rows, .cols = cols, .matrix = &view});
  }
  void Add(const std::string& name, int size, Vector& view,
           TensorRole role = TensorRole::kBias) const {
    visit_({.name = name, .role = role, .rows = size, .cols = 0, .vector = &view});
  }

 private:
  void Cell(const std::string& name, int input, int size, CellParams& p) const {
    const int gates = config_.gates() * size;
    Add(name + ".W", TensorRole::kInput, gates, input, p.W);
    Add(name + ".U", TensorRole::kRecurrent, gates, size, p.U);
    Add(name + ".b", gates, p.b);
    if (config_.cell == atento::Cell::kGru) Add(name + ".b_u", size, p.b_u);
    if (!config_.layer_normalization) return;
    Add(name + ".g_x", gates, p.g_x, TensorRole::kGain);
    Add(name + ".g_h", gates, p.g_h, TensorRole::kGain);
  }

  void Attention(AttentionParams& p) const {
    const int H = config_.decoder_size, C = config_.annotation_size(), A = config_.attention_size;
    if (config_.attention == atento::Attention::kAdditive) {
      Add("attention.W_a", TensorRole::kAlignment, A, H, p.W_a);
      Add("attention.U_a", TensorRole::kAlignment, A, C, p.U_a);
      Add("attention.v_a", A, p.v_a, TensorRole::kAlignmentVector);
      if (config_.coverage) Add("attention.w_c", A, p.w_c, TensorRole::kAlignmentVector);
    } else if (config_.attention == atento::Attention::kGeneral) {
      Add("attention.W_a", TensorRole::kAlignment, H, C, p.W_a);
    } else if (config_.attention == atento::Attention::kLocation) {
      Add("attention.W_a", TensorRole::kAlignment, config_.location_positions, H, p.W_a);
    }
    if (config_.context_gate) {
      Add("attention.w_beta", H, p.w_beta, TensorRole::kAlignmentVector);
      Add("attention.b_beta", 1, p.b_beta);
    }
    if (config_.attention_window == AttentionWindow::kLocalP) {
      Add("attention.W_p", TensorRole::kAlignment, H, H, p.W_p);
      Add("attention.v_p", H, p.v_p, TensorRole::kAlignmentVector);
    }
  }

  const ModelConfig& config_;
  const std::function<void(const Tensor&)>& visit_;
};

constexpr size_t kAlignment = 64 / sizeof(Real);
size_t PaddedSize(const Tensor& tensor) {
  return (tensor.size() + kAlignment - 1) / kAlignment * kAlignment;
}

void FillUniform(Random& random, double bound, Vector values) {
  for (Real& v : values) v = static_cast<Real>(random.Uniform(-bound, bound));
}

void FillNormal(Random& random, double deviation, Vector values) {
  for (Real& v : values) v = static_cast<Real>(deviation * random.Normal());
}

// Rows of a square block become orthonormal: Gram–Schmidt, twice for the sake of rounding.
void Orthogonalize(Matrix block) {
  for (int i = 0; i < block.rows; ++i) {
    Vector row = block.RowSpan(i);
    for (int pass = 0; pass < 2; ++pass) {
      for (int j = 0; j < i; ++j) AddScaled(-Dot(row, block.RowSpan(j)), block.RowSpan(j), row);
      Scale(static_cast<Real>(1 / std::sqrt(SumOfSquares(row))), row);
    }
  }
}

// U [G·H,H]: each gate's block on its own.
void FillOrthogonal(Random& random, Matrix U) {
  for (int begin = 0; begin < U.rows; begin += U.cols) {
    Matrix block = U.Rows(begin, U.cols);
    FillNormal(random, 1, {block.data, block.size()});
    Orthogonalize(block);
  }
}

void InitializeGlorot(const Tensor& tensor, Random& random) {
  switch (tensor.role) {
    case TensorRole::kEmbedding:
      return FillUniform(random, std::sqrt(3.0 / tensor.cols), tensor.values());
    case TensorRole::kRecurrent:
      return FillOrthogonal(random, *tensor.matrix);
    case TensorRole::kInput:
    case TensorRole::kAlignment:
      return FillUniform(random, std::sqrt(6.0 / (tensor.rows + tensor.cols)), tensor.values());
    case TensorRole::kAlignmentVector:
      return FillUniform(random, std::sqrt(3.0 / tensor.rows), tensor.values());
    case TensorRole::kBias:
    case TensorRole::kGain:
      return;
  }
}

// Bahdanau+ 2014, appendix B.1.
void InitializeBahdanau(const Tensor& tensor, Random& random) {
  switch (tensor.role) {
    case TensorRole::kRecurrent:
      return FillOrthogonal(random, *tensor.matrix);
    case TensorRole::kAlignment:
      return FillNormal(random, 0.001, tensor.values());
    case TensorRole::kEmbedding:
    case TensorRole::kInput:
      return FillNormal(random, 0.01, tensor.values());
    case TensorRole::kAlignmentVector:
    case TensorRole::kBias:
    case TensorRole::kGain:
      return;
  }
}

}  // namespace

void ForEachTensor(const ModelConfig& config, Seq2SeqParams& params,
                   const std::function<void(const Tensor&)>& visit) {
  const TensorLister list(config, visit);
  const int E = config.embedding_size;
  if (config.tie != Tie::kAll && !config.has_features()) {
    list.Add("source.embedding", TensorRole::kEmbedding, config.source_vocabulary, E,
             params.source_embedding);
  }
  list.Encoder(params.encoder);
  list.Add("target.embedding", TensorRole::kEmbedding, config.target_vocabulary, E,
           params.target_embedding);
  list.Decoder(params.decoder);
  if (config.tie == Tie::kNone) {
    // A row per symbol, as large as those of embeddings, which it shares when tied. By Glorot's rule
    // it would shrink with the vocabulary: with 8000 symbols learning begins hundreds of updates
    // later.
    list.Add("output.W_o", TensorRole::kEmbedding, config.target_vocabulary, config.readout_size,
             params.output.W_o);
  }
  list.Add("output.b", config.target_vocabulary, params.output.b);
  if (config.copy) list.Copy(params.copy);
}

Parameters::Parameters(const ModelConfig& config) {
  size_t size = 0;
  ForEachTensor(config, views_, [&](const Tensor& tensor) {
    size += PaddedSize(tensor);
    count_ += tensor.size();
  });
  flat_ = arena_.Allocate<Real>(size);
  std::fill(flat_.begin(), flat_.end(), Real{0});
  Real* next = flat_.data();
  ForEachTensor(config, views_, [&](const Tensor& tensor) {
    if (tensor.matrix) {
      *tensor.matrix = Matrix(next, tensor.rows, tensor.cols);
    } else {
      *tensor.vector = Vector(next, tensor.size());
    }
    next += PaddedSize(tensor);
  });
  if (config.tie != Tie::kNone) views_.output.W_o = views_.target_embedding;
  if (config.tie == Tie::kAll) views_.source_embedding = views_.target_embedding;
}

PartGradient::PartGradient(const ModelConfig& config, Parameters& whole) : views_(whole.views()) {
  auto own = [&](Vector shared) {
    const Vector values = arena_.Allocate<Real>(shared.size());
    std::fill(values.begin(), values.end(), Real{0});
    own_.push_back({values, static_cast<size_t>(shared.data() - whole.flat().data())});
    return values;
  };
  ForEachTensor(config, views_, [&](const Tensor& tensor) {
    if (tensor.vector) *tensor.vector = own(*tensor.vector);
  });
  const Matrix W_o = views_.output.W_o;
  views_.output.W_o = Matrix(own({W_o.data, W_o.size()}).data(), W_o.rows, W_o.cols);
}

void PartGradient::MoveTo(size_t begin, size_t count, Vector whole) {
  for (const Own& own : own_) {
    const size_t first = std::max(begin, own.begin);
    const size_t last = std::min(begin + count, own.begin + own.values.size());
    if (first >= last) continue;
    const Vector values = own.values.subspan(first - own.begin, last - first);
    AddTo(ConstVector(values), whole.subspan(first, last - first));
    std::fill(values.begin(), values.end(), Real{0});
  }
}

void Initialize(const ModelConfig& config, uint64_t seed, Parameters& parameters) {
  ForEachTensor(config, parameters.views(), [&](const Tensor& tensor) {
    if (tensor.role == TensorRole::kGain) {
      std::fill(tensor.vector->begin(), tensor.vector->end(), Real{1});
      return;
    }
    Random random(RandomKey(seed, HashBytes(tensor.name)));
    switch (config.initialization) {
      case Initialization::kUniform:
        return FillUniform(random, 0.1, tensor.values());
      case Initialization::kGlorot:
        return InitializeGlorot(tensor, random);
      case Initialization::kBahdanau:
        return InitializeBahdanau(tensor, random);
    }
  });
  if (config.initialization != Initialization::kGlorot || config.cell != Cell::kLstm) return;
  // The forget gate starts open: the second of the blocks i f g o.
  auto open = [](CellParams& cell) {
    const size_t size = cell.b.size() / 4;
    std::fill_n(cell.b.begin() + static_cast<std::ptrdiff_t>(size), size, Real{1});
  };
  Seq2SeqParams& views = parameters.views();
  for (CellParams& cell : views.encoder.cells) open(cell);
  for (CellParams& cell : views.decoder.cells) open(cell);
  if (config.has_transition()) open(views.decoder.transition);
}

}  // namespace atento
