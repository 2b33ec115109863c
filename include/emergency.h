/* Calls for help: how they are known, who calls, and by which number the place is called back.
 *
 * Pure functions over constant settings, and two books that hold values alone: how often a source
 * has called (EmergencyRate) and whom a call back is for (ElinBook). Times are handed in.
 * Home thread: any for the functions, that of its owner for a book.
 */
#pragma once

#include "settings.h"
#include "values.h"

typedef enum EmergencyKind { EMERGENCY_NONE, EMERGENCY_CALL, EMERGENCY_DRILL } EmergencyKind;

/* What CALLED asks for by [emergency] numbers, services and drill. DIAL (may be NULL) becomes what the trunk is told: CALLED
 * itself, or the number the settings name for it. */
EmergencyKind emergency_recognize(const Settings *settings, const Number *called, Number *dial);

/* TRUE for "urn:service:sos" and "urn:service:sos.NAME", in any case (RFC 5031 4.2, RFC 8141 3). */
gboolean emergency_is_urn(const char *uri);
/* The number of URI's service, or of what stands before its last dot; where no services are configured, the first of [emergency]
 * numbers that is no pattern, as it is dialled. NULL when it has none. */
const char *emergency_service_number(const Settings *settings, const char *uri);

/* The place ORIGIN calls from; NULL when none fits. An asserted identity counts where it came from one of [emergency] network,
 * then the [phone], the extension and the network of the user who gave credentials or, without one, From's. */
const ElinSettings *emergency_elin(const Settings *settings, const CallOrigin *origin);
/* The number by which ORIGIN's caller is called back: its ELIN, else callback-number for TRUNK (NULL: of any); NULL: none. */
const char *emergency_callback_number(const Settings *settings, const CallOrigin *origin,
                                      const char *trunk);

/* ---- how often a source calls ---- */

typedef struct EmergencyRate EmergencyRate;
EmergencyRate *emergency_rate_new(void);
void emergency_rate_free(EmergencyRate *rate);
/* Notes a call from SOURCE at NOW_US. How many there were in the minute that ends now, this one
 * included. At most 1,024 sources are remembered; who has not called for a minute is forgotten first. */
guint emergency_rate_note(EmergencyRate *rate, const char *source, gint64 now_us);

/* ---- whom a call back is for ---- */

/* One phone that has called for help. */
typedef struct ElinEntry {
    char number[NUMBER_MAX + 2]; /* of the call back, as the settings say it */
    char trunk[TAG_MAX];         /* the call went by */
    char user[TAG_MAX];          /* the address of record: the authenticated user, else From's; "" */
    char contact[URI_MAX];       /* the URI of its INVITE's Contact; "" */
    char source[64];             /* "192.0.2.7:5060", the address it called from */
    gint64 until_us;             /* g_get_real_time() */
} ElinEntry;

typedef struct ElinBook ElinBook;
ElinBook *elin_book_new(void);
void elin_book_free(ElinBook *book);
/* FUNC keeps VALUE under KEY until UNTIL_US, over a restart; VALUE NULL: KEY is forgotten. Both are printable ASCII. */
typedef void (*ElinSaveFunc)(void *user, const char *key, const char *value, gint64 until_us);
void elin_book_set_saver(ElinBook *book, ElinSaveFunc func, void *user);
/* What a saver kept before the restart; FALSE when it cannot be read or its time is over. */
gboolean elin_book_load(ElinBook *book, const char *key, const char *value, gint64 until_us,
                        gint64 now_us);
/* ENTRY takes the place of an earlier one of its number. */
void elin_book_note(ElinBook *book, const ElinEntry *entry, gint64 now_us);
/* Whom a call from TRUNK to CALLED is for; NULL when nobody: COMPLETE says that no digit will follow. The number fits when it
 * is the whole one, or one is the other's tail of at least three digits as exchanges leave out what they know. Only calls by
 * the trunk that carried the call for help, or by one of [emergency] trunks, count. */
const ElinEntry *elin_book_find(ElinBook *book, const Settings *settings, const char *trunk,
                                const Number *called, gboolean complete, gint64 now_us);
guint elin_book_count(const ElinBook *book);
/* Where ENTRY's phone is reached without a registrar: "sip:USER@ADDRESS". The user is the one its Contact named, else From's;
 * the address its Contact's where that is of the host it called from, else the one it called from. FALSE when none is known. */
gboolean elin_entry_uri(const ElinEntry *entry, char *uri, gsize size);
