// Matrix products by oneDNN; no other file knows of it. Written for oneDNN 2.6 and 3.x; only 2.6.3
// was built and run, what is under DNNL_VERSION_MAJOR >= 3 is unverified.
//
// A product with weights is a `matmul` primitive, made for one shape and kept by the thread that
// made it (Context). Its weights lie in whatever layout oneDNN asks for; PackedWeights owns the
// copies. A product of two changing matrices is dnnl_sgemm, which needs no primitive: weight
// gradients have a new K at every batch, and on AVX-512 it is as fast (2048×512, K 1283, Aᵀ: 101
// GFLOP/s on a core, matmul 100).
#include <omp.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>
#include <oneapi/dnnl/dnnl.hpp>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "atento/error.h"
#include "base/random.h"
#include "math/gemm.h"

namespace atento {
namespace {

static_assert(std::is_same_v<Real, float>, "the f64 build uses gemm_reference.cc");

using dnnl::memory;

// Never destroyed: primitives of threads that end late still refer to it.
const dnnl::engine& CpuEngine() {
  static const auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

[[noreturn]] void ThrowOneDnnError(const char* what) {
  throw Error(ErrorKind::kInternal, std::string("oneDNN failed (") + what +
                                        "); set ONEDNN_VERBOSE=1 to see the operation at fault");
}

void CheckStatus(dnnl_status_t status, const char* what) {
  if (status != dnnl_success) ThrowOneDnnError(what);
}

class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t bytes)
      : data_(::operator new(std::max<size_t>(bytes, 1), kAlignment)), size_bytes_(bytes) {}
  AlignedBuffer(AlignedBuffer&& other) noexcept { *this = std::move(other); }
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_bytes_, other.size_bytes_);
    return *this;
  }
  ~AlignedBuffer() { ::operator delete(data_, kAlignment); }
  void* data() const { return data_; }
  size_t size_bytes() const { return size_bytes_; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  void* data_ = nullptr;
  size_t size_bytes_ = 0;
};

// A matrix [rows, cols] whose element (i,j) is at i·row_stride + j·col_stride.
memory::desc MatrixDesc(int rows, int cols, int row_stride, int col_stride) {
  return memory::desc({rows, cols}, memory::data_type::f32, memory::dims{row_stride, col_stride});
}

dnnl::primitive_attr Attributes(bool accumulate) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_fpmath_mode(dnnl::fpmath_mode::strict);
  if (accumulate) {
    dnnl::post_ops sum;
    sum.append_sum(1.0f);
    attributes.set_post_ops(sum);
  }
  return attributes;
}

// The one place where 2.x and 3.x differ.
dnnl::matmul::primitive_desc MatmulDesc(const memory::desc& x, const memory::desc& weights,
                                        const memory::desc* bias, const memory::desc& y,
                                        const dnnl::primitive_attr& attributes) {
#if DNNL_VERSION_MAJOR >= 3
  if (bias) return {CpuEngine(), x, weights, *bias, y, attributes};
  return {CpuEngine(), x, weights, y, attributes};
#else
  if (bias) return {dnnl::matmul::desc(x, weights, *bias, y), attributes, CpuEngine()};
  return {dnnl::matmul::desc(x, weights, y), attributes, CpuEngine()};
#endif
}

// ---- layouts of packed weights -----------------------------------------------------------------

// Numbers the layouts that oneDNN has asked for, so that a product finds its copy of the weights by
// comparing two integers.
class LayoutRegistry {
 public:
  int Number(const memory::desc& layout) {
    std::lock_guard lock(mutex_);
    auto it = std::find(layouts_.begin(), layouts_.end(), layout);
    if (it == layouts_.end()) it = layouts_.insert(it, layout);
    return static_cast<int>(it - layouts_.begin());
  }

 private:
  std::mutex mutex_;
  std::vector<memory::desc> layouts_;
};

LayoutRegistry& Layouts() {
  static auto* registry = new LayoutRegistry;
  return *registry;
}

// ---- products, per thread ----------------------------------------------------------------------

// All that a primitive is specialised on. y [M,N] = x [M,K] · B [K,N].
struct ProductKey {
  int M, N, K, x_stride, y_stride;
  int threads;
  bool accumulate, bias;
  bool operator==(const ProductKey&) const = default;
};

struct ProductKeyHash {
  size_t operator()(const ProductKey& key) const {
    auto join = [](int high, int low) {
      return static_cast<uint64_t>(static_cast<uint32_t>(high)) << 32 | static_cast<uint32_t>(low);
    };
    uint64_t hash = join(key.M, key.N) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 29 ^ join(key.K, key.x_stride)) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 32 ^ join(key.y_stride, key.threads)) * 0x94d049bb133111ebu;
    hash ^= static_cast<uint64_t>(key.accumulate) << 1 | static_cast<uint64_t>(key.bias);
    return static_cast<size_t>(hash ^ hash >> 31);
  }
};

