// The ring of this build: one alias. Rooms above io write `io::Ring` and nothing else; see ring_contract.h.
#pragma once

#include "weir/io/ring_contract.h"

#if defined(WEIR_RING_SIM)
#include "weir/io/sim_ring.h"
namespace weir::io {
using Ring = SimRing;
}
#else
#include "weir/io/uring_ring.h"
namespace weir::io {
using Ring = UringRing;
}
#endif

namespace weir::io {
static_assert(RingContract<Ring>);
}
