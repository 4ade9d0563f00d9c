// POST /v1/translate.
#include "serve/translate.h"

#include <algorithm>
#include <cctype>
#include <exception>
#include <memory>
#include <utility>

#include "search/translate.h"
#include "serve/schema.h"

namespace atento {
namespace {

constexpr std::string_view kBody = "request body";

Json ParseBody(const std::string& body) {
  try {
    return Json::Parse(body, kBody);
  } catch (const Error& error) {
    throw HttpError(HttpFault::kInvalidJson, error.what());
  }
}

// What the server allows, and the model can do.
void CheckFields(const ServiceContext& context, const TranslateCall& call) {
  const ServeLimits& limits = context.options.limits;
  const SearchOptions& search = call.fields.search;
  if (search.beam > limits.max_beam) {
    throw HttpError(HttpFault::kInvalidRequest, "beam: " + std::to_string(search.beam) +
                                                    " is too wide: this server allows " +
                                                    std::to_string(limits.max_beam));
  }
  if (search.max_length_ratio > limits.max_length_ratio) {
    throw HttpError(HttpFault::kInvalidRequest, "max_length_ratio: this server allows at most " +
                                                    Json(limits.max_length_ratio).Dump());
  }
  if (search.n_best > search.beam) {
    throw HttpError(HttpFault::kInvalidRequest, "n_best: it must not be larger than beam");
  }
  if (call.fields.alignments != AlignmentKind::kNone && !call.model->has_attention()) {
    throw HttpError(HttpFault::kInvalidRequest,
                    "alignments: the model " + call.model->name + " has no attention");
  }
  if (!search.replace_unknown) return;
  const Model* const models[] = {call.model->model.get()};
  CheckSearchOptionsFit(models, search);
}

Json AlignmentJson(AlignmentKind kind, const Alignment& alignment) {
  Json json{Json::Array{}};
  if (kind == AlignmentKind::kHard) {
    for (const auto& [source, target] : alignment.links) {
      json.Append(Json().Append(source).Append(target));
    }
    return json;
  }
  const auto columns = static_cast<size_t>(alignment.source_words);
  for (size_t at = 0; at + columns <= alignment.weights.size() && columns > 0; at += columns) {
    Json row{Json::Array{}};
    for (size_t i = at; i < at + columns; ++i) {
      row.Append(static_cast<double>(alignment.weights[i]));
    }
    json.Append(std::move(row));
  }
  return json;
}

Json TranslationJson(const TextTranslation& translation, AlignmentKind alignments) {
  Json hypotheses{Json::Array{}}, truncated{Json::Array{}};
  for (const TranslationHypothesis& hypothesis : translation.hypotheses) {
    Json json;
    json.Set("text", hypothesis.text);
    json.Set("log_prob", hypothesis.log_prob).Set("score", hypothesis.score);
    if (alignments != AlignmentKind::kNone) {
      json.Set("alignment", AlignmentJson(alignments, hypothesis.alignment));
    }
    hypotheses.Append(std::move(json));
  }
  for (const TruncatedSentence& sentence : translation.truncated) {
    truncated.Append(Json()
                         .Set("sentence", sentence.sentence)
                         .Set("tokens", sentence.tokens)
                         .Set("translated_tokens", sentence.translated_tokens));
  }
  return Json()
      .Set("text", translation.text)
      .Set("hypotheses", std::move(hypotheses))
      .Set("truncated", std::move(truncated));
}

}  // namespace

TranslateFields DefaultFields(const ServeLimits& limits) {
  TranslateFields fields;
  fields.search.beam = std::min(fields.search.beam, limits.max_beam);
  fields.search.max_length_ratio =
      std::min(fields.search.max_length_ratio, limits.max_length_ratio);
  return fields;
}

HttpResponse JsonResponse(const Json& json) {
  HttpResponse response;
  response.body = json.Dump() + "\n";
  return response;
}

bool IsMediaType(std::string_view content_type, std::string_view type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ') || content_type.ends_with('\t')) {
    content_type.remove_suffix(1);
  }
  return std::equal(content_type.begin(), content_type.end(), type.begin(), type.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

std::vector<std::string> StringsOf(const Json& json, std::string_view field) {
  if (!json.is_string() && !json.is_array()) {
    throw Error(ErrorKind::kData, std::string(field) + ": give a string or an array of strings");
  }
  if (json.is_string()) return {json.AsString()};
  std::vector<std::string> strings;
  InContext(field, [&] {
    for (const Json& element : json.AsArray()) strings.push_back(element.AsString());
  });
  return strings;
}

TranslateCall ParseTranslateCall(const ServiceContext& context, const HttpRequest& request) {
  if (!IsMediaType(request.content_type, "application/json")) {
    throw HttpError(HttpFault::kUnsupportedMediaType,
                    "send JSON, with the header Content-Type: application/json");
  }
  const Json body = ParseBody(request.body);
  if (!body.is_object()) {
    throw HttpError(HttpFault::kInvalidRequest, "request body: it must be a JSON object");
  }
  const Json* const text = body.Find("text");
  if (text == nullptr) {
    throw HttpError(HttpFault::kInvalidRequest,
                    "request body: the field text is missing: give a string or an array of them");
  }
  TranslateCall call;
  call.texts = StringsOf(*text, "text");
  // Not by Set, which searches for the key first: there may be as many as the body has room for.
  Json::Object fields;
  for (const auto& [name, value] : body.AsObject()) {
    if (name != "text") fields.emplace_back(name, value);
  }
  call.fields =
      OptionsFromJson(Json(std::move(fields)), DefaultFields(context.options.limits), kBody);
  call.model = FindModel(context.models, call.fields.model);
  if (call.model == nullptr) {
    throw HttpError(HttpFault::kUnknownModel, "model: there is none of the name " +
                                                  call.fields.model + "; see GET /v1/models");
  }
  // An empty element keeps its place in the answer; nothing at all is a mistake.
  if (call.texts.empty() || (text->is_string() && SplitLines(text->AsString()).empty())) {
    throw HttpError(HttpFault::kEmptyText, "text: there is nothing to translate in it");
  }
  return call;
}

void TranslateTexts(ServiceContext& context, const HttpRequest& request, TranslateCall call,
                    const Answer& answer,
                    const std::function<HttpResponse(std::vector<TextTranslation>)>& make) {
  CheckFields(context, call);
  auto texts = std::make_shared<const TextJob>(*call.model, std::move(call.texts),
                                               call.fields.split, context.options.limits);
  if (call.fields.alignments == AlignmentKind::kSoft && texts->most_sentences() > 1) {
    throw HttpError(HttpFault::kInvalidRequest,
                    "alignments: soft ones are of texts of one sentence; send the sentences as an "
                    "array, or ask for hard ones");
  }
  if (texts->sentences().empty()) {
    answer([&] { return make(texts->Join({})); });
    return;
  }
  TranslationJob job;
  job.model = call.model->model.get();
  job.shortlist = call.model->shortlist ? &*call.model->shortlist : nullptr;
  job.search = call.fields.search;
  job.with_alignments = call.fields.alignments != AlignmentKind::kNone;
  job.sentences = texts->sentences();
  job.tokens = texts->tokens();
  job.cancelled = request.cancelled;
  job.done = [texts, answer, make](const std::vector<Translation>& translations,
                                   const std::exception_ptr& error) {
    answer([&] {
      if (error) std::rethrow_exception(error);
      return make(texts->Join(translations));
    });
  };
  context.metrics.Add(Metric::kTruncatedSentences, texts->truncated());
  if (!context.batcher.Submit(std::move(job))) {
    throw HttpError(HttpFault::kQueueFull, "too much is waiting to be translated: try again later");
  }
}

void HandleTranslate(ServiceContext& context, const HttpRequest& request, const Answer& answer) {
  TranslateCall call = ParseTranslateCall(context, request);
  const std::string model = call.model->name;
  const AlignmentKind alignments = call.fields.alignments;
  TranslateTexts(
      context, request, std::move(call), answer,
      [model, alignments](const std::vector<TextTranslation>& translations) {
        Json array{Json::Array{}};
        for (const TextTranslation& translation : translations) {
          array.Append(TranslationJson(translation, alignments));
        }
        return JsonResponse(Json().Set("model", model).Set("translations", std::move(array)));
      });
}

Json TranslateRequestSchema(const ServeLimits& limits) {
  Json text =
      TextsSchema("what to translate; an array is answered in its order", 1, limits.max_texts);
  Json properties = Json().Set("text", std::move(text));
  const Json fields = FieldSchemas(DefaultFields(limits));
  for (const auto& [name, schema] : fields.AsObject()) {
    Json limited = schema;
    if (name == "beam" || name == "n_best") limited.Set("maximum", limits.max_beam);
    if (name == "max_length_ratio") limited.Set("maximum", limits.max_length_ratio);
    properties.Set(name, std::move(limited));
  }
  return Json()
      .Set("type", "object")
      .Set("properties", std::move(properties))
      .Set("required", Json().Append("text"))
      .Set("additionalProperties", false);
}

Json TranslateResponseSchema() {
  Json row = Json().Set("type", "array").Set("items", Json().Set("type", "number"));
  Json alignment = ArraySchema(std::move(row), "only if asked for: pairs, or rows of weights");
  Json hypothesis = ObjectSchema(
      Json()
          .Set("text", SchemaOf("string", "the whole text"))
          .Set("log_prob", SchemaOf("number", "natural logarithm, a sum over the sentences"))
          .Set("score", SchemaOf("number", "log_prob / length^X, a sum over the sentences")));
  Json properties = hypothesis.At("properties");
  properties.Set("alignment", std::move(alignment));
  hypothesis.Set("properties", std::move(properties));
  Json truncated =
      ObjectSchema(Json()
                       .Set("sentence", SchemaOf("integer", "which one of the text, from 0"))
                       .Set("tokens", SchemaOf("integer", "those it has"))
                       .Set("translated_tokens", SchemaOf("integer", "those the model read")));
  Json translation = ObjectSchema(
      Json()
          .Set("text", SchemaOf("string", "the best translation, with the text's white space"))
          .Set("hypotheses", ArraySchema(std::move(hypothesis), "best first"))
          .Set("truncated", ArraySchema(std::move(truncated), "sentences too long for the model")));
  return ObjectSchema(
      Json()
          .Set("model", SchemaOf("string", "the model that was used"))
          .Set("translations", ArraySchema(std::move(translation), "one for each text")));
}

}  // namespace atento
