/* Two D channels for a group of spans (NFAS): which of them carries the messages, and the change
 * from one to the other. */
#pragma once

#include "dchan.h"

typedef struct Nfas Nfas;

/* HEAD has libpri's controller and the primary D channel, BACKUP the other one. */
Nfas *nfas_new(DChannel *head, DChannel *backup);
void nfas_free(Nfas *nfas);
/* Establishes both data links. */
void nfas_start(Nfas *nfas);

/* A frame from the line of DCHAN, one of the two. */
void nfas_line_frame(Nfas *nfas, DChannel *dchan, const guint8 *frame, gsize length);
/* A frame of libpri's leaves. */
void nfas_libpri_frame(Nfas *nfas, const guint8 *frame, gsize length);
/* Nothing passes on the line of DCHAN, or it does again. */
void nfas_line_barred(Nfas *nfas, DChannel *dchan, gboolean barred);

/* The one by whose line messages go out; NULL while neither stands. */
DChannel *nfas_active(const Nfas *nfas);
/* One of the two is active. */
gboolean nfas_stands(const Nfas *nfas);
/* The one of the two by whose line the far end spoke last. */
DChannel *nfas_carrier(const Nfas *nfas);
/* The operator wants the D channel of DCHAN to be the active one. FALSE with ERROR when its link is
 * not up. */
gboolean nfas_switch(Nfas *nfas, DChannel *dchan, GError **error);
/* "active", "standby", "down". */
const char *nfas_word(const Nfas *nfas, const DChannel *dchan);
