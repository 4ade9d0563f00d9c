// Gradients that wait add up to those that do not, however many shares there are.
#include "layers/deferred_gradients.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"
#include "layers/workspace.h"

namespace atento {
namespace {

constexpr int kRows = 7, kIn = 5, kSymbols = 9;

// What two parts of a batch leave for a large matrix, a small one and an embedding.
class DeferredGradientsTest : public testing::Test {
 protected:
  struct Gradients {
    Matrix large, small, embedding;
  };

  Gradients NewGradients() {
    return {arena_.NewZeroMatrix(50, kIn), arena_.NewZeroMatrix(3, kIn),
            arena_.NewZeroMatrix(kSymbols, kIn)};
  }

  Matrix NewRandom(int rows, int cols) {
    const Matrix m = arena_.NewMatrix(rows, cols);
    for (Real& x : Vector(m.data, m.size())) x = static_cast<Real>(random_.Uniform(-1, 1));
    return m;
  }

  void AddPart(const Gradients& gradients, DeferredGradients* deferred) {
    const Workspace workspace{arena_, weights_, nullptr, deferred};
    const Matrix x = NewRandom(kRows, kIn);
    workspace.AddGradient(NewRandom(kRows, 50), x, gradients.large);
    workspace.AddGradient(NewRandom(kRows, 3), x, gradients.small);
    workspace.AddEmbeddingGradient(ids_, NewRandom(kRows, kIn), gradients.embedding);
  }

  // Two parts, from the same numbers each time.
  Gradients AtOnce() {
    random_ = Random(1);
    const Gradients gradients = NewGradients();
    for (int part = 0; part < 2; ++part) AddPart(gradients, nullptr);
    return gradients;
  }
  Gradients Later(int shares) {
    random_ = Random(1);
    const Gradients gradients = NewGradients();
    DeferredGradients first, second;
    AddPart(gradients, &first);
    AddPart(gradients, &second);
    const DeferredGradients* const parts[] = {&first, &second};
    for (int share = 0; share < shares; ++share) {
      AddDeferredGradients(parts, share, shares, weights_, nullptr);
    }
    return gradients;
  }

  static void ExpectNear(Matrix a, Matrix b) {
    for (int i = 0; i < a.rows; ++i) {
      for (int j = 0; j < a.cols; ++j) EXPECT_NEAR(a(i, j), b(i, j), 1e-5) << i << ", " << j;
    }
  }

 private:
  Arena arena_;
  PackedWeights weights_;
  Random random_{1};
  // The first symbol twice in a row, the last one at the end.
  std::vector<int> ids_ = {0, 0, 3, 4, 3, 1, kSymbols - 1};
};

TEST_F(DeferredGradientsTest, AllSharesTogetherAreWhatIsAddedAtOnce) {
  const Gradients expected = AtOnce();
  for (int shares : {1, 2, 3, 64}) {
    SCOPED_TRACE(shares);
    const Gradients found = Later(shares);
    ExpectNear(found.large, expected.large);
    ExpectNear(found.small, expected.small);
    ExpectNear(found.embedding, expected.embedding);
  }
}

TEST_F(DeferredGradientsTest, NothingIsAddedBeforeItsShare) {
  const Gradients gradients = NewGradients();
  DeferredGradients deferred;
  AddPart(gradients, &deferred);
  for (const Matrix& m : {gradients.large, gradients.small, gradients.embedding}) {
    for (Real number : Vector(m.data, m.size())) ASSERT_EQ(number, 0);
  }
}

}  // namespace
}  // namespace atento
