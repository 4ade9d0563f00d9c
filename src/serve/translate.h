// From texts and options to an answer, for all routes that translate.
#ifndef ATENTO_SERVE_TRANSLATE_H_
#define ATENTO_SERVE_TRANSLATE_H_

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "serve/route.h"
#include "serve/translate_fields.h"

namespace atento {

// What POST /v1/translate asks for.
struct TranslateCall {
  const ServedModel* model = nullptr;
  std::vector<std::string> texts;
  TranslateFields fields;
};

// The defaults, as far as the limits allow them.
TranslateFields DefaultFields(const ServeLimits& limits);

// Throws HttpError unless the body is what POST /v1/translate takes. Options are not compared with
// the limits and the model yet.
TranslateCall ParseTranslateCall(const ServiceContext& context, const HttpRequest& request);

// Hands the sentences to the batcher, and answers later with what `make` does of their
// translations, one for each text. Throws HttpError if texts or options are beyond the limits or do
// not fit the model, or if the queue is full.
void TranslateTexts(ServiceContext& context, const HttpRequest& request, TranslateCall call,
                    const Answer& answer,
                    const std::function<HttpResponse(std::vector<TextTranslation>)>& make);

}  // namespace atento

#endif  // ATENTO_SERVE_TRANSLATE_H_
