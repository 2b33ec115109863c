/* What we use of libtonezone: its own header needs dahdi/user.h, which no Debian 12 package
 * installs. */
#pragma once

#define TONE_ZONE_CADENCE 16 /* DAHDI_MAX_CADENCE */
#define TONE_ZONE_TONES 16   /* DAHDI_TONE_MAX */
#define TONE_ZONE_DIAL 0     /* DAHDI_TONE_DIALTONE */
#define TONE_ZONE_BUSY 1     /* DAHDI_TONE_BUSY */
#define TONE_ZONE_RINGBACK 2 /* DAHDI_TONE_RINGTONE */

struct tone_zone_sound {
    int toneid;
    char data[256]; /* [!]hz[+hz|*hz][/ms], comma separated; what has no ! is repeated */
};

struct tone_zone {
    int zone;
    char country[10];
    char description[40];
    int ringcadence[TONE_ZONE_CADENCE];
    struct tone_zone_sound tones[TONE_ZONE_TONES];
    int dtmf_high_level, dtmf_low_level, mfr1_level, mfr2_level;
};

/* The library's table row for COUNTRY, compared without case; NULL when there is none. It only
 * reads. */
struct tone_zone *tone_zone_find(char *country);
