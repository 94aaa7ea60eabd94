// The laws about answers to exchanges in all languages (spoken.h).
#pragma once

#include "http_reader.h"
#include "laws.h"
#include "plan.h"
#include "telling.h"

namespace weir::sim {

void judge_spoken(const Circumstances& circumstances, const RequestPlan& request, const HttpMessage& answer,
                  Telling& telling);

/// For comparing runs: the answer, with the ids and times that weir made up replaced by the golden ones.
std::string without_made_up(const RequestPlan& request, const HttpMessage& answer);

}  // namespace weir::sim
