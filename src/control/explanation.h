// Who would be asked for one request, in which order, and why: what `weir explain` prints. Pure.
#pragma once

#include <expected>
#include <string>

#include "value_parser.h"
#include "weir/base/time.h"
#include "weir/catalog/catalog.h"
#include "weir/codec/http1.h"
#include "weir/dialect/dialect.h"
#include "weir/routing/router.h"

namespace weir::control {

struct Question {
  dialect::Dialect dialect = dialect::Dialect::openai_chat;  ///< of the body
  Bytes body;                                                ///< a request as a client would send it
  Bytes model;                                               ///< in place of the one in the body; empty: that one
  const codec::FieldList* fields = nullptr;                  ///< what came with it; null: nothing
  bool as_json = false;
};

struct Explanation {
  std::string text;           ///< ends in a line end
  bool can_be_asked = false;  ///< somebody is left
};

/// Plans with `router`, which is of the same catalog, and explains the plan. Nobody is asked. The error is what is
/// wrong with the request.
std::expected<Explanation, ValueProblem> explain(const Question& question, const catalog::Catalog& catalog,
                                                 routing::Router& router, Instant now);

}  // namespace weir::control
