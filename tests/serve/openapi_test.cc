// What /openapi.json and docs/http.md say is what the server does.
#include <gtest/gtest.h>

#include <set>

#include "base/file.h"
#include "serve/route.h"
#include "serve/service_fixture.h"
#include "serve/trace_fields.h"
#include "serve/translate_fields.h"

namespace atento {
namespace {

class OpenApiTest : public ServiceTest {
 protected:
  Json OpenApiJson() { return Json::Parse(Call(Request("GET", "/openapi.json")).body, "response"); }
};

TEST_F(OpenApiTest, HasEveryRouteAndNoOther) {
  const Json json = OpenApiJson();
  size_t operations = 0;
  for (const auto& [path, item] : json.At("paths").AsObject()) {
    for (const auto& [method, operation] : item.AsObject()) {
      ++operations;
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      EXPECT_NE(FindRoute(upper, path), nullptr) << method << " " << path;
      EXPECT_NE(operation.At("responses").Find("200"), nullptr);
    }
  }
  EXPECT_EQ(operations, Routes().size());
}

// A field that the schema has is taken; one that it has not is refused.
TEST_F(OpenApiTest, FieldsOfATraceAreThoseThatTheParserKnows) {
  const Json json = OpenApiJson();
  const Json operation = json.At("paths").At("/v1/trace").At("post");
  const Json schema = operation.At("requestBody").At("content").At("application/json").At("schema");
  EXPECT_FALSE(schema.At("additionalProperties").AsBool());
  std::set<std::string> in_schema;
  std::set<std::string> in_parser = {"text", "target", "target_prefix", "alpha"};
  const std::string page = ReadFile(ATENTO_SOURCE_DIR "/docs/http.md");
  for (const auto& [name, property] : schema.At("properties").AsObject()) {
    in_schema.insert(name);
    EXPECT_NE(page.find("`" + name + "`"), std::string::npos) << "docs/http.md lacks " << name;
    if (property.Find("default") == nullptr) continue;
    const Json body = Json().Set("text", "a").Set(name, property.At("default"));
    EXPECT_EQ(Call(Request("POST", "/v1/trace", body.Dump())).status, 200) << name;
  }
  TraceFields fields;
  TraceFields::ForEach(fields, [&](const char* name, const auto&, const Range&, const char*) {
    in_parser.insert(name);
  });
  EXPECT_EQ(in_schema, in_parser);
}

TEST_F(OpenApiTest, FieldsAreThoseThatTheParserKnows) {
  const Json json = OpenApiJson();
  const Json schema = json.At("paths")
                          .At("/v1/translate")
                          .At("post")
                          .At("requestBody")
                          .At("content")
                          .At("application/json")
                          .At("schema");
  EXPECT_FALSE(schema.At("additionalProperties").AsBool());
  std::set<std::string> in_schema, in_parser = {"text"};
  for (const auto& [name, property] : schema.At("properties").AsObject()) {
    in_schema.insert(name);
    if (name == "text" || name == "model") continue;
    const Json body = Json().Set("text", "a").Set(name, property.At("default"));
    Translate(body.Dump());
  }
  TranslateFields fields;
  TranslateFields::ForEach(fields, [&](const char* name, const auto&, const Range&, const char*) {
    in_parser.insert(name);
  });
  EXPECT_EQ(in_schema, in_parser);
  // Beyond its limits a value is refused.
  for (const char* name : {"beam", "max_length_ratio"}) {
    const double most = schema.At("properties").At(name).At("maximum").AsDouble();
    const Json body = Json().Set("text", "a").Set(name, static_cast<int64_t>(most) + 1);
    ExpectBodyError(body.Dump(), HttpFault::kInvalidRequest, name);
  }
}

bool IsOfType(const Json& value, const std::string& type) {
  return type == "object"    ? value.is_object()
         : type == "array"   ? value.is_array()
         : type == "string"  ? value.is_string()
         : type == "integer" ? value.is_integer()
         : type == "boolean" ? value.is_bool()
                             : value.is_number();
}

// What a value is must be what its schema says.
void ExpectMatches(const Json& value, const Json& schema, const std::string& where) {
  SCOPED_TRACE(where);
  if (const Json* either = schema.Find("oneOf")) {
    // Here types tell them apart.
    int matches = 0;
    for (const Json& choice : either->AsArray()) {
      if (!IsOfType(value, choice.At("type").AsString())) continue;
      ++matches;
      ExpectMatches(value, choice, where);
    }
    EXPECT_EQ(matches, 1) << value.Dump();
    return;
  }
  const Json* const type = schema.Find("type");
  if (type == nullptr) return;  // anything
  ASSERT_TRUE(IsOfType(value, type->AsString())) << value.Dump();
  const std::string& name = type->AsString();
  if (name == "object") {
    const Json& properties = schema.At("properties");
    for (const Json& required : schema.At("required").AsArray()) {
      EXPECT_NE(value.Find(required.AsString()), nullptr) << required.AsString();
    }
    for (const auto& [key, member] : value.AsObject()) {
      ASSERT_NE(properties.Find(key), nullptr) << key;
      ExpectMatches(member, properties.At(key), where + "." + key);
    }
  } else if (name == "array") {
    for (const Json& element : value.AsArray()) {
      ExpectMatches(element, schema.At("items"), where + "[]");
    }
  }
}

TEST_F(OpenApiTest, AnswersMatchTheirSchemas) {
  const Json json = OpenApiJson();
  auto schema = [&](const std::string& path, const std::string& method, const char* status) {
    return json.At("paths")
        .At(path)
        .At(method)
        .At("responses")
        .At(status)
        .At("content")
        .At("application/json")
        .At("schema");
  };
  const Json translated = Translate(
      R"({"text": ["a b. C", "a b c d e f g a b c"], "alignments": "hard", "n_best": 2})");
  ExpectMatches(translated, schema("/v1/translate", "post", "200"), "translate");
  for (const char* path : {"/v1/models", "/healthz", "/readyz", "/languages"}) {
    ExpectMatches(Json::Parse(Call(Request("GET", path)).body, path), schema(path, "get", "200"),
                  path);
  }
  const std::string learning = Call(Request("GET", "/v1/models/two/learning")).body;
  ExpectMatches(Json::Parse(learning, "learning"),
                schema("/v1/models/{model}/learning", "get", "200"), "learning");
  const Json trace =
      Json::Parse(Call(Request("POST", "/v1/trace", R"({"text": "a b"})")).body, "trace");
  ExpectMatches(trace, schema("/v1/trace", "post", "200"), "trace");
  for (const char* body : {R"({"q": "a", "source": "xa", "target": "xb"})",
                           R"({"q": ["a", "b"], "source": "xa", "target": "xb"})",
                           R"({"q": "a", "source": "auto", "target": "xb"})",
                           R"({"q": ["a", "b"], "source": "auto", "target": "xb"})"}) {
    ExpectMatches(Json::Parse(Call(Request("POST", "/translate", body)).body, "libre"),
                  schema("/translate", "post", "200"), body);
  }
  EXPECT_EQ(schema("/v1/translate", "post", "429").At("$ref").AsString(),
            "#/components/schemas/Error");
  const Json error = Json::Parse(Call(Request("GET", "/nothing")).body, "error");
  ExpectMatches(error, json.At("components").At("schemas").At("Error"), "error");
}

// GET routes were said to fail in fewer ways than they do.
TEST_F(OpenApiTest, EveryRouteHasTheStatusesThatItMayAnswer) {
  const Json json = OpenApiJson();
  auto statuses = [&](const char* path, const char* method) {
    std::string all;
    for (const auto& [status, response] :
         json.At("paths").At(path).At(method).At("responses").AsObject()) {
      all += (all.empty() ? "" : " ") + status;
    }
    return all;
  };
  EXPECT_EQ(statuses("/healthz", "get"), "200 400 408 413 431 500 503");
  EXPECT_EQ(statuses("/metrics", "get"), "200 400 401 408 413 431 500 503");
  EXPECT_EQ(statuses("/v1/translate", "post"), "200 400 401 404 408 413 415 429 431 500 503");
  EXPECT_EQ(statuses("/translate", "post"), "200 400 403 408 413 415 429 431 500 503");
}

// docs/http.md names every route, field, fault and metric.
TEST_F(OpenApiTest, TheirPageIsComplete) {
  const std::string page = ReadFile(ATENTO_SOURCE_DIR "/docs/http.md");
  auto expect = [&](const std::string& text) {
    EXPECT_NE(page.find("`" + text + "`"), std::string::npos) << "docs/http.md lacks " << text;
  };
  for (const Route& route : Routes()) {
    expect(std::string(route.method) + " " + std::string(route.path));
  }
  for (const HttpFaultInfo& info : AllFaults()) {
    expect(info.code);
    EXPECT_NE(page.find(info.meaning), std::string::npos) << info.meaning;
  }
  for (const MetricInfo& info : AllMetrics()) expect(info.name);
  TranslateFields fields;
  TranslateFields::ForEach(
      fields, [&](const char* name, const auto&, const Range&, const char*) { expect(name); });
}

}  // namespace
}  // namespace atento
