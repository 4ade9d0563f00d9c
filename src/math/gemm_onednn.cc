// Matrix products by oneDNN, which no file but this and gemm_onednn_product.* knows of. Written for
// oneDNN 2.6 and 3.x; only 2.6.3 was built and run, what is under DNNL_VERSION_MAJOR >= 3 is
// unverified.
//
// A product with weights is a `matmul` primitive, made for one shape and kept by the thread that
// made it (Context). Its weights lie in whatever layout oneDNN asks for; PackedWeights owns the
// copies. A product of two changing matrices is dnnl_sgemm, which needs no primitive: weight
// gradients have a new K at every batch, and on AVX-512 it is as fast (2048×512, K 1283, Aᵀ: 101
// GFLOP/s on a core, matmul 100). In bfloat16 there is no such function, and K is rounded up.
#include "math/gemm.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/random.h"
#include "math/gemm_onednn_product.h"
#include "math/kernels.h"
#include "math/kernels_int8.h"

namespace atento {
namespace {

static_assert(std::is_same_v<Real, float>, "the f64 build uses gemm_reference.cc");

using dnnl::memory;
using onednn::CheckStatus;
using onednn::Context;
using onednn::MatrixDesc;
using onednn::Product;
using onednn::ProductKind;

// The number of rows to do next, of those left. A primitive is made for one number of rows, which
// takes about 0.2 ms, and long batches hardly ever have equal numbers: so that they share
// primitives, many rows are done as a round number and a rest.
int RowsAtOnce(int rows) {
  if (rows <= 128) return rows;
  return rows <= 1024 ? rows / 32 * 32 : rows / 256 * 256;
}

// The terms of a gradient's sums to do next, of those left, and what they are filled up to with
// zeros: for the same reason.
constexpr int kMostTermsAtOnce = 1024;
int RoundedTerms(int terms) {
  const int unit = terms <= 512 ? 32 : 64;
  return (terms + unit - 1) / unit * unit;
}

// ---- packed weights -----------------------------------------------------------------------------

struct WeightKey {
  const float* data;
  int rows, cols, stride;
  bool transposed;  // B = Wᵀ
  bool operator==(const WeightKey&) const = default;
};

struct WeightKeyHash {
  size_t operator()(const WeightKey& key) const {
    uint64_t hash = reinterpret_cast<uintptr_t>(key.data) ^ static_cast<uint64_t>(key.transposed);
    hash ^= static_cast<uint64_t>(static_cast<uint32_t>(key.rows)) << 32;
    hash ^= static_cast<uint64_t>(static_cast<uint32_t>(key.cols)) << 44;
    return static_cast<size_t>(MixBits(hash ^ static_cast<uint64_t>(key.stride) << 8));
  }
};

// One copy of one weight matrix, and how it is made.
struct PackedCopy {
  int layout_number;
  AlignedBuffer buffer;
  memory plain, packed, scratch;
  AlignedBuffer scratch_buffer;
  dnnl::reorder reorder;
  // int8: of B's columns, w_kj = q_kj · scale_j, and what DequantizeProduct takes off.
  std::vector<float> scale;
  std::vector<int32_t> offset;

