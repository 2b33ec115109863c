/* What pbx_line and pbx_tap share: libpri's own input and output.
 *
 * Home thread: the loop's.
 */
#pragma once

#include "pbx_line.h"

/* libpri's callbacks; the user data is the line. */
int pbx_tap_read(struct pri *isdn, void *buffer, int size);
int pbx_tap_write(struct pri *isdn, void *buffer, int length);
/* A frame from the span. */
void pbx_tap_frame(void *line, const guint8 *frame, gsize length);
/* The delay of `late` is over: libpri hears what came meanwhile. LINE is a PbxLine. */
void pbx_tap_hear(void *line);
/* LINE's controller takes an answered call over from the other one of its group. */
void pbx_tap_attach(PbxLine *line, gint reference, gboolean to_originator);
/* Hands on what libpri tells; EVENT may be NULL. */
void pbx_tap_event(PbxLine *line, pri_event *event);
