// Any answer that weir itself makes: an error in the client's dialect, with the status its fault calls for.
#pragma once

#include "weir/base/fault.h"
#include "weir/dialect/event.h"
#include "weir/dialect/openai_error.h"
#include "weir/net/downstream.h"

namespace weir::gateway {

/// Answers with the fault's status and an OpenAI-shaped error. Nothing may have been sent yet.
void refuse(net::Downstream& downstream, Fault fault, const dialect::openai_error::Detail& detail = {});

/// Ends a stream that has begun with an error event, never with a made-up finish.
void fail_stream(net::Downstream& downstream, Fault fault);

/// The status for an error that came inside a 200: the provider's own code if it is one, else a bad gateway.
int status_of(const dialect::FaultReport& error);

}  // namespace weir::gateway
