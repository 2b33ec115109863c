/* The data link between libpri and us, where a group of spans has two D channels: libpri's own
 * layer 2 ends here. */
#pragma once

#include "dchan.h"

typedef struct NfasInner NfasInner;

/* libpri's next message is to go out. */
typedef void (*NfasSaid)(void *user, const guint8 *information, gsize length);

/* HEAD has the controller. */
NfasInner *nfas_inner_new(DChannel *head, NfasSaid said, void *user);
void nfas_inner_free(NfasInner *inner);

/* libpri's link stands, or its counterpart is gone: what it has not heard is forgotten then. */
void nfas_inner_open(NfasInner *inner);
void nfas_inner_close(NfasInner *inner);
/* libpri is to learn, at the next turn of the loop, that its link was established anew; or not. */
void nfas_inner_renew(NfasInner *inner, gboolean renew);

/* A message for libpri, now or as soon as its link is up. */
void nfas_inner_tell(NfasInner *inner, const guint8 *information, gsize length);
/* A frame of libpri's, which may be in the middle of writing it. */
void nfas_inner_frame(NfasInner *inner, const guint8 *frame, gsize length);
