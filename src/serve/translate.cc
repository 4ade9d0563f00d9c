// POST /v1/translate.
#include "serve/translate.h"

#include <exception>
#include <memory>
#include <utility>

#include "search/translate.h"
#include "serve/request_body.h"
#include "serve/schema.h"

namespace atento {
namespace {

// What the server allows, and the model can do.
void CheckFields(const ServiceContext& context, const TranslateCall& call) {
  const SearchOptions& search = call.fields.search;
  CheckSearchLimits(search, context.options.limits);
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
  fields.search = DefaultSearch(limits);
  return fields;
}

TranslateCall ParseTranslateCall(const ServiceContext& context, const HttpRequest& request) {
  const Json body = ParseJsonBody(request);
  const Json* const text = body.Find("text");
  if (text == nullptr) {
    throw HttpError(HttpFault::kInvalidRequest,
                    "request body: the field text is missing: give a string or an array of them");
  }
  TranslateCall call;
  call.texts = StringsOf(*text, "text");
  call.fields =
      OptionsFromJson(Without(body, {"text"}), DefaultFields(context.options.limits), kBody);
  call.model = &RequireModel(context, call.fields.model);
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
  auto texts = std::make_shared<const TextJob>(std::move(call.texts), call.fields.split,
                                               context.options.limits);
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
  job.cancelled = request.cancelled;
  job.done = [texts, answer, make](const std::vector<SentenceResult>& results,
                                   const std::exception_ptr& error) {
    answer([&] {
      if (error) std::rethrow_exception(error);
      return make(texts->Join(results));
    });
  };
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
  return RequestSchema(std::move(properties), DefaultFields(limits), limits);
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
