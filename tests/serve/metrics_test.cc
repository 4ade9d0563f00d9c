#include "serve/metrics.h"

#include <gtest/gtest.h>

#include <sstream>

namespace atento {
namespace {

TEST(Metrics, WritesTheFormatOfPrometheus) {
  Metrics metrics;
  metrics.Add(Metric::kRequests, 1, "path=\"/x\",status=\"200\"");
  metrics.Add(Metric::kRequests, 2, "path=\"/x\",status=\"200\"");
  metrics.Add(Metric::kConnections);
  metrics.Add(Metric::kConnections, -1);
  const std::string text = metrics.Text();
  EXPECT_NE(text.find("# HELP atento_http_requests_total Requests answered.\n"
                      "# TYPE atento_http_requests_total counter\n"
                      "atento_http_requests_total{path=\"/x\",status=\"200\"} 3\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("# TYPE atento_http_connections gauge\natento_http_connections 0\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(metrics.Value(Metric::kRequests, "path=\"/x\",status=\"200\""), 3);
  EXPECT_EQ(metrics.Value(Metric::kRequests, "path=\"/y\""), 0);
}

TEST(Metrics, BucketsOfAHistogramAreSums) {
  Metrics metrics;
  for (double size : {1.0, 2.0, 3.0, 1000.0}) metrics.Observe(Metric::kBatchSentences, size);
  const std::string text = metrics.Text();
  for (const char* line :
       {"atento_batch_sentences_bucket{le=\"1\"} 1\n",
        "atento_batch_sentences_bucket{le=\"2\"} 2\n",
        "atento_batch_sentences_bucket{le=\"4\"} 3\n",
        "atento_batch_sentences_bucket{le=\"256\"} 3\n",
        "atento_batch_sentences_bucket{le=\"+Inf\"} 4\n", "atento_batch_sentences_sum 1006\n",
        "atento_batch_sentences_count 4\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_EQ(metrics.Value(Metric::kBatchSentences), 4);
}

TEST(Metrics, EveryOneIsDeclaredOnce) {
  std::istringstream lines(Metrics().Text());
  size_t types = 0;
  for (std::string line; std::getline(lines, line);) types += line.starts_with("# TYPE ") ? 1 : 0;
  EXPECT_EQ(types, AllMetrics().size());
  EXPECT_EQ(AllMetrics().size(), static_cast<size_t>(Metric::kBuildInfo) + 1);
}

}  // namespace
}  // namespace atento
