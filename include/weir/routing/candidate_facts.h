// What a plan has to know of a deployment's model, as the catalogue has it: limits, abilities, the price. What is not
// known leaves nobody out.
#pragma once

#include <cstdint>

#include "weir/catalog/model_row.h"
#include "weir/catalog/price.h"
#include "weir/routing/need.h"

namespace weir::routing {

struct CandidateFacts {
  std::uint32_t context_tokens = 0;      ///< of prompt and answer together; 0: not known
  std::uint32_t most_output_tokens = 0;  ///< 0: not known
  Needs can;
  Needs cannot;                           ///< in neither: not known
  std::uint8_t quality = 0;               ///< 1 to 5; 0: not known
  const catalog::Price* price = nullptr;  ///< null: not known
};

/// `row` may be null: nothing is known. The price stays the row's.
CandidateFacts candidate_facts(const catalog::ModelRow* row);

/// What an exchange is likely to cost with a cold prefix, in nano-USD, rounded up; -1: the price is not known.
std::int64_t estimated_cost(const CandidateFacts& facts, std::uint64_t input_tokens, std::uint64_t output_tokens);

/// How much of that a warm prefix saves, if the whole prompt is in it.
std::int64_t warm_saving(const CandidateFacts& facts, std::uint64_t input_tokens);

}  // namespace weir::routing
