/* The words that settings choose from, each with its value; for settings_table.c alone. */
#pragma once

#include "rows.h"

#include "log.h"

static const SettingChoice levels[] = {
    { "error", LEVEL_ERROR }, { "warning", LEVEL_WARNING }, { "notice", LEVEL_NOTICE },
    { "info", LEVEL_INFO },   { "debug", LEVEL_DEBUG },     { NULL, 0 },
};
static const SettingChoice ptimes[] = { { "10ms", 10 }, { "20ms", 20 }, { "30ms", 30 }, { NULL, 0 } };
static const SettingChoice backends[] = {
    { "cesopsn", BACKEND_CESOPSN },
    { "dahdi", BACKEND_DAHDI },
    { "pair", BACKEND_PAIR },
    { NULL, 0 },
};
static const SettingChoice span_types[] = {
    { "e1", SPAN_E1 },
    { "t1", SPAN_T1 },
    { "bri", SPAN_BRI },
    { NULL, 0 },
};
static const SettingChoice blocks[] = { { "10ms", 10 }, { "20ms", 20 }, { NULL, 0 } };
static const SettingChoice echo_tails[] = {
    { "0", 0 },     { "4ms", 4 },   { "8ms", 8 },     { "16ms", 16 },
    { "32ms", 32 }, { "64ms", 64 }, { "128ms", 128 }, { NULL, 0 },
};
static const SettingChoice laws[] = { { "alaw", LAW_ALAW }, { "ulaw", LAW_ULAW }, { NULL, 0 } };
static const SettingChoice packets[] = { { "1ms", 1 }, { "2ms", 2 }, { "5ms", 5 }, { NULL, 0 } };
static const SettingChoice trunk_digits[] = { { "inband", FALSE }, { "keypad", TRUE }, { NULL, 0 } };
static const SettingChoice peer_digits[] = {
    { "auto", PEER_DIGITS_AUTO },
    { "rfc4733", PEER_DIGITS_EVENT },
    { "info", PEER_DIGITS_INFO },
    { "info-dtmf", PEER_DIGITS_INFO_DTMF },
    { "inband", PEER_DIGITS_INBAND },
    { NULL, 0 },
};
static const SettingChoice rtp_clocks[] = {
    { "8kHz", 8 }, { "64kHz", 64 }, { "1544kHz", 1544 }, { "2048kHz", 2048 }, { NULL, 0 },
};
static const SettingChoice clocks[] = {
    { "master", SPAN_CLOCK_MASTER },
    { "slave", SPAN_CLOCK_SLAVE },
    { NULL, 0 },
};
#define SWITCH_NAMES(X)                                                                            \
    X(EUROISDN, "euroisdn") X(NI2, "ni2") X(DMS100, "dms100") X(5ESS, "5ess") X(4ESS, "4ess")      \
    X(QSIG, "qsig")
