/* What a request waits for before its targets are tried: the addresses of names, and the URI of a
 * number (ENUM).
 *
 * Private to src/phones. Home thread: signalling.
 */
#pragma once

#include "room.h"

/* Is IN's called number to be asked for (RFC 6116)? */
gboolean names_want_number(const Inbound *in);
/* Asks for FORK's called number; what is found is put before those that wait. TRUE: FORK has to
 * wait. */
gboolean names_ask_number(Fork *fork);
/* Asks for the addresses of the first COUNT targets that wait and have none. TRUE: FORK has to
 * wait. */
gboolean names_ask(Fork *fork, guint count);
/* BRANCH, whose target has its address by a name, ends with STATUS; ANSWERED: somebody has said so.
 */
void names_note(const Branch *branch, int status, gboolean answered);
/* FORK waits for nothing any more. */
void names_forget(Fork *fork);
