/* A REGISTER as values: what it asks for, read from Sofia's structures.
 *
 * Private to the registrar. Home thread: signalling.
 */
#pragma once

#include "registrar.h"

/* What one REGISTER asks for. */
typedef struct RegisterAsk {
    char *aor;
    GPtrArray *bindings; /* of Binding*; granted_s as asked, not yet as granted */
    gboolean all_gone;   /* "Contact: *" */
    char *call_id;
    guint32 cseq;
    gboolean outbound; /* RFC 5626 is done: its flow is kept */
} RegisterAsk;

/* Why a REGISTER is not served. PHRASE NULL: the status' own. WHY is for the log. */
typedef struct RegisterFault {
    int status;
    const char *phrase;
    const char *why;
} RegisterFault;

typedef struct RegisterReader {
    const RegistrarSettings *settings;
    const Location *location;
    const RegistrarRoom *room;
    gint64 now_us;
    gboolean elsewhere; /* another registrar judges it: what could be called counts */
} RegisterReader;

/* Fills ASK, to be cleared in any case. FALSE with FAULT. */
gboolean register_read(const RegisterReader *reader, sip_t const *sip, const RegisterWay *way,
                       RegisterAsk *ask, RegisterFault *fault);
void register_ask_clear(RegisterAsk *ask);
