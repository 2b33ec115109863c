/* What the line has told and no `expect` has taken yet.
 *
 * Home thread: the loop's.
 */
#pragma once

#include "pbx_script.h"

/* One message, a name that came with a call, or what is said of a mailbox. */
typedef struct PbxNews {
    guint call; /* 0: of no call */
    gboolean sent;
    gboolean is_name;
    gboolean is_mwi;
    PbxMessage message;
    char name[64];
} PbxNews;

/* The newest few thousand, oldest first. Zero-initialised. */
typedef struct PbxNewsList {
    GQueue queue; /* of PbxNews* */
} PbxNewsList;

void pbx_news_add(PbxNewsList *list, const PbxNews *news);
void pbx_news_forget(PbxNewsList *list);

/* The oldest news EXPECT (a message or a name) means, of CALL (0: any); NULL when there is none.
 * With TAKE it and what the same call told before it are behind us; the result is valid until the
 * next call. */
const PbxNews *pbx_news_match(PbxNewsList *list, const PbxExpectation *expect, guint call,
                              gboolean take);

/* "CALL PROCEEDING, DISCONNECT cause 17": what of CALL (0: any) nobody took. Caller frees. */
char *pbx_news_describe(const PbxNewsList *list, guint call, gboolean sent);
