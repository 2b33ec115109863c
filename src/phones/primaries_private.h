/* What the files of the primaries share. Home thread: signalling. */
#pragma once

#include "graylist.h"
#include "handback.h"
#include "merge.h"
#include "primaries.h"
#include "watch.h"

struct Primaries {
    Resolve *resolve;
    Graylist *gray;
    Watch *watch;
    Handback handback;
    Merge *merge;
    guint64 copies;
    guint64 relayed, taken_over, refused;
};
