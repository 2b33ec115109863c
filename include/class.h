/* Classes of service: what a phone may call, how many calls at once and in a time; asked for every dialled number, and for every
 * number that a REFER or a 3xx brings.
 *
 * A caller's class is the one its user or its phone names (CallOrigin.class_name), else the first whose networks hold its address,
 * else the class "default", else none: without a class nothing is refused here. Calls from a trunk have no class.
 * Home thread: signalling.
 */
#pragma once

#include "call.h"

/* What the number is for. */
typedef enum ClassPurpose {
    CLASS_FOR_CALL,     /* dialled */
    CLASS_FOR_DIGITS,   /* dialled on, in a call that was allowed */
    CLASS_FOR_REFER,    /* REFER, Replaces, Also: the originator of the transfer is asked about */
    CLASS_FOR_REDIRECT, /* 3xx: the phone that redirects is asked about */
    CLASS_FOR_REDIRECTED, /* and the caller whose call would go there */
} ClassPurpose;

/* X-list of verdicts: id, name of the counter, reason phrase of the 403, what the log says of the number. */
#define CLASS_VERDICTS(X)                                                                          \
    X(ALLOWED, "class: allowed", "", "an allowed number")                                          \
    X(DENIED, "class: number denied", "Number Not Allowed", "a denied number")                     \
    X(UNLISTED, "class: number not allowed", "Number Not Allowed", "a number that is not allowed") \
    X(INTERNATIONAL, "class: international barred", "International Calls Not Allowed",             \
      "an international number")                                                                   \
    X(PREMIUM, "class: premium barred", "Premium Numbers Not Allowed", "a premium number")         \
    X(TRANSIT, "class: transit barred", "Transit Not Allowed", "a call from trunk to trunk")       \
    X(FORWARD, "class: forwarding barred", "Forwarding Not Allowed", "a forwarded call")           \
    X(CALLS, "class: too many calls", "Too Many Calls", "one call too many")                       \
    X(GROUP_CALLS, "class: too many calls in class", "Too Many Calls", "one call too many")        \
    X(HOUR, "class: too many calls an hour", "Too Many Calls This Hour",                           \
      "more calls an hour than allowed")                                                           \
    X(DAY, "class: minutes of the day used up", "No Call Minutes Left Today",                      \
      "more minutes a day than allowed")                                                           \
    X(UNKNOWN, "class: not configured", "No Class Of Service", "a caller of an unknown class")
#define CLASS_VERDICT_ENUM(id, counter, phrase, words) CLASS_##id,
typedef enum ClassVerdict { CLASS_VERDICTS(CLASS_VERDICT_ENUM) CLASS_VERDICT_COUNT } ClassVerdict;

typedef struct ClassBook ClassBook;
typedef struct ClassCall ClassCall;

typedef struct ClassAsk {
    ClassPurpose purpose;
    const CallOrigin *origin; /* whose class it is about */
    const Number *called;     /* the number; NULL or without digits: the target is no number, and only the counts are looked at */
    gboolean transit;         /* the call would join two trunks */
} ClassAsk;

typedef struct ClassAnswer {
    ClassVerdict verdict;
    const ClassSettings *class; /* NULL: none */
    int status;                 /* 0 when allowed, else 403 */
    const char *phrase;         /* of the status; constant */
    guint8 cause;               /* 21 with a refusal, for a call that is cleared by it */
    gint64 max_duration_us;     /* how long the call may last once answered; 0: no limit */
    char why[200];              /* for the log and X-headers: "class staff: a REFER to a premium number, 1900555" */
} ClassAnswer;

/* The book of live calls by user and class. SETTINGS and LOOP are borrowed. */
ClassBook *class_book_new(Loop *loop, const Settings *settings);
/* The counts stay with their users; classes are found anew by name. Settings of live calls need not outlive this. */
void class_book_set_settings(ClassBook *book, const Settings *settings);
/* Tokens still out stay good: the last class_call_end() frees what is left. */
void class_book_free(ClassBook *book);

/* May ASK be? An emergency call (by its origin, or by the route its number takes) always may. The verdict is counted; the caller logs
 * ANSWER->why with the source. */
ClassVerdict class_judge(ClassBook *book, const ClassAsk *ask, ClassAnswer *answer);

/* Counts a call of ORIGIN's from now to class_call_end(). To be called once an INVITE was allowed (emergency or not). Never NULL. */
ClassCall *class_call_begin(ClassBook *book, const CallOrigin *origin);
/* The call was answered: minutes of the day count from here. A second time is nothing. */
void class_call_answer(ClassCall *call);
/* The call has ended; CALL (NULL is nothing) is gone. */
void class_call_end(ClassCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClassCall, class_call_end)

/* CALL, which has just begun, is counted in CLASSES as its origin's until it is over, by whatever SIP side it goes on; answered it
 * lasts no longer than MAX_US (0: no limit). CLASSES must outlive it. */
void call_serve(Call *call, ClassBook *classes, gint64 max_us);

/* Live calls of ORIGIN's user, and of the class NAME. */
guint class_live_calls(const ClassBook *book, const CallOrigin *origin);
guint class_live_group(const ClassBook *book, const char *name);

/* Each verdict's counter. */
void class_each_counter(const ClassBook *book, CounterFunc func, void *user);