struct Product {
  dnnl::matmul primitive;
  memory::desc layout;  // of the weights
  int layout_number;
  size_t scratch_bytes;
  memory x, weights, y, bias, scratch;
};

Product NewProduct(const ProductKey& key) {
  try {
    memory::desc x = MatrixDesc(key.M, key.K, key.x_stride, 1);
    memory::desc y = MatrixDesc(key.M, key.N, key.y_stride, 1);
    memory::desc bias = MatrixDesc(1, key.N, key.N, 1);
    memory::desc any({key.K, key.N}, memory::data_type::f32, memory::format_tag::any);
    auto desc = MatmulDesc(x, any, key.bias ? &bias : nullptr, y, Attributes(key.accumulate));
    const dnnl::engine& engine = CpuEngine();
    Product product;
    product.primitive = dnnl::matmul(desc);
    product.layout = desc.weights_desc();
    product.layout_number = Layouts().Number(product.layout);
    product.scratch_bytes = desc.scratchpad_desc().get_size();
    product.x = memory(x, engine, nullptr);
    product.weights = memory(product.layout, engine, nullptr);
    product.y = memory(y, engine, nullptr);
    if (key.bias) product.bias = memory(bias, engine, nullptr);
    product.scratch = memory(desc.scratchpad_desc(), engine, nullptr);
    return product;
  } catch (const dnnl::error& error) {
    ThrowOneDnnError(error.what());
  }
}

// What a thread needs for its products.
class Context {
 public:
  static Context& OfThisThread() {
    thread_local Context context;
    return context;
  }

  void SetThreads(int threads) {
    threads_ = threads;
    omp_set_num_threads(threads);
  }
  int threads() const { return threads_; }
  dnnl_stream_t stream() const { return stream_.get(); }

  Product& Find(const ProductKey& key) {
    auto it = products_.find(key);
    if (it != products_.end()) return it->second;
    // About 40 kB each. Only a program with very many shapes ever gets here.
    if (products_.size() >= kMaxProducts) products_.clear();
    return products_.emplace(key, NewProduct(key)).first->second;
  }

  void* Scratch(size_t bytes) {
    if (scratch_.size_bytes() < bytes) scratch_ = AlignedBuffer(bytes);
    return scratch_.data();
  }

 private:
  static constexpr size_t kMaxProducts = 2048;
  // OpenMP's own default would be all the cores.
  Context() : stream_(CpuEngine()) { SetThreads(1); }

  int threads_ = 1;
  dnnl::stream stream_;
  std::unordered_map<ProductKey, Product, ProductKeyHash> products_;
  AlignedBuffer scratch_;
};

void SetHandle(const memory& handle, const void* data) {
  handle.set_data_handle(const_cast<void*>(data));
}

void Execute(Context& context, Product& product, const float* x, const void* weights,
             const float* bias, float* y) {
  SetHandle(product.x, x);
  SetHandle(product.weights, weights);
  SetHandle(product.y, y);
  dnnl_exec_arg_t arguments[5] = {{DNNL_ARG_SRC, product.x.get()},
                                  {DNNL_ARG_WEIGHTS, product.weights.get()},
                                  {DNNL_ARG_DST, product.y.get()}};
  int count = 3;
  if (product.scratch_bytes > 0) {
    SetHandle(product.scratch, context.Scratch(product.scratch_bytes));
    arguments[count++] = {DNNL_ARG_SCRATCHPAD, product.scratch.get()};
  }
  if (bias) {
    SetHandle(product.bias, bias);
    arguments[count++] = {DNNL_ARG_BIAS, product.bias.get()};
  }
  CheckStatus(dnnl_primitive_execute(product.primitive.get(), context.stream(), count, arguments),
              "matrix product");
  CheckStatus(dnnl_stream_wait(context.stream()), "matrix product");
}

// The number of rows to do next, of those left. A primitive is made for one number of rows, which
// takes about 0.2 ms, and long batches hardly ever have equal numbers: so that they share
// primitives, many rows are done as a round number and a rest.
int RowsAtOnce(int rows) {
  if (rows <= 128) return rows;
  return rows <= 1024 ? rows / 32 * 32 : rows / 256 * 256;
}

