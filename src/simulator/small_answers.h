// The simulated provider's answers that are no turn of a conversation: lists of models, counts, errors of its own.
#pragma once

#include "route.h"
#include "weir/dialect/error_report.h"
#include "weir/net/downstream.h"

namespace weir::simulator {

/// Which shape a list or a model has: OpenAI's, Anthropic's (asked for by its version header) or Gemini's.
dialect::Dialect shape_of(const Route& route, const codec::RequestHead& head);

/// The items that say something else than the built-in text make good model names; `echo` is the one to try first.
void list_models(net::Downstream& downstream, dialect::Dialect shape);
void show_model(net::Downstream& downstream, dialect::Dialect shape, Bytes id);

/// How many tokens a request has, in the words of its dialect.
void tell_count(net::Downstream& downstream, dialect::Dialect dialect, std::uint64_t tokens);

/// A stored response is gone. `id` is one of ours.
void tell_deleted(net::Downstream& downstream, Bytes id);

/// A fault in the request, in weir's own words.
void refuse_request(net::Downstream& downstream, dialect::Dialect dialect, Fault fault,
                    const dialect::FaultDetail& detail = {});
/// An error in the simulated provider's words; `problem` is plain text.
void refuse_with(net::Downstream& downstream, dialect::Dialect dialect, int status, dialect::ErrorClass error_class,
                 Bytes problem, Bytes param = {});

}  // namespace weir::simulator
