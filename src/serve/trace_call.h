// What POST /v1/trace asks for.
#ifndef ATENTO_SERVE_TRACE_CALL_H_
#define ATENTO_SERVE_TRACE_CALL_H_

#include "atento/trace.h"
#include "serve/http.h"
#include "serve/service.h"

namespace atento {

struct TraceCall {
  const ServedModel* model = nullptr;
  TraceRequest request;
};

// Throws HttpError or Error unless the body is one, within the limits. What depends on the model is
// not compared with it yet.
TraceCall ParseTraceCall(const ServiceContext& context, const HttpRequest& request);

}  // namespace atento

#endif  // ATENTO_SERVE_TRACE_CALL_H_
