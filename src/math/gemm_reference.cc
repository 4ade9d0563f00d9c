// Matrix products as plain loops: for the f64 build, whose gradient checks need double, and for the
// thread sanitizer, which does not understand OpenMP. The sum over k runs in one fixed order, so
// that a row of the product does not depend on the other rows.
#include <algorithm>
#include <vector>

#include "math/gemm.h"
#include "math/kernels.h"

namespace atento {
namespace {

constexpr int kBlockK = 64;
constexpr int kBlockN = 128;

// panel [k,n] = op(B) rows k0…, columns n0….
void CopyPanel(ConstMatrix b, bool transpose, int k0, int k, int n0, int n, Real* panel) {
  for (int i = 0; i < k; ++i) {
    for (int j = 0; j < n; ++j) {
      panel[i * kBlockN + j] = transpose ? b(n0 + j, k0 + i) : b(k0 + i, n0 + j);
    }
  }
}

// c [M,n] += op(A)[:, k0 … k0+k) · panel [k,n]. The innermost loop is over j: the compiler
// vectorises it.
void MultiplyPanel(ConstMatrix a, bool transpose, int k0, int k, const Real* panel, Matrix c) {
  for (int i = 0; i < c.rows; ++i) {
    Real* c_row = c.Row(i);
    for (int kk = 0; kk < k; ++kk) {
      const Real a_ik = transpose ? a(k0 + kk, i) : a(i, k0 + kk);
      const Real* b_row = panel + kk * kBlockN;
      for (int j = 0; j < c.cols; ++j) c_row[j] += a_ik * b_row[j];
    }
  }
}

}  // namespace

void Gemm(ConstMatrix a, ConstMatrix b, Matrix c, const GemmOptions& options) {
  const int M = options.transpose_a ? a.cols : a.rows;
  const int K = options.transpose_a ? a.rows : a.cols;
  const int K_b = options.transpose_b ? b.cols : b.rows;
  const int N = options.transpose_b ? b.rows : b.cols;
  CHECK(K == K_b && c.rows == M && c.cols == N);
  if (c.empty()) return;
  if (!options.accumulate) {
    for (int i = 0; i < M; ++i) std::fill_n(c.Row(i), N, Real{0});
  }
  Real panel[kBlockK * kBlockN];
  for (int n0 = 0; n0 < N; n0 += kBlockN) {
    const int n = std::min(kBlockN, N - n0);
    for (int k0 = 0; k0 < K; k0 += kBlockK) {
      const int k = std::min(kBlockK, K - k0);
      CopyPanel(b, options.transpose_b, k0, k, n0, n, panel);
      MultiplyPanel(a, options.transpose_a, k0, k, panel, c.Columns(n0, n));
    }
  }
}

// Nothing is packed.
struct PackedWeights::Impl {
  Precision precision = Precision::kFloat32;
};

namespace {

// x, or a copy of it that is rounded as the precision says.
class Factor {
 public:
  Factor(Precision precision, ConstMatrix x) : view_(x) {
    if (precision == Precision::kFloat32) return;
    std::vector<uint16_t> rounded(x.size());
    RoundToBfloat16(x, rounded.data());
    copy_.resize(x.size());
    FromBfloat16(rounded, copy_);
    view_ = ConstMatrix(copy_.data(), x.rows, x.cols);
  }
  ConstMatrix view() const { return view_; }

 private:
  std::vector<Real> copy_;
  ConstMatrix view_;
};

}  // namespace

bool HasProducts(Precision precision) { return precision != Precision::kInt8; }

PackedWeights::PackedWeights() : impl_(std::make_unique<Impl>()) {}
PackedWeights::~PackedWeights() = default;

void PackedWeights::SetPrecision(Precision precision) {
  CHECK(HasProducts(precision));
  impl_->precision = precision;
}

Precision PackedWeights::precision() const { return impl_->precision; }

void PackedWeights::Linear(ConstMatrix x, ConstMatrix W, Matrix y, const LinearOptions& options) {
  CHECK(x.rows == y.rows && x.cols == W.cols && y.cols == W.rows);
  CHECK(options.bias.empty() || options.bias.size() == static_cast<size_t>(W.rows));
  const Factor left(impl_->precision, x), right(impl_->precision, W);
  Gemm(left.view(), right.view(), y, {.transpose_b = true, .accumulate = options.accumulate});
  if (options.bias.empty()) return;
  for (int i = 0; i < y.rows; ++i) {
    for (int j = 0; j < y.cols; ++j) y(i, j) += options.bias[static_cast<size_t>(j)];
  }
}

void PackedWeights::LinearTransposed(ConstMatrix x, ConstMatrix W, Matrix y, bool accumulate) {
  CHECK(x.rows == y.rows && x.cols == W.rows && y.cols == W.cols);
  const Factor left(impl_->precision, x), right(impl_->precision, W);
  Gemm(left.view(), right.view(), y, {.accumulate = accumulate});
}

void PackedWeights::AddGradient(ConstMatrix d_y, ConstMatrix x, Matrix d_W) const {
  CHECK(d_y.rows == x.rows && d_W.rows == d_y.cols && d_W.cols == x.cols);
  const Factor left(impl_->precision, d_y), right(impl_->precision, x);
  Gemm(left.view(), right.view(), d_W, {.transpose_a = true, .accumulate = true});
}

void PackedWeights::Invalidate(int, int) {}
void PackedWeights::Clear() {}
size_t PackedWeights::packed_bytes() const { return 0; }

void SetGemmThreads(int) {}
const char* GemmBackend() { return "reference"; }

}  // namespace atento