  void Pack(dnnl_stream_t stream) const {
    dnnl_exec_arg_t arguments[3] = {{DNNL_ARG_FROM, plain.get()},
                                    {DNNL_ARG_TO, packed.get()},
                                    {DNNL_ARG_SCRATCHPAD, scratch.get()}};
    CheckStatus(dnnl_primitive_execute(reorder.get(), stream, 3, arguments), "packing weights");
    CheckStatus(dnnl_stream_wait(stream), "packing weights");
  }
};

// B, the weights or their transpose, in integers. B(k,j) is at k·row_stride + j·col_stride.
std::vector<int8_t> QuantizeColumns(const WeightKey& key, PackedCopy& copy) {
  const int K = key.transposed ? key.cols : key.rows, N = key.transposed ? key.rows : key.cols;
  const ptrdiff_t row_stride = key.transposed ? 1 : key.stride;
  const ptrdiff_t col_stride = key.transposed ? key.stride : 1;
  std::vector<int8_t> q(static_cast<size_t>(K) * static_cast<size_t>(N));
  for (int j = 0; j < N; ++j) {
    const float* column = key.data + j * col_stride;
    float largest = 0;
    for (int k = 0; k < K; ++k) largest = std::max(largest, std::abs(column[k * row_stride]));
    const float scale = largest / 127;
    int32_t sum = 0;
    for (int k = 0; k < K; ++k) {
      const float value = scale > 0 ? std::nearbyint(column[k * row_stride] / scale) : 0;
      const auto integer = static_cast<int8_t>(std::clamp(value, -127.0f, 127.0f));
      q[static_cast<size_t>(j) * static_cast<size_t>(K) + static_cast<size_t>(k)] = integer;
      sum += integer;
    }
    copy.scale.push_back(scale);
    copy.offset.push_back(kInt8Zero * sum);
  }
  return q;
}

// Packed at once: integers are not packed again.
std::unique_ptr<PackedCopy> NewPackedCopy(const WeightKey& key, const Product& product,
                                          Precision precision) {
  try {
    const dnnl::engine& engine = onednn::CpuEngine();
    auto copy = std::make_unique<PackedCopy>();
    copy->layout_number = product.layout_number;
    copy->buffer = AlignedBuffer(product.layout.get_size());
    memory::desc plain =
        key.transposed ? MatrixDesc(memory::data_type::f32, key.cols, key.rows, 1, key.stride)
                       : MatrixDesc(memory::data_type::f32, key.rows, key.cols, key.stride, 1);
    const void* data = key.data;
    std::vector<int8_t> integers;
    if (precision == Precision::kInt8) {
      integers = QuantizeColumns(key, *copy);
      data = integers.data();
      const int K = key.transposed ? key.cols : key.rows, N = key.transposed ? key.rows : key.cols;
      plain = MatrixDesc(memory::data_type::s8, K, N, 1, K);
    }
    copy->plain = memory(plain, engine, const_cast<void*>(data));
    copy->packed = memory(product.layout, engine, copy->buffer.data());
    dnnl::reorder::primitive_desc desc(engine, plain, engine, product.layout,
                                       onednn::Attributes(false));
    copy->scratch_buffer = AlignedBuffer(desc.scratchpad_desc().get_size());
    copy->scratch = memory(desc.scratchpad_desc(), engine, copy->scratch_buffer.data());
    copy->reorder = dnnl::reorder(desc);
    copy->Pack(Context::OfThisThread().stream());
    return copy;
  } catch (const dnnl::error& error) {
    onednn::ThrowError(error.what());
  }
}

}  // namespace

struct PackedWeights::Impl {
  // Usually there is one layout per weight, whatever the number of rows.
  using Copies = std::vector<std::unique_ptr<PackedCopy>>;

  const PackedCopy& Find(const WeightKey& key, const Product& product) {
    {
      std::shared_lock lock(mutex);
      auto it = weights.find(key);
      if (it != weights.end()) {
        for (const auto& copy : it->second) {
          if (copy->layout_number == product.layout_number) return *copy;
        }
      }
    }
    return Pack(key, product);
  }

  const PackedCopy& Pack(const WeightKey& key, const Product& product) {
    std::unique_lock lock(mutex);
    Copies& copies = weights[key];
    for (const auto& copy : copies) {  // another thread may have been faster
      if (copy->layout_number == product.layout_number) return *copy;
    }
    copies.push_back(NewPackedCopy(key, product, precision));
    PackedCopy* added = copies.back().get();
    auto smaller = [](const PackedCopy* a, const PackedCopy* b) {
      return a->buffer.size_bytes() > b->buffer.size_bytes();
    };
    by_size.insert(std::upper_bound(by_size.begin(), by_size.end(), added, smaller), added);
    return *added;
  }

  // y = or += x · B + bias, B [K,N] being W or Wᵀ.
  void Multiply(ConstMatrix x, const WeightKey& key, Matrix y, const LinearOptions& options) {
    for (int begin = 0; begin < y.rows;) {
      const int rows = RowsAtOnce(y.rows - begin);
      MultiplyRows(x.Rows(begin, rows), key, y.Rows(begin, rows), options);
      begin += rows;
    }
  }

  void MultiplyRows(ConstMatrix x, const WeightKey& key, Matrix y, const LinearOptions& options) {
    Context& context = Context::OfThisThread();
    const int M = y.rows, N = y.cols, K = x.cols, threads = context.threads();
    const float* bias = options.bias.empty() ? nullptr : options.bias.data();
    if (precision == Precision::kFloat32) {
      Product& product = context.Find({ProductKind::kFloat32, M, N, K, x.stride, y.stride, threads,
                                       options.accumulate, bias != nullptr});
      context.Execute(product, x.data, Find(key, product).buffer.data(), bias, y.data);
      return;
    }
    if (precision == Precision::kBfloat16) return MultiplyBfloat16(x, key, y, options);
    Product& product = context.Find({ProductKind::kInt8, M, N, K, K, N, threads, false, false});
    const PackedCopy& copy = Find(key, product);
    uint8_t* q = context.Scratch<uint8_t>(Context::kLeft, x.size());
    float* scale = context.Scratch<float>(Context::kScales, static_cast<size_t>(M));
    int32_t* sums = context.Scratch<int32_t>(Context::kSums, y.size());
    QuantizeRows(x, q, scale);
    context.Execute(product, q, copy.buffer.data(), nullptr, sums);
    DequantizeProduct(sums, scale, {copy.scale.data(), copy.offset.data()}, options.bias,
                      options.accumulate, y);
  }

