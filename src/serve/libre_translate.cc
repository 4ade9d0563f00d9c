// The API of LibreTranslate (https://docs.libretranslate.com/api): POST /translate and GET
// /languages, for clients that exist. Fields that it does not know are ignored, as there.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "serve/form.h"
#include "serve/request_body.h"
#include "serve/schema.h"
#include "serve/translate.h"

namespace atento {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 48> kLanguages = {{
    {"ar", "Arabic"},     {"az", "Azerbaijani"}, {"bg", "Bulgarian"},  {"bn", "Bengali"},
    {"ca", "Catalan"},    {"cs", "Czech"},       {"cy", "Welsh"},      {"da", "Danish"},
    {"de", "German"},     {"el", "Greek"},       {"en", "English"},    {"eo", "Esperanto"},
    {"es", "Spanish"},    {"et", "Estonian"},    {"eu", "Basque"},     {"fa", "Persian"},
    {"fi", "Finnish"},    {"fr", "French"},      {"ga", "Irish"},      {"gl", "Galician"},
    {"he", "Hebrew"},     {"hi", "Hindi"},       {"hr", "Croatian"},   {"hu", "Hungarian"},
    {"id", "Indonesian"}, {"is", "Icelandic"},   {"it", "Italian"},    {"ja", "Japanese"},
    {"ko", "Korean"},     {"la", "Latin"},       {"lt", "Lithuanian"}, {"lv", "Latvian"},
    {"mt", "Maltese"},    {"nb", "Norwegian"},   {"nl", "Dutch"},      {"pl", "Polish"},
    {"pt", "Portuguese"}, {"ro", "Romanian"},    {"ru", "Russian"},    {"sk", "Slovak"},
    {"sl", "Slovenian"},  {"sr", "Serbian"},     {"sv", "Swedish"},    {"th", "Thai"},
    {"tr", "Turkish"},    {"uk", "Ukrainian"},   {"vi", "Vietnamese"}, {"zh", "Chinese"},
}};

std::string_view LanguageName(std::string_view code) {
  for (const auto& [known, name] : kLanguages) {
    if (known == code) return name;
  }
  return code;
}

// The fields of a request; those that are missing are empty.
struct LibreCall {
  std::vector<std::string> q;
  bool is_array = false;
  bool is_form = false;
  std::string source, target, format, api_key;
};

[[noreturn]] void Invalid(const std::string& message) {
  throw HttpError(HttpFault::kInvalidRequest, message);
}

LibreCall FromJson(const std::string& body) {
  const Json json = ParseJsonBody(body);
  LibreCall call;
  if (const Json* q = json.Find("q"); q != nullptr && !q->is_null()) {
    call.q = StringsOf(*q, "q");
    call.is_array = q->is_array();
  }
  for (auto [name, field] :
       {std::pair("source", &call.source), std::pair("target", &call.target),
        std::pair("format", &call.format), std::pair("api_key", &call.api_key)}) {
    const Json* value = json.Find(name);
    if (value == nullptr || value->is_null()) continue;
    *field = InContext(name, [&] { return value->AsString(); });
  }
  return call;
}

LibreCall FromForm(const Form& form) {
  for (const auto& [name, value] : form) {
    if (FindInvalidUtf8(value) != std::string::npos) Invalid("the form is not valid UTF-8");
  }
  auto field = [&](std::string_view name) {
    const std::string* value = FindField(form, name);
    return value == nullptr ? std::string() : *value;
  };
  return {.q = {field("q")},
          .is_form = true,
          .source = field("source"),
          .target = field("target"),
          .format = field("format"),
          .api_key = field("api_key")};
}

LibreCall ParseLibreCall(const HttpRequest& request) {
  if (IsMediaType(request.content_type, "application/json")) return FromJson(request.body);
  if (IsMediaType(request.content_type, "application/x-www-form-urlencoded")) {
    return FromForm(ParseUrlEncodedForm(request.body));
  }
  if (IsMediaType(request.content_type, "multipart/form-data")) {
    return FromForm(ParseMultipartForm(request.content_type, request.body));
  }
  throw HttpError(HttpFault::kUnsupportedMediaType,
                  "send JSON or a form, with the fitting header Content-Type");
}

void CheckCall(const LibreCall& call, const std::string& api_key) {
  if (!api_key.empty() && !EqualInConstantTime(api_key, call.api_key)) {
    throw HttpError(HttpFault::kForbidden, call.api_key.empty()
                                               ? "This server needs an API key: send api_key"
                                               : "Invalid API key");
  }
  const bool empty = call.q.empty() || (!call.is_array && call.q.front().empty());
  for (const auto& [name, missing] :
       {std::pair("q", empty), std::pair("source", call.source.empty()),
        std::pair("target", call.target.empty())}) {
    if (missing) Invalid(std::string("Invalid request: missing ") + name + " parameter");
  }
  if (!call.format.empty() && call.format != "text") {
    Invalid(call.format + " format is not supported: send text");
  }
}

// Forms have CRLF where the text that was typed in has LF.
std::string WithUnixLineEnds(std::string_view text) {
  std::string unix;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!text.substr(i).starts_with("\r\n")) unix += text[i];
  }
  return unix;
}