#define SWITCH_CHOICE(id, name) { name, SWITCH_##id },
#define SWITCH_NAME(id, name) [SWITCH_##id] = name,
static const SettingChoice switch_types[] = { SWITCH_NAMES(SWITCH_CHOICE) { NULL, 0 } };
const char *const switch_type_names[] = { SWITCH_NAMES(SWITCH_NAME) };
static const SettingChoice sides[] = { { "network", SIDE_NETWORK }, { "cpe", SIDE_CPE }, { NULL, 0 } };
static const SettingChoice huntings[] = {
    { "ascending", HUNT_ASCENDING },
    { "descending", HUNT_DESCENDING },
    { "round-robin", HUNT_ROUND_ROBIN },
    { "round-robin-spans", HUNT_ROUND_ROBIN_SPANS },
    { "least-used", HUNT_LEAST_USED },
    { NULL, 0 },
};
static const SettingChoice channel_choices[] = {
    { "exclusive", CHANNEL_EXCLUSIVE },
    { "preferred", CHANNEL_PREFERRED },
    { NULL, 0 },
};
static const SettingChoice identities[] = {
    { "pai", IDENTITY_PAI },
    { "from", IDENTITY_FROM },
    { "none", IDENTITY_NONE },
    { NULL, 0 },
};
static const SettingChoice diversion_fields[] = {
    { "diversion", DIVERSION_FIELD_DIVERSION },
    { "history-info", DIVERSION_FIELD_HISTORY },
    { "none", DIVERSION_FIELD_NONE },
    { NULL, 0 },
};
static const SettingChoice high_layers[] = {
    { "none", 0 },
    { "telephony", HLC_TELEPHONY },
    { "facsimile", HLC_FACSIMILE },
    { NULL, 0 },
};
static const SettingChoice identity_updates[] = {
    { "update", IDENTITY_UPDATE_ONLY },
    { "invite", IDENTITY_UPDATE_INVITE },
    { "no", IDENTITY_UPDATE_NO },
    { NULL, 0 },
};
static const SettingChoice autos[] = {
    { "auto", CHOICE_AUTO },
    { "yes", CHOICE_YES },
    { "no", CHOICE_NO },
    { NULL, 0 },
};
static const SettingChoice dial_tones[] = {
    { "auto", DIAL_TONE_AUTO },
    { "yes", DIAL_TONE_YES },
    { "always", DIAL_TONE_ALWAYS },
    { "no", DIAL_TONE_NO },
    { NULL, 0 },
};
static const SettingChoice holds_told[] = {
    { "reinvite", HOLD_TOLD_REINVITE },
    { "silent", HOLD_TOLD_BY_SILENCE },
    { "none", HOLD_TOLD_NOT },
    { NULL, 0 },
};
static const SettingChoice trunk_mwis[] = {
    { "no", TRUNK_MWI_NO },
    { "yes", TRUNK_MWI_YES },
    { "indicate", TRUNK_MWI_INDICATE },
    { NULL, 0 },
};
static const SettingChoice peer_mwis[] = {
    { "no", PEER_MWI_NO },
    { "notify", PEER_MWI_NOTIFY },
    { "accept", PEER_MWI_ACCEPT },
    { "both", PEER_MWI_BOTH },
    { NULL, 0 },
};
static const SettingChoice unsolicited[] = {
    { "no", MWI_UNSOLICITED_NO },
    { "rest", MWI_UNSOLICITED_REST },
    { "always", MWI_UNSOLICITED_ALWAYS },
    { NULL, 0 },
};
static const SettingChoice charsets[] = {
    { "ia5", CHARSET_IA5 },
    { "latin1", CHARSET_LATIN1 },
    { NULL, 0 },
};
static const SettingChoice proxy_modes[] = {
    { "off", PROXY_OFF },
    { "standby", PROXY_STANDBY },
    { "outbound", PROXY_OUTBOUND },
    { "emergency-only", PROXY_EMERGENCY_ONLY },
    { NULL, 0 },
};
static const SettingChoice display_lengths[] = { { "34", 34 }, { "82", 82 }, { NULL, 0 } };
#define TON_CHOICES                                                                                \
    { "unknown", TON_UNKNOWN }, { "international", TON_INTERNATIONAL },                            \
        { "national", TON_NATIONAL }, { "network-specific", TON_NETWORK_SPECIFIC },                \
        { "subscriber", TON_SUBSCRIBER }, { "abbreviated", TON_ABBREVIATED }
static const SettingChoice d_roles[] = {
    { "own", D_OWN },
    { "backup", D_BACKUP },
    { "none", D_NONE },
    { NULL, 0 },
};
static const SettingChoice tons[] = { TON_CHOICES, { NULL, 0 } };
static const SettingChoice tons_or_kept[] = { { "keep", -1 }, TON_CHOICES, { NULL, 0 } };
static const SettingChoice npis_or_kept[] = {
    { "keep", -1 },
    { "unknown", NPI_UNKNOWN },
    { "e164", NPI_E164 },
    { "private", NPI_PRIVATE },
    { NULL, 0 },
};
static const SettingChoice route_overlaps[] = {
    { "auto", OVERLAP_AUTO },
    { "no", OVERLAP_NO },
    { "collect", OVERLAP_COLLECT },
    { "sip", OVERLAP_SIP },
    { NULL, 0 },
};
static const SettingChoice stop_digits[] = { { "none", 0 }, { "#", '#' }, { "*", '*' }, { NULL, 0 } };

static const SettingChoice registrar_accepts[] = {
    { "always", REGISTRAR_ALWAYS },
    { "outage", REGISTRAR_OUTAGE },
    { NULL, 0 },
};
static const SettingChoice digest_algorithms[] = {
    { "sha-256", GUARD_SHA256 },
    { "md5", GUARD_MD5 },
    { NULL, 0 },
};
static const SettingChoice policy_targets[] = {
    { "any", POLICY_TO_ANY },         { "here", POLICY_TO_HERE },       { "phones", POLICY_TO_PHONES },
    { "trunks", POLICY_TO_TRUNKS },   { "primary", POLICY_TO_PRIMARY }, { "outside", POLICY_TO_OUTSIDE },
    { NULL, 0 },
};
static const SettingChoice policy_actions[] = {
    { "challenge", POLICY_CHALLENGE },
    { "allow", POLICY_ALLOW },
    { "refuse", POLICY_REFUSE },
    { NULL, 0 },
};
static const SettingChoice preempt_policies[] = {
    { "newest", PREEMPT_NEWEST },
    { "no", PREEMPT_NO },
    { NULL, 0 },
};

static const SettingChoice tls_mins[] = {
    { "1.2", TLS_MIN_1_2 },
    { "1.3", TLS_MIN_1_3 },
    { NULL, 0 },
};
