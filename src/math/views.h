// The types every number passes through: Real and non-owning row-major views.
#ifndef ATENTO_MATH_VIEWS_H_
#define ATENTO_MATH_VIEWS_H_

#include <cstddef>
#include <span>
#include <type_traits>

#include "base/check.h"

namespace atento {

// float in every build that ships; double in the f64 build, which exists for gradient checks.
#ifdef ATENTO_F64
using Real = double;
#else
using Real = float;
#endif

// A row-major matrix that somebody else owns. Row i starts at data + i * stride; stride >= cols.
template <class T>
struct MatrixView {
  T* data = nullptr;
  int rows = 0;
  int cols = 0;
  int stride = 0;

  MatrixView() = default;
  MatrixView(T* d, int r, int c) : data(d), rows(r), cols(c), stride(c) {}
  MatrixView(T* d, int r, int c, int s) : data(d), rows(r), cols(c), stride(s) {}
  // A matrix that may be written is also one that may be read.
  operator MatrixView<const T>() const requires(!std::is_const_v<T>) {
    return {data, rows, cols, stride};
  }

  T* Row(int i) const { return data + static_cast<std::ptrdiff_t>(i) * stride; }
  std::span<T> RowSpan(int i) const { return {Row(i), static_cast<size_t>(cols)}; }
  T& operator()(int i, int j) const { return Row(i)[j]; }
  // Rows [begin, begin + count).
  MatrixView Rows(int begin, int count) const {
    CHECK(begin >= 0 && count >= 0 && begin + count <= rows);
    return {Row(begin), count, cols, stride};
  }
  // Columns [begin, begin + count).
  MatrixView Columns(int begin, int count) const {
    CHECK(begin >= 0 && count >= 0 && begin + count <= cols);
    return {data + begin, rows, count, stride};
  }
  bool empty() const { return rows == 0 || cols == 0; }
  bool contiguous() const { return stride == cols || rows <= 1; }
  size_t size() const { return static_cast<size_t>(rows) * static_cast<size_t>(cols); }
};

using Matrix = MatrixView<Real>;
using ConstMatrix = MatrixView<const Real>;
using Vector = std::span<Real>;
using ConstVector = std::span<const Real>;

}  // namespace atento

#endif  // ATENTO_MATH_VIEWS_H_
