// What routing has to know of a request: read from it as far as a choice among several deployments may depend on it.
#pragma once

#include <array>

#include "weir/codec/http1.h"
#include "weir/dialect/dialect.h"
#include "weir/dialect/request.h"
#include "weir/routing/plan.h"
#include "weir/routing/router.h"

namespace weir::gateway {

/// Requests with the same value of this field go to the same deployment, as long as it is well.
inline constexpr Bytes kSessionField = "x-weir-session";
/// Tags, with commas between them: only deployments that have all of the first are asked, and none with one of the
/// second.
inline constexpr Bytes kTagsField = "x-weir-tags";
inline constexpr Bytes kForbidTagsField = "x-weir-forbid-tags";
/// Dollars that this request may cost, as estimated.
inline constexpr Bytes kMaxCostField = "x-weir-max-cost";

/// All there are.
inline constexpr std::array kFields = {kSessionField, kTagsField, kForbidTagsField, kMaxCostField};

/// The name of the first field that is named as one for weir and is none, as it was sent; empty: there is none. It may
/// be a slip in one of the above: who wrote it must not believe that it is heeded.
Bytes unknown_field(const codec::FieldList& fields);

/// Reads what the client says in its head into `ask`. Returns the name of a field that cannot be read; empty: all is
/// well. Beside what the operator has written for the model it can only leave more out, never let more in.
Bytes read_fields(const codec::FieldList& fields, const routing::Router& router, routing::Ask& ask);

/// What such a field should say, as a sentence; of an unknown one, which there are.
Bytes advice_on(Bytes field);

/// Takes what the request itself says, and what may share a prefix with it, into `ask`. `tenant`: whose requests may.
/// Of a request that could not be read to its end as much as was read.
void take_request(const dialect::Request& request, Bytes tenant, Bytes model, const codec::FieldList& fields,
                  routing::Ask& ask);

/// What a request needs of a model.
routing::Needs needs_of(const dialect::Request& request);

}  // namespace weir::gateway
