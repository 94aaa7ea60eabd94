// A small world for streams that break off and go on with another deployment (`after_commit: stitch`). The worlds of
// world.h know before the first event what every provider is asked and what it answers; here that depends on where an
// answer broke off, so the providers know the whole text and say what is left of it.
//
// Laws: whoever is asked for the rest is given a beginning of the text that holds at least what the client has; the
// client's text is a beginning of the whole, nothing in it comes twice, and an answer that ends well is all of it;
// nobody is asked behind a call of a tool; where only providers break off, fewer times than there are attempts, the
// answer is whole.
#pragma once

#include "world.h"

namespace weir::sim {

Outcome run_stitched_world(std::uint64_t seed, const Story& story = {});

}  // namespace weir::sim
