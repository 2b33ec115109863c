/* Messages of ours that belong to no call: a whole one, or a connection without a channel.
 *
 * Home thread: signalling.
 */
#pragma once

#include "dchan.h"
#include "values.h"

/* What the frame tap calls Q931, of DCHAN's controller. */
int bare_reference(DChannel *dchan, q931_call *q931);
/* What libpri is to know of a connection to SERVED that needs no channel; freed by pri_sr_free().
 * NULL: no memory. */
struct pri_sr *bare_record(const Number *served);
/* A whole MESSAGE (LENGTH octets from the protocol discriminator on, at most 255) leaves on DCHAN
 * without a call of libpri's. FALSE: it cannot now. */
gboolean bare_send(DChannel *dchan, const guint8 *message, gsize length);