// The first model from source, which may be "auto", to target.
const ServedModel& FindByLanguages(std::span<const ServedModel> models, const LibreCall& call) {
  bool source_known = call.source == "auto", target_known = false;
  for (const ServedModel& model : models) {
    const bool source = call.source == "auto" || model.source_language() == call.source;
    const bool target = model.target_language() == call.target;
    if (source && target) return model;
    source_known = source_known || source;
    target_known = target_known || target;
  }
  if (!source_known) Invalid(call.source + " is not supported");
  if (!target_known) Invalid(call.target + " is not supported");
  Invalid(call.target + " is not available as a target language from " + call.source);
}

Json AnswerJson(const LibreCall& call, const std::string& language,
                const std::vector<TextTranslation>& translations) {
  // Which language it is was not detected, but taken.
  const Json detected = Json().Set("confidence", 0).Set("language", language);
  Json texts{Json::Array{}}, languages{Json::Array{}};
  for (const TextTranslation& translation : translations) {
    texts.Append(translation.text);
    languages.Append(detected);
  }
  Json json;
  json.Set("translatedText", call.is_array ? texts : texts.AsArray().front());
  if (call.source == "auto") json.Set("detectedLanguage", call.is_array ? languages : detected);
  return json;
}

}  // namespace

void HandleLibreTranslate(ServiceContext& context, const HttpRequest& request,
                          const Answer& answer) {
  LibreCall libre = ParseLibreCall(request);
  CheckCall(libre, context.options.api_key);
  TranslateCall call;
  call.model = &FindByLanguages(context.models, libre);
  call.fields = DefaultFields(context.options.limits);
  call.texts = std::move(libre.q);
  if (libre.is_form) call.texts.front() = WithUnixLineEnds(call.texts.front());
  TranslateTexts(context, request, std::move(call), answer,
                 [libre, language = call.model->source_language()](
                     const std::vector<TextTranslation>& translations) {
                   return JsonResponse(AnswerJson(libre, language, translations));
                 });
}

void HandleLanguages(ServiceContext& context, const HttpRequest&, const Answer& answer) {
  // Each language that a model reads or writes, with those it can be translated into.
  std::vector<std::pair<std::string, std::vector<std::string>>> languages;
  auto targets_of = [&](const std::string& code) -> std::vector<std::string>& {
    for (auto& [known, targets] : languages) {
      if (known == code) return targets;
    }
    return languages.emplace_back(code, std::vector<std::string>()).second;
  };
  for (const ServedModel& model : context.models) {
    if (model.source_language().empty() || model.target_language().empty()) continue;
    targets_of(model.target_language());
    std::vector<std::string>& targets = targets_of(model.source_language());
    if (std::find(targets.begin(), targets.end(), model.target_language()) == targets.end()) {
      targets.push_back(model.target_language());
    }
  }
  std::sort(languages.begin(), languages.end());
  Json json{Json::Array{}};
  for (const auto& [code, targets] : languages) {
    Json array{Json::Array{}};
    for (const std::string& target : targets) array.Append(target);
    json.Append(
        Json().Set("code", code).Set("name", LanguageName(code)).Set("targets", std::move(array)));
  }
  answer([&] { return JsonResponse(json); });
}

Json LibreTranslateRequestSchema(const ServeLimits& limits) {
  Json q = TextsSchema("what to translate", 0, limits.max_texts);
  Json format = SchemaOf("string", "text alone").Set("enum", Json().Append("text"));
  Json properties;
  properties.Set("q", std::move(q))
      .Set("source", SchemaOf("string", "language code, or auto: any that goes to target"))
      .Set("target", SchemaOf("string", "language code"))
      .Set("format", std::move(format))
      .Set("api_key", SchemaOf("string", "the server's key, if it has one"));
  return Json()
      .Set("type", "object")
      .Set("properties", std::move(properties))
      .Set("required", Json().Append("q").Append("source").Append("target"));
}

Json LibreTranslateResponseSchema() {
  auto one_or_array = [](const Json& one, const char* description) {
    Json array = Json().Set("type", "array").Set("items", one);
    return Json()
        .Set("description", description)
        .Set("oneOf", Json().Append(one).Append(std::move(array)));
  };
  Json schema = ObjectSchema(Json().Set(
      "translatedText", one_or_array(Json().Set("type", "string"), "an array if q is one")));
  const Json detected =
      ObjectSchema(Json()
                       .Set("confidence", SchemaOf("number", "0: nothing was detected"))
                       .Set("language", SchemaOf("string", "that of the model")));
  Json properties = schema.At("properties");
  properties.Set("detectedLanguage", one_or_array(detected, "with source auto; as translatedText"));
  return schema.Set("properties", std::move(properties));
}

Json LanguagesResponseSchema() {
  Json targets = ArraySchema(Json().Set("type", "string"), "codes of languages to translate into");
  return ArraySchema(ObjectSchema(Json()
                                      .Set("code", SchemaOf("string", "as in config.json"))
                                      .Set("name", SchemaOf("string", "in English"))
                                      .Set("targets", std::move(targets))),
                     "languages of all models");
}

}  // namespace atento
