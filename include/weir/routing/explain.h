// A plan in words: who is asked in which order, who is not and why, what it is likely to cost, and what is measured
// right now. For the command line and the admin address; nothing here is fast.
#pragma once

#include <string>

#include "weir/base/time.h"
#include "weir/catalog/catalog.h"
#include "weir/routing/plan.h"
#include "weir/routing/router.h"

namespace weir::routing {

/// For people: a head line, then a line for each candidate. Ends in a line break.
std::string explain_text(const Plan& plan, const catalog::Resolution& resolution, const Router& router, const Ask& ask,
                         Instant now);

/// For programs: one JSON object. Unknown figures are null. Costs are nano-USD, times are ms.
std::string explain_json(const Plan& plan, const catalog::Resolution& resolution, const Router& router, const Ask& ask,
                         Instant now);

/// Why a candidate is not asked, as a clause: "cannot images". Empty for who is asked.
std::string why_unfit(const Candidate& candidate, const catalog::Resolution& resolution, const Router& router,
                      const Ask& ask, Instant now);

}  // namespace weir::routing
