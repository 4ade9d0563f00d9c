// The fixture of the kernel tests: each runs on every instruction set that was compiled and that
// this machine has.
#ifndef ATENTO_TESTS_MATH_KERNELS_TEST_UTIL_H_
#define ATENTO_TESTS_MATH_KERNELS_TEST_UTIL_H_

#include <gtest/gtest.h>
#include <hwy/detect_targets.h>
#include <hwy/targets.h>

#include <string>

#include "math/kernels.h"
#include "math/math_test_util.h"

namespace atento {

class KernelTest : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override {
    hwy::SetSupportedTargetsForTest(GetParam());
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    ASSERT_STREQ(KernelTarget(), hwy::TargetName(GetParam()));
  }
  void TearDown() override {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }

  Random random_{20240501};
};

#define ATENTO_ON_EVERY_TARGET(Fixture)                                            \
  INSTANTIATE_TEST_SUITE_P(Targets, Fixture,                                       \
                           testing::ValuesIn(hwy::SupportedAndGeneratedTargets()), \
                           [](const testing::TestParamInfo<int64_t>& instance) {   \
                             return std::string(hwy::TargetName(instance.param));  \
                           })

}  // namespace atento

#endif  // ATENTO_TESTS_MATH_KERNELS_TEST_UTIL_H_
