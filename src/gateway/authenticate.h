// Who is asking: the virtual key, wherever the client's SDK puts it.
#pragma once

#include "weir/admission/key_memo.h"
#include "weir/base/fault.h"
#include "weir/codec/http1.h"

namespace weir::gateway {

/// Fault::unauthorized for a missing, malformed or unknown key alike.
Result<const admission::VirtualKey*> authenticate(const codec::RequestHead& head, admission::KeyMemo& keys);

}  // namespace weir::gateway
