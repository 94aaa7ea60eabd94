#include "cost.h"

#include <utility>

#include "weir/catalog/cost.h"
#include "weir/catalog/dollars.h"

namespace weir::gateway {

void note_cost(Record& record) {
  const catalog::Cost cost = catalog::cost_of(record.price, record.usage);
  record.cost_nano_usd = cost.nano_usd;
  record.cost_known = cost.known;
}

void set_part_aside(Record& record) {
  if (!record.before) record.before = std::make_unique<Record::Before>();
  Record::Before& before = *record.before;
  ++before.count;
  before.cost_nano_usd += std::exchange(record.cost_nano_usd, 0);
  // What told no usage is not known to have cost anything; an amount without a price is.
  if (record.usage.reported) before.cost_known &= record.cost_known;
  record.cost_known = false;
  before.usage = dialect::sum_of(before.usage, std::exchange(record.usage, {}));
}

void add_parts_before(Record& record) {
  const Record::Before& before = *record.before;
  record.cost_nano_usd += before.cost_nano_usd;
  const bool has_last = before.count <= record.stitched;
  record.cost_known = before.cost_known && (has_last ? record.cost_known : before.usage.reported);
  record.usage = dialect::sum_of(before.usage, record.usage);
}

void tell_cost(Record& record, codec::HeadWriter& head) {
  note_cost(record);
  if (record.cost_known) head.field("x-weir-cost", catalog::DollarText(record.cost_nano_usd, true).view());
}

}  // namespace weir::gateway
