/* What the stories of the user agent with the real hall and call map begin with: a phone on one
 * side, a PBX of a few lines on the other. */
#pragma once

#include "call.h"
#include "phone.h"
#include "ua.h"

#define SDP                                                                                        \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                    \
    "m=audio 40000 RTP/AVP 8 0\r\n"

typedef struct House {
    Settings *settings;
    Loop *loop;
    Hall *hall;
    Ua *ua;
    Phone *phone, *second;
    char uri[64];
    GString *line;   /* what the PBX and media were asked: "setup proceeding connect ..." */
    GString *errors; /* trace lines of rules that should not be */
    guint ports;     /* media_open less media_close */
    OriginKey key;   /* behind the proxy */
} House;

void house_open(House *house);
/* With MORE of the configuration; BEHIND: the first phone is the proxy before the user agent. */
void house_open_with(House *house, const char *more, gboolean behind);
/* Waits until the call is over on every side; no rule was missing. */
void house_rests(House *house);
/* Also asserts that it rests. */
void house_close(House *house);
/* Closes without a word, whatever stands; the user agent may be gone. */
void house_abandon(House *house);
/* The last call, which must have begun within a second. */
Call *house_call(House *house);

void pbx_says(House *house, CallEvent event, guint8 cause);
/* From 200 to 100; the phones' route has both of them. */
void pbx_calls(House *house);
/* From 100 to 200, with an offer. */
void phone_calls(House *house);

/* The PBX's 200 talks to the phone, which it has called; the phone talks to 200. */
void phone_is_talked_to(House *house);
void phone_talks(House *house, Phone *phone);
/* The phone asks for a transfer to TARGET, with more header lines; it is accepted. */
void phone_refers(House *house, const char *target, const char *extra);
/* The phone hears NOTIFY of STATUS, and answers it. */
void phone_is_notified(Phone *phone, const char *status, gboolean final);
/* The call with number ID stands there. */
void call_stands(House *house, guint32 id, SipState sip, IsdnState isdn);
/* The PBX says something of call ID. */
void pbx_says_of(House *house, guint32 id, CallEvent event, guint8 cause);
/* The port of the far end's RTP in call ID. */
guint16 call_media_port(House *house, guint32 id);

void dialog_stories(void);
void overlap_stories(void);
void replaces_stories(void);
void behind_stories(void);
void help_stories(void);
