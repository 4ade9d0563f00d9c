#include "math/gemm_onednn_product.h"

#include <omp.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "atento/error.h"
#include "base/check.h"

namespace atento::onednn {
namespace {

using dnnl::memory;
using Type = memory::data_type;

// About 40 kB each. Only a program with very many shapes ever gets here.
constexpr size_t kMaxProducts = 2048;

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

struct Types {
  Type x, weights, y;
};

Types TypesOf(ProductKind kind) {
  switch (kind) {
    case ProductKind::kFloat32:
      return {Type::f32, Type::f32, Type::f32};
    case ProductKind::kBfloat16:
    case ProductKind::kGradient:
      return {Type::bf16, Type::bf16, Type::f32};
    case ProductKind::kInt8:
      return {Type::u8, Type::s8, Type::s32};
  }
  CHECK(false, "kind of product");
}

Product NewProduct(const ProductKey& key) {
  try {
    const bool gradient = key.kind == ProductKind::kGradient;
    const Types types = TypesOf(key.kind);
    const memory::desc x = gradient ? MatrixDesc(types.x, key.M, key.K, 1, key.x_stride)
                                    : MatrixDesc(types.x, key.M, key.K, key.x_stride, 1);
    const memory::desc B =
        gradient ? MatrixDesc(types.weights, key.K, key.N, key.N, 1)
                 : memory::desc({key.K, key.N}, types.weights, memory::format_tag::any);
    const memory::desc y = MatrixDesc(types.y, key.M, key.N, key.y_stride, 1);
    const memory::desc bias = MatrixDesc(Type::f32, 1, key.N, key.N, 1);
    const auto desc = MatmulDesc(x, B, key.bias ? &bias : nullptr, y, Attributes(key.accumulate));
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
    ThrowError(error.what());
  }
}

void SetHandle(const memory& handle, const void* data) {
  handle.set_data_handle(const_cast<void*>(data));
}

}  // namespace

// Never destroyed: primitives of threads that end late still refer to it.
const dnnl::engine& CpuEngine() {
  static const auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

void ThrowError(const char* what) {
  throw Error(ErrorKind::kInternal, std::string("oneDNN failed (") + what +
                                        "); set ONEDNN_VERBOSE=1 to see the operation at fault");
}

memory::desc MatrixDesc(Type type, int rows, int cols, int row_stride, int col_stride) {
  return memory::desc({rows, cols}, type, memory::dims{row_stride, col_stride});
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

size_t Context::KeyHash::operator()(const ProductKey& key) const {
  auto join = [](int high, int low) {
    return static_cast<uint64_t>(static_cast<uint32_t>(high)) << 32 | static_cast<uint32_t>(low);
  };
  uint64_t hash = join(key.M, key.N) * 0x9e3779b97f4a7c15u;
  hash = (hash ^ hash >> 29 ^ join(key.K, key.x_stride)) * 0xbf58476d1ce4e5b9u;
  hash = (hash ^ hash >> 32 ^ join(key.y_stride, key.threads)) * 0x94d049bb133111ebu;
  hash ^= static_cast<uint64_t>(key.accumulate) << 1 | static_cast<uint64_t>(key.bias) |
          static_cast<uint64_t>(key.kind) << 2;
  return static_cast<size_t>(hash ^ hash >> 31);
}

Context& Context::OfThisThread() {
  thread_local Context context;
  return context;
}

void Context::SetThreads(int threads) {
  threads_ = threads;
  omp_set_num_threads(threads);
}

Product& Context::Find(const ProductKey& key) {
  auto it = products_.find(key);
  if (it != products_.end()) return it->second;
  if (products_.size() >= kMaxProducts) products_.clear();
  return products_.emplace(key, NewProduct(key)).first->second;
}

void Context::Execute(Product& product, const void* x, const void* weights, const float* bias,
                      void* y) {
  SetHandle(product.x, x);
  SetHandle(product.weights, weights);
  SetHandle(product.y, y);
  dnnl_exec_arg_t arguments[5] = {{DNNL_ARG_SRC, product.x.get()},
                                  {DNNL_ARG_WEIGHTS, product.weights.get()},
                                  {DNNL_ARG_DST, product.y.get()}};
  int count = 3;
  if (product.scratch_bytes > 0) {
    SetHandle(product.scratch, Scratch<std::byte>(kPrimitive, product.scratch_bytes));
    arguments[count++] = {DNNL_ARG_SCRATCHPAD, product.scratch.get()};
  }
  if (bias) {
    SetHandle(product.bias, bias);
    arguments[count++] = {DNNL_ARG_BIAS, product.bias.get()};
  }
  CheckStatus(dnnl_primitive_execute(product.primitive.get(), stream(), count, arguments),
              "matrix product");
  CheckStatus(dnnl_stream_wait(stream()), "matrix product");
}

}  // namespace atento::onednn
