// Any answer that weir itself makes: an error in the client's dialect, with the status its fault calls for.
#pragma once

#include "weir/base/fault.h"
#include "weir/dialect/error_report.h"
#include "weir/dialect/event.h"
#include "weir/net/downstream.h"

namespace weir::gateway {

/// Answers with the fault's status and an error of the client's dialect. `fields`: whole field lines.
/// Nothing may have been sent yet.
void refuse(net::Downstream& downstream, dialect::Dialect client, Fault fault, const dialect::FaultDetail& detail = {},
            Bytes fields = {});

/// Ends a stream that has begun with an error event, never with a made-up finish.
void fail_stream(net::Downstream& downstream, dialect::Dialect client, Fault fault);

/// The status for an error that came inside a 200: the provider's own code if it is one, else a bad gateway.
int status_of(dialect::Dialect client, const dialect::FaultReport& error);

}  // namespace weir::gateway
