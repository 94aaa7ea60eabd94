// What an exchange has cost: from the price of the deployment that answered and the usage it told.
#pragma once

#include "weir/codec/http1_writer.h"
#include "weir/gateway/record.h"

namespace weir::gateway {

/// Fills in the record's cost. Any time after its usage is final; again when it changes.
void note_cost(Record& record);

/// A part of an answer is over, its cost noted, and another one will follow: usage and cost go to those of the parts
/// before.
void set_part_aside(Record& record);
/// The answer is over: usage and cost become those of all its parts.
void add_parts_before(Record& record);

/// The header `x-weir-cost`, in dollars with nine decimals, where the cost is known: of an answer that was read before
/// its head is sent.
void tell_cost(Record& record, codec::HeadWriter& head);

}  // namespace weir::gateway
