/* What the stories of the proxy and its primary begin with: phones, the gateway and the primary,
 * all of them sockets. */
#pragma once

#include "phone.h"
#include "phones.h"

#define SDP                                                                                        \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                    \
    "m=audio 40000 RTP/AVP 8 0\r\n"

typedef struct Scene {
    Loop *loop;
    Settings *settings;
    OriginKey key;
    Phones *phones;
    Phone *caller, *called, *gateway, *primary;
    guint16 port;
    char user[64], number[64]; /* URIs at our address: of phone 201, and of a number of the PBX */
} Scene;

/* LINES: more lines of [proxy], and groups behind them; in them this stands for the port of CALLED.
 */
#define SCENE_CALLED_PORT "@called@"
void scene_open(Scene *scene, const char *lines);
/* The same, and the primary has answered a first OPTIONS. */
void scene_open_up(Scene *scene, const char *lines);
void scene_close(Scene *scene);

/* PHONE answers the INVITE it heard last. */
void answers(Phone *phone, const char *status);
/* What the OPTIONS after a silence says: nothing. */
void primary_forget(Scene *scene);

void name_stories(void);
