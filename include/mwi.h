/* Messages that wait: what is known of a mailbox, the words of SIP for it (RFC 3842), and the book of all of them.
 *
 * A mailbox is no call: neither the hall nor the call map knows of it. src/isdn hears and tells the PBX, src/sip hears and
 * tells SIP, and house_mwi.c joins them. The functions are pure, the book holds values alone. Home thread: any for the
 * functions, that of its owner for a book.
 */
#pragma once

#include "values.h"

#define MWI_BODY_MAX 2048 /* octets of a body that is read; RFC 3842's own are some 100 */
#define MWI_BODY_TYPE "application/simple-message-summary"
#define MWI_EVENT "message-summary"

/* What waits in a mailbox. Where counted is FALSE only waiting is known; the numbers are of voice messages. */
typedef struct MwiState {
    gboolean waiting;
    gboolean counted;
    guint32 fresh, old;               /* fresh: not heard yet */
    guint32 urgent_fresh, urgent_old; /* of these */
} MwiState;

gboolean mwi_state_equal(const MwiState *one, const MwiState *other);
/* "2 new, 3 old", "waiting", "none". Points to BUFFER. */
const char *mwi_state_describe(const MwiState *state, char *buffer, gsize size);

/* A body as read: the state, and the user part of its Message-Account, without escapes, "" where there is none. */
typedef struct MwiBody {
    MwiState state;
    char account[TAG_MAX];
} MwiBody;

/* Reads SIZE octets of TEXT (RFC 3842 5.2). FALSE with *WHY when they are none: another first line than Messages-Waiting, NUL
 * or another control character, more than 64 lines, a count that is no number. Classes of messages that are no voice are read
 * over. */
gboolean mwi_body_read(const char *text, gsize size, MwiBody *body, const char **why);
/* The body for STATE; ACCOUNT, a URI, becomes its Message-Account; NULL, or one with a character that no URI has: it has none.
 * Caller frees. */
char *mwi_body_write(const MwiState *state, const char *account);

/* Who told of a mailbox. */
typedef enum MwiSide { MWI_BY_PBX, MWI_BY_SIP } MwiSide;

/* One mailbox. */
typedef struct MwiEntry {
    MwiSide side;
    char mailbox[TAG_MAX]; /* the user part of its URI */
    char trunk[TAG_MAX];   /* of the PBX that told it, or is told */
    MwiState state;
    gint64 since_us;       /* g_get_real_time() of the last change */
} MwiEntry;

typedef enum MwiChange {
    MWI_CHANGED,
    MWI_SAME,  /* it was known */
    MWI_FULL,  /* as many mailboxes as the book takes have messages: nothing was noted */
} MwiChange;

typedef struct MwiBook MwiBook;
/* For at most LIMIT mailboxes; those without messages make room for others, the oldest first. */
MwiBook *mwi_book_new(guint limit);
void mwi_book_free(MwiBook *book);
void mwi_book_set_limit(MwiBook *book, guint limit);
/* FUNC keeps VALUE under KEY over a restart; VALUE NULL: KEY is forgotten. Both are printable ASCII. */
typedef void (*MwiSaveFunc)(void *user, const char *key, const char *value);
void mwi_book_set_saver(MwiBook *book, MwiSaveFunc func, void *user);
/* What a saver kept; FALSE when it cannot be read, or there is no room. */
gboolean mwi_book_load(MwiBook *book, const char *key, const char *value);
/* Notes ENTRY, whose mailbox is not "". A mailbox that nobody spoke of has no messages: the first word that it has none is
 * MWI_CHANGED all the same, as whoever is told may have known otherwise. */
MwiChange mwi_book_note(MwiBook *book, const MwiEntry *entry);
/* Takes a mailbox out: what was noted of it was not done. */
void mwi_book_forget(MwiBook *book, MwiSide side, const char *mailbox);
/* NULL: nothing is known of it. Valid until the book changes. */
const MwiEntry *mwi_book_find(const MwiBook *book, MwiSide side, const char *mailbox);
typedef void (*MwiEntryFunc)(void *user, const MwiEntry *entry);
void mwi_book_each(const MwiBook *book, MwiEntryFunc func, void *user);