  void MultiplyBfloat16(ConstMatrix x, const WeightKey& key, Matrix y,
                        const LinearOptions& options) {
    Context& context = Context::OfThisThread();
    const float* bias = options.bias.empty() ? nullptr : options.bias.data();
    // With gaps in y oneDNN does not pack the weights, but for a single row, and sums in another
    // order then: the next product's rounding would make much of it.
    const bool gaps = y.stride != y.cols;
    Matrix dense = y;
    if (gaps) dense = Matrix(context.Scratch<float>(Context::kSums, y.size()), y.rows, y.cols);
    Product& product =
        context.Find({ProductKind::kBfloat16, y.rows, y.cols, x.cols, x.cols, y.cols,
                      context.threads(), options.accumulate && !gaps, bias != nullptr});
    uint16_t* rounded = context.Scratch<uint16_t>(Context::kLeft, x.size());
    RoundToBfloat16(x, rounded);
    context.Execute(product, rounded, Find(key, product).buffer.data(), bias, dense.data);
    if (!gaps) return;
    if (options.accumulate) {
      AddTo(dense, y);
    } else {
      CopyMatrix(dense, y);
    }
  }

  Precision precision = Precision::kFloat32;
  std::shared_mutex mutex;
  std::unordered_map<WeightKey, Copies, WeightKeyHash> weights;
  std::vector<const PackedCopy*> by_size;  // all, the largest first
};

namespace {

// The products of no inner dimension, which oneDNN does not do.
void EmptySum(Matrix y, bool accumulate, ConstVector bias) {
  for (int i = 0; i < y.rows; ++i) {
    if (!accumulate) std::fill_n(y.Row(i), y.cols, 0.0f);
    for (size_t j = 0; j < bias.size(); ++j) y.Row(i)[j] += bias[j];
  }
}

// x in bfloat16 and zeros, [rows, x.cols].
uint16_t* RoundedRows(Context& context, Context::Purpose purpose, ConstMatrix x, int rows) {
  const size_t size = static_cast<size_t>(rows) * static_cast<size_t>(x.cols);
  uint16_t* rounded = context.Scratch<uint16_t>(purpose, size);
  RoundToBfloat16(x, rounded);
  std::fill(rounded + x.size(), rounded + size, uint16_t{0});
  return rounded;
}

// d_W += d_yᵀ x.
void AddGradientOfBfloat16(ConstMatrix d_y, ConstMatrix x, Matrix d_W) {
  Context& context = Context::OfThisThread();
  for (int begin = 0; begin < x.rows; begin += kMostTermsAtOnce) {
    const int rows = std::min(kMostTermsAtOnce, x.rows - begin), terms = RoundedTerms(rows);
    const uint16_t* left = RoundedRows(context, Context::kLeft, d_y.Rows(begin, rows), terms);
    const uint16_t* right = RoundedRows(context, Context::kRight, x.Rows(begin, rows), terms);
    Product& product = context.Find({ProductKind::kGradient, d_W.rows, d_W.cols, terms, d_W.rows,
                                     d_W.stride, context.threads(), true, false});
    context.Execute(product, left, right, nullptr, d_W.data);
  }
}

}  // namespace

PackedWeights::PackedWeights() : impl_(std::make_unique<Impl>()) {}
PackedWeights::~PackedWeights() = default;

void PackedWeights::SetPrecision(Precision precision) {
  CHECK(HasProducts(precision));
  Clear();
  impl_->precision = precision;
}

Precision PackedWeights::precision() const { return impl_->precision; }

void PackedWeights::Linear(ConstMatrix x, ConstMatrix W, Matrix y, const LinearOptions& options) {
  CHECK(x.rows == y.rows && x.cols == W.cols && y.cols == W.rows);
  CHECK(options.bias.empty() || options.bias.size() == static_cast<size_t>(W.rows));
  if (y.empty()) return;
  if (x.cols == 0) return EmptySum(y, options.accumulate, options.bias);
  impl_->Multiply(x, {W.data, W.rows, W.cols, W.stride, true}, y, options);
}

void PackedWeights::LinearTransposed(ConstMatrix x, ConstMatrix W, Matrix y, bool accumulate) {
  CHECK(x.rows == y.rows && x.cols == W.rows && y.cols == W.cols);
  if (y.empty()) return;
  if (x.cols == 0) return EmptySum(y, accumulate, {});
  impl_->Multiply(x, {W.data, W.rows, W.cols, W.stride, false}, y, {.accumulate = accumulate});
}

void PackedWeights::Invalidate(int part, int parts) {
  CHECK(part >= 0 && part < parts && impl_->precision != Precision::kInt8);
  // The largest first, dealt out in turn.
  for (size_t i = static_cast<size_t>(part); i < impl_->by_size.size();
       i += static_cast<size_t>(parts)) {
    impl_->by_size[i]->Pack(Context::OfThisThread().stream());
  }
}

void PackedWeights::Clear() {
  impl_->by_size.clear();
  impl_->weights.clear();
}

size_t PackedWeights::packed_bytes() const {
  size_t total = 0;
  for (const PackedCopy* copy : impl_->by_size) total += copy->buffer.size_bytes();
  return total;
}

void PackedWeights::AddGradient(ConstMatrix d_y, ConstMatrix x, Matrix d_W) const {
  CHECK(d_y.rows == x.rows && d_W.rows == d_y.cols && d_W.cols == x.cols);
  if (d_W.empty()) return;
  if (impl_->precision == Precision::kFloat32) {
    return Gemm(d_y, x, d_W, {.transpose_a = true, .accumulate = true});
  }
  CHECK(impl_->precision == Precision::kBfloat16);
  AddGradientOfBfloat16(d_y, x, d_W);
}

void Gemm(ConstMatrix a, ConstMatrix b, Matrix c, const GemmOptions& options) {
  const int M = options.transpose_a ? a.cols : a.rows;
  const int K = options.transpose_a ? a.rows : a.cols;
  const int K_b = options.transpose_b ? b.cols : b.rows;
  const int N = options.transpose_b ? b.rows : b.cols;
  CHECK(K == K_b && c.rows == M && c.cols == N);
  if (c.empty()) return;
  if (K == 0) return EmptySum(c, options.accumulate, {});
  Context::OfThisThread();  // sets the number of threads when a thread comes here first
  CheckStatus(dnnl_sgemm(options.transpose_a ? 'T' : 'N', options.transpose_b ? 'T' : 'N', M, N, K,
                         1.0f, a.data, a.stride, b.data, b.stride, options.accumulate ? 1.0f : 0.0f,
                         c.data, c.stride),
              "matrix product");
}

void SetGemmThreads(int threads) {
  CHECK(threads >= 1);
  Context::OfThisThread().SetThreads(threads);
}

bool HasProducts(Precision precision) {
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  // The sets of instructions that oneDNN tells apart are sets of bits.
  auto has = [&](dnnl::cpu_isa set) {
    return (isa & static_cast<unsigned>(set)) == static_cast<unsigned>(set);
  };
  switch (precision) {
    case Precision::kFloat32:
      return true;
    case Precision::kBfloat16:
      return has(dnnl::cpu_isa::avx512_core_bf16);
    case Precision::kInt8:
      return has(dnnl::cpu_isa::avx512_core_vnni);
  }
  return false;
}

const char* GemmBackend() {
  static const std::string name = [] {
    using dnnl::cpu_isa;
    const dnnl_version_t* version = dnnl_version();
    std::string text = "oneDNN " + std::to_string(version->major) + "." +
                       std::to_string(version->minor) + "." + std::to_string(version->patch);
    switch (dnnl::get_effective_cpu_isa()) {
      case cpu_isa::sse41:
        return text + " (sse41)";
      case cpu_isa::avx:
        return text + " (avx)";
      case cpu_isa::avx2:
        return text + " (avx2)";
      case cpu_isa::avx2_vnni:
        return text + " (avx2_vnni)";
      case cpu_isa::avx512_core:
        return text + " (avx512_core)";
      case cpu_isa::avx512_core_vnni:
        return text + " (avx512_core_vnni)";
      case cpu_isa::avx512_core_bf16:
        return text + " (avx512_core_bf16)";
      case cpu_isa::avx512_core_amx:
        return text + " (avx512_core_amx)";
      default:
        return text;
    }
  }();
  return name.c_str();
}

}  // namespace atento
