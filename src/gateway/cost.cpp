#include "cost.h"

#include "weir/catalog/cost.h"
#include "weir/catalog/dollars.h"

namespace weir::gateway {

void note_cost(Record& record) {
  const catalog::Cost cost = catalog::cost_of(record.price, record.usage);
  record.cost_nano_usd = cost.nano_usd;
  record.cost_known = cost.known;
}

void tell_cost(Record& record, codec::HeadWriter& head) {
  note_cost(record);
  if (record.cost_known) head.field("x-weir-cost", catalog::DollarText(record.cost_nano_usd, true).view());
}

}  // namespace weir::gateway