// ---- packed weights ----------------------------------------------------------------------------

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

  void Pack(dnnl_stream_t stream) const {
    dnnl_exec_arg_t arguments[3] = {{DNNL_ARG_FROM, plain.get()},
                                    {DNNL_ARG_TO, packed.get()},
                                    {DNNL_ARG_SCRATCHPAD, scratch.get()}};
    CheckStatus(dnnl_primitive_execute(reorder.get(), stream, 3, arguments), "packing weights");
    CheckStatus(dnnl_stream_wait(stream), "packing weights");
  }
};

std::unique_ptr<PackedCopy> NewPackedCopy(const WeightKey& key, const Product& product) {
  try {
    const dnnl::engine& engine = CpuEngine();
    auto copy = std::make_unique<PackedCopy>();
    copy->layout_number = product.layout_number;
    copy->buffer = AlignedBuffer(product.layout.get_size());
    memory::desc plain = key.transposed ? MatrixDesc(key.cols, key.rows, 1, key.stride)
                                        : MatrixDesc(key.rows, key.cols, key.stride, 1);
    copy->plain = memory(plain, engine, const_cast<float*>(key.data));
    copy->packed = memory(product.layout, engine, copy->buffer.data());
    dnnl::reorder::primitive_desc desc(engine, plain, engine, product.layout, Attributes(false));
    copy->scratch_buffer = AlignedBuffer(desc.scratchpad_desc().get_size());
    copy->scratch = memory(desc.scratchpad_desc(), engine, copy->scratch_buffer.data());
    copy->reorder = dnnl::reorder(desc);
    return copy;
  } catch (const dnnl::error& error) {
    ThrowOneDnnError(error.what());
  }
}

}  // namespace

struct PackedWeights::Impl {
  // Usually there is one layout per weight, whatever the number of rows.
  using Copies = std::vector<std::unique_ptr<PackedCopy>>;

  const void* Find(const WeightKey& key, const Product& product) {
    {
      std::shared_lock lock(mutex);
      auto it = weights.find(key);
      if (it != weights.end()) {
        for (const auto& copy : it->second) {
          if (copy->layout_number == product.layout_number) return copy->buffer.data();
        }
      }
    }
    return Pack(key, product);
  }

  const void* Pack(const WeightKey& key, const Product& product) {
    std::unique_lock lock(mutex);
    Copies& copies = weights[key];
    for (const auto& copy : copies) {  // another thread may have been faster
      if (copy->layout_number == product.layout_number) return copy->buffer.data();
    }
    auto copy = NewPackedCopy(key, product);
    copy->Pack(Context::OfThisThread().stream());
    copies.push_back(std::move(copy));
    PackedCopy* added = copies.back().get();
    auto smaller = [](const PackedCopy* a, const PackedCopy* b) {
      return a->buffer.size_bytes() > b->buffer.size_bytes();
    };
    by_size.insert(std::upper_bound(by_size.begin(), by_size.end(), added, smaller), added);
    return added->buffer.data();
  }

  // y = or += x · B, B [K,N] being W or Wᵀ.
  void Multiply(ConstMatrix x, const WeightKey& key, Matrix y, bool accumulate, const float* bias) {
    Context& context = Context::OfThisThread();
    for (int begin = 0; begin < y.rows;) {
      const int rows = RowsAtOnce(y.rows - begin);
      Product& product = context.Find({rows, y.cols, x.cols, x.stride, y.stride, context.threads(),
                                       accumulate, bias != nullptr});
      Execute(context, product, x.Row(begin), Find(key, product), bias, y.Row(begin));
      begin += rows;
    }
  }

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

}  // namespace

PackedWeights::PackedWeights() : impl_(std::make_unique<Impl>()) {}
PackedWeights::~PackedWeights() = default;

void PackedWeights::Linear(ConstMatrix x, ConstMatrix W, Matrix y, const LinearOptions& options) {
  CHECK(x.rows == y.rows && x.cols == W.cols && y.cols == W.rows);
  CHECK(options.bias.empty() || options.bias.size() == static_cast<size_t>(W.rows));
  if (y.empty()) return;
  if (x.cols == 0) return EmptySum(y, options.accumulate, options.bias);
  impl_->Multiply(x, {W.data, W.rows, W.cols, W.stride, true}, y, options.accumulate,
                  options.bias.empty() ? nullptr : options.bias.data());
}

void PackedWeights::LinearTransposed(ConstMatrix x, ConstMatrix W, Matrix y, bool accumulate) {
  CHECK(x.rows == y.rows && x.cols == W.rows && y.cols == W.cols);
  if (y.empty()) return;
  if (x.cols == 0) return EmptySum(y, accumulate, {});
  impl_->Multiply(x, {W.data, W.rows, W.cols, W.stride, false}, y, accumulate, nullptr);
}

void PackedWeights::Invalidate(int part, int parts) {
  CHECK(part >= 0 && part < parts);
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
