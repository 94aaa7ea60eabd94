// An answer that was cut goes on elsewhere: who can be asked for the rest of a text, for which requests that makes
// sense, and what the request for the rest is. It is the client's request with the text so far as a last message of the
// assistant's; how each provider is told that this message is not over, its quirks and traits say.
#pragma once

#include "weir/base/bytes.h"
#include "weir/dialect/dialect.h"
#include "weir/dialect/request.h"
#include "weir/dialect/target.h"

namespace weir::dialect {

/// Whether a target that is spoken to in this dialect is known to go on with the text of the last message.
bool can_continue(Dialect provider, const Quirks& quirks, const ModelTraits& traits);

/// Whether its answer begins with that text once more.
bool repeats_what_was_said(Dialect provider, const Quirks& quirks);

/// Whether somebody else may go on with an answer to this request: it is one plain text. A grammar (structured output)
/// would begin anew, a call that is demanded is no text, and a request that ends with words of the assistant has been
/// begun by the client already.
bool can_be_continued(const Request& request);

/// A text without the white space at its end, both escaped. A model that is given a text goes on worse behind a space
/// than in front of it, and Claude refuses to.
Bytes without_space_at_end(Bytes escaped);

/// Turns `request` into the one for the rest: behind `said` (escaped, without space at its end, outlives the request),
/// with so much less to say. Nobody thinks about it again: it was thought about, and Claude goes on with no text where
/// it is to think. Nothing was said yet: the same request, without the thinking.
void ask_for_rest(Request& request, Bytes said);

}  // namespace weir::dialect
