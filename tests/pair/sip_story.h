/* What every story of the sip room begins with: settings, a hall, the user agent, a phone. */
#pragma once

#include "hall_fake.h"
#include "phone.h"
#include "ua.h"

#define SDP_HEAD "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
#define SDP_BOTH                                                                                   \
    SDP_HEAD "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8\r\na=sendrecv\r\n"
#define SDP_G729 SDP_HEAD "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 18\r\n"

typedef struct Story {
    Settings *settings;
    Loop *loop;
    Hall *hall;
    Ua *ua;
    Phone *phone;
    guint16 port;
    gboolean ready;
    char uri[80]; /* sip:200@ the user agent */
} Story;

void story_open(Story *story);
/* The same at another address than 127.0.0.1. */
void story_open_at(Story *story, const char *address);
/* The same with MORE keys of [sip], where $P is the port; 127.0.0.5 and ::1 may call, too.
 * NAME_SERVER: its port; 0: none. */
void story_open_with(Story *story, const char *address, const char *more, guint16 name_server);
/* The same with a name server at that port. */
void story_open_asking(Story *story, const char *address, guint16 name_server);
/* Also asserts that no leg is left, and no event untold. */
void story_close(Story *story);
/* Runs the loop until the events since the last time are WANTED (up to 3 s); a while when none are.
 */
void story_events(Story *story, const char *wanted);
/* Runs the loop until no leg is left (up to 3 s). */
void story_settles(Story *story);
guint64 story_counter(Story *story, const char *name);
Call *story_call(Story *story);

/* The phone calls, the story answers: a confirmed dialog. */
void story_talk(Story *story);
/* The phone ends the only call, and nothing of it is left. */
void story_hang_up(Story *story);
/* We call the phone, it answers: a confirmed dialog. */
void story_talk_out(Story *story);
/* A call of ours to PHONE, INVITE sent and heard. */
Call *story_call_out(Story *story, Phone *phone, const CallSetup *setup, const PeerSettings *peer);

void uas_stories(void);
void offer_stories(void);
void uac_stories(void);
void dialog_stories(void);
void hold_stories(void);
void guard_stories(void);
void emergency_stories(void);
void ports_stories(void);
void nonsense_stories(void);
void extra_stories(void);
void digits_stories(void);
void challenge_stories(void);
void health_stories(void);
void server_stories(void);
void mwi_stories(void);
void party_stories(void);
