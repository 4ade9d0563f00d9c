// The page that is compiled in, and with traces inside.
#include "trace/page.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "trace/traced_model.h"

namespace atento {
namespace {

const std::string kOpen = R"(<script type="application/json" id="embedded-trace">)";

// What stands between the tags.
std::string Inside(const std::string& html) {
  const size_t begin = html.find(kOpen) + kOpen.size();
  return html.substr(begin, html.find("</script>", begin) - begin);
}

TEST(PageTest, IsTheFileThatTheSourcesHave) {
  EXPECT_TRUE(PageHtml() == ReadFile(ATENTO_SOURCE_DIR "/web/dist/page.html"));
  EXPECT_LE(PageHtml().size(), 300'000u);
  EXPECT_EQ(Inside(std::string(PageHtml())), "");
}

TEST(PageTest, ItsPolicyAllowsNothingButItsOwn) {
  const std::string policy(PagePolicy());
  EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'sha256-")) << policy;
  EXPECT_TRUE(policy.ends_with("form-action 'none'")) << policy;
  EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
}

TEST(PageTest, HoldsATrace) {
  const Trace trace = TracedModels().front()->Beam(2);
  const std::string html = PageWithTraces(std::vector<NamedTrace>{{"one", trace}});
  EXPECT_EQ(Json::Parse(Inside(html), "page").Dump(),
            Json::Parse(TraceToJson(trace), "trace").Dump());
  EXPECT_EQ(html.size(), PageHtml().size() + Inside(html).size());
}

TEST(PageTest, HoldsTracesOfSeveralModels) {
  const std::vector<NamedTrace> traces = {{"one", TracedModels()[0]->Greedy()},
                                          {"t</w>o", TracedModels()[1]->Greedy()}};
  const Json json = Json::Parse(Inside(PageWithTraces(traces)), "page");
  ASSERT_EQ(json.AsArray().size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(json.AsArray()[i].At("name").AsString(), traces[i].model);
    EXPECT_EQ(json.AsArray()[i].At("trace").Dump(),
              Json::Parse(TraceToJson(traces[i].trace), "trace").Dump());
  }
}

TEST(PageTest, HtmlInATextCannotEndTheScript) {
  const std::string text = "a </script><script>alert(1)</script> <!-- \\u003c \" & b";
  const Trace trace = TracedModels().front()->Greedy({.text = text});
  const std::string inside = Inside(PageWithTraces(std::vector<NamedTrace>{{"one", trace}}));
  EXPECT_EQ(inside.find('<'), std::string::npos);
  EXPECT_EQ(Json::Parse(inside, "page").At("source").At("text").AsString(), text);
}

}  // namespace
}  // namespace atento
