/* One information element: whether it is sound, and what it says. */
#pragma once

#include "frame.h"

#define FRAME_ELEMENT_CAUSE 0x08
#define FRAME_ELEMENT_FACILITY 0x1c

typedef struct Element {
    guint8 codeset, id;
    const guint8 *octets; /* whole, with id and length */
    gsize length;         /* of octets */
} Element;

/* Notes what ELEMENT says and returns TRUE when libpri may see it: not when it is malformed, empty,
 * or there already where there may be only one. */
gboolean frame_element_pass(const Element *element, FrameNews *news);
/* An element that cannot be used, ID of CODESET, is taken out for the reason WHY. */
void frame_element_refuse(FrameNews *news, guint8 codeset, guint8 id, const char *why);
/* Keeps the first reason. */
void frame_refuse(FrameNews *news, const char *why);
