#include "weir/base/fault.h"

namespace weir {
namespace {
constexpr FaultRow kRows[] = {
#define X(name, status, source, sentence) {#name, status, FaultSource::source, sentence},
    WEIR_FAULTS(X)
#undef X
};
}  // namespace

const FaultRow& row(Fault fault) { return kRows[static_cast<std::size_t>(fault)]; }
std::string_view to_string(Fault fault) { return row(fault).name; }

}  // namespace weir
