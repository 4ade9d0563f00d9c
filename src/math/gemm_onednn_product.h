// One matrix product as oneDNN does it: the primitives, which each thread makes for itself and
// keeps, and the memory that they need. For gemm_onednn.cc alone.
#ifndef ATENTO_MATH_GEMM_ONEDNN_PRODUCT_H_
#define ATENTO_MATH_GEMM_ONEDNN_PRODUCT_H_

#include <array>
#include <cstdint>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <utility>

#include "math/aligned_buffer.h"

namespace atento::onednn {

const dnnl::engine& CpuEngine();

[[noreturn]] void ThrowError(const char* what);
inline void CheckStatus(dnnl_status_t status, const char* what) {
  if (status != dnnl_success) ThrowError(what);
}

// A matrix [rows, cols] whose element (i,j) is at i·row_stride + j·col_stride.
dnnl::memory::desc MatrixDesc(dnnl::memory::data_type type, int rows, int cols, int row_stride,
                              int col_stride);

// The caller provides scratch memory; with accumulate, what is computed is added.
dnnl::primitive_attr Attributes(bool accumulate);

// y [M,N] = x [M,K] · B [K,N].
enum class ProductKind : uint8_t {
  kFloat32,   // of float32; B in the layout that oneDNN likes best, as in the next two
  kBfloat16,  // x and B of bfloat16, y of float32
  kGradient,  // the same, but x is stored transposed and B row after row
  kInt8,      // x of 8 bits without a sign, B with one, y of 32-bit integers; any layout
};

// All that a primitive is specialised on.
struct ProductKey {
  ProductKind kind;
  int M, N, K;
  int x_stride;  // between rows; kGradient: between columns
  int y_stride;
  int threads;
  bool accumulate, bias;
  bool operator==(const ProductKey&) const = default;
};

struct Product {
  dnnl::matmul primitive;
  dnnl::memory::desc layout;  // of B
  int layout_number;          // equal for equal layouts
  size_t scratch_bytes;
  dnnl::memory x, weights, y, bias, scratch;
};

// What a thread needs for its products.
class Context {
 public:
  static Context& OfThisThread();

  void SetThreads(int threads);
  int threads() const { return threads_; }
  dnnl_stream_t stream() const { return stream_.get(); }

  Product& Find(const ProductKey& key);

  // bias: nullptr if the product has none.
  void Execute(Product& product, const void* x, const void* weights, const float* bias, void* y);

  // Memory of the thread, valid until the next call for the same purpose.
  enum Purpose { kPrimitive, kLeft, kRight, kScales, kSums, kPurposes };
  template <class T>
  T* Scratch(Purpose purpose, size_t count) {
    AlignedBuffer& buffer = scratch_[purpose];
    if (buffer.size_bytes() < count * sizeof(T)) buffer = AlignedBuffer(count * sizeof(T));
    return static_cast<T*>(buffer.data());
  }

 private:
  struct KeyHash {
    size_t operator()(const ProductKey& key) const;
  };
  // OpenMP's own default would be all the cores.
  Context() : stream_(CpuEngine()) { SetThreads(1); }

  int threads_ = 1;
  dnnl::stream stream_;
  std::unordered_map<ProductKey, Product, KeyHash> products_;
  std::array<AlignedBuffer, kPurposes> scratch_;
};

}  // namespace atento::onednn

#endif  // ATENTO_MATH_GEMM_ONEDNN_PRODUCT_H_
