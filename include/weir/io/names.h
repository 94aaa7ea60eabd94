// The resolver of this build: one alias. Rooms above io write `io::Names` and nothing else; see names_contract.h.
#pragma once

#include "weir/io/names_contract.h"

#if defined(WEIR_RING_SIM)
#include "weir/io/sim_names.h"
namespace weir::io {
using Names = SimNames;
}
#else
#include "weir/io/cares_names.h"
namespace weir::io {
using Names = CaresNames;
}
#endif

namespace weir::io {
static_assert(NamesContract<Names>);
}
