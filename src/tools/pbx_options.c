/* The options of tieline-pbx: which lines, which script. */
#include "pbx_options.h"

#include "log.h"
#include "names.h"
#include "pbx_script.h"

#include <gio/gio.h>
#include <string.h>

/* A line as the user wrote it: one value per key, NULL where nothing was said. */
typedef enum LineKey {
    KEY_BACKEND,
    KEY_LOCAL,
    KEY_REMOTE,
    KEY_TYPE,
    KEY_SWITCHTYPE,
    KEY_SIDE,
    KEY_LAW,
    KEY_PACKET,
    KEY_CLOCK,
    KEY_BUFFER,
    KEY_DSCP,
    KEY_BCHAN,
    KEY_DCHAN,
    KEY_HARDHDLC,
    KEY_CUSHION,
    KEY_RTP_TYPE,
    KEY_D_ROLE,
    KEY_INTERFACE,
    KEY_COUNT
} LineKey;

static const char *const key_names[KEY_COUNT] = {
    "backend", "local", "remote", "type",  "switchtype", "side",    "law", "packet", "clock",
    "buffer",  "dscp",  "bchan",  "dchan", "hardhdlc",   "cushion", "rtp", "d-role", "interface"};

/* They fit conf/demo.conf, where the gateway is the network side and the clock's master. */
static const char *const key_defaults[KEY_COUNT] = {"cesopsn",
                                                    "127.0.0.1:4001",
                                                    "127.0.0.1:4000",
                                                    "e1",
                                                    "euroisdn",
                                                    "cpe",
                                                    NULL,
                                                    "1",
                                                    "slave",
                                                    "4",
                                                    "46",
                                                    "1-15+17-31",
                                                    "16",
                                                    "0",
                                                    "8",
                                                    NULL,
                                                    "own",
                                                    "0"};

static const char *const backend_words[] = {"cesopsn", "pair", "dahdi"};
static const char *const type_words[] = {"e1", "t1", "bri"};
static const char *const switch_words[] = {"euroisdn", "ni2", "dms100", "5ess", "4ess", "qsig"};
static const char *const side_words[] = {"network", "cpe"};
static const char *const law_words[] = {"alaw", "ulaw"};
static const char *const clock_words[] = {"master", "slave"};
static const char *const role_words[] = {"own", "backup", "none"};

typedef struct LineText {
    const char *values[KEY_COUNT];
} LineText;

gboolean pbx_address_parse(const char *text, struct sockaddr_storage *address)
{
    const char *colon = strrchr(text, ':');
    g_autofree char *host = NULL;
    g_autoptr(GSocketAddress) parsed = NULL;
    guint64 port;

    if (!colon || !g_ascii_string_to_unsigned(colon + 1, 10, 1, 65535, &port, NULL))
        return FALSE;
    host = text[0] == '[' && colon > text + 1 && colon[-1] == ']'
               ? g_strndup(text + 1, (gsize)(colon - text - 2))
               : g_strndup(text, (gsize)(colon - text));
    parsed = g_inet_socket_address_new_from_string(host, (guint)port);
    return parsed && g_socket_address_to_native(parsed, address, sizeof *address, NULL);
}

static gboolean fault(GError **error, LineKey key, const char *allowed, const char *value)
{
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--%s: %s, not \"%s\"",
                key_names[key], allowed, value);
    return FALSE;
}

static gboolean word_read(const LineText *text, LineKey key, const char *const *words, gsize count,
                          int *value, GError **error)
{
    *value = names_find(words, count, text->values[key]);
    if (*value < 0) {
        g_autofree char *allowed = names_list(words, count);

        return fault(error, key, allowed, text->values[key]);
    }
    return TRUE;
}

static gboolean number_read(const LineText *text, LineKey key, guint64 least, guint64 most,
                            guint *value, GError **error)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(text->values[key], 10, least, most, &number, NULL)) {
        g_autofree char *allowed =
            g_strdup_printf("%" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, least, most);

        return fault(error, key, allowed, text->values[key]);
    }
    *value = (guint)number;
    return TRUE;
}

static gboolean words_read(PbxLineSettings *line, const LineText *text, GError **error)
{
    int backend, type, switch_type, side, law, clock, role;

    if (!word_read(text, KEY_BACKEND, backend_words, 3, &backend, error) ||
        !word_read(text, KEY_TYPE, type_words, 3, &type, error) ||
        !word_read(text, KEY_SWITCHTYPE, switch_words, 6, &switch_type, error) ||
        !word_read(text, KEY_SIDE, side_words, 2, &side, error) ||
        !word_read(text, KEY_CLOCK, clock_words, 2, &clock, error) ||
        !word_read(text, KEY_D_ROLE, role_words, 3, &role, error))
        return FALSE;
    law = type == SPAN_T1 ? LAW_ULAW : LAW_ALAW;
    if (text->values[KEY_LAW] && !word_read(text, KEY_LAW, law_words, 2, &law, error))
        return FALSE;
    line->span.backend = (SpanBackend)backend;
    line->span.type = (SpanType)type;
    line->span.law = (Law)law;
    line->span.clock = (SpanClock)clock;
    line->span.d_role = (DRole)role;
    line->switch_type = (SwitchType)switch_type;
    line->side = (LineSide)side;
    return TRUE;
}

/* Channels of the DAHDI driver, as system.conf counts them: 1-15+17-31. */
static gboolean bchan_read(SpanSettings *span, const char *list)
{
    g_auto(GStrv) parts = g_strsplit(list, "+", -1);

    span->bchan = g_array_new(FALSE, FALSE, sizeof(guint16));
    for (char **part = parts; *part; part++) {
        g_auto(GStrv) ends = g_strsplit(*part, "-", 2);
        guint64 first, last;

        if (!ends[0] || !g_ascii_string_to_unsigned(ends[0], 10, 1, 1023, &first, NULL))
            return FALSE;
        last = first;
        if (ends[1] && !g_ascii_string_to_unsigned(ends[1], 10, first, 1023, &last, NULL))
            return FALSE;
        for (guint64 number = first; number <= last; number++) {
            guint16 channel = (guint16)number;

            g_array_append_val(span->bchan, channel);
        }
    }
    return TRUE;
}

static gboolean card_read(SpanSettings *span, const LineText *text, GError **error)
{
    guint d;

    if (!bchan_read(span, text->values[KEY_BCHAN]))
        return fault(error, KEY_BCHAN, "a list such as 1-15+17-31", text->values[KEY_BCHAN]);
    if (!number_read(text, KEY_HARDHDLC, 0, 1023, &span->hardhdlc, error) ||
        !number_read(text, KEY_DCHAN, 1, 1023, &span->dchan, error))
        return FALSE;
    if (span->hardhdlc)
        span->dchan = 0;
    d = span->hardhdlc ? span->hardhdlc : span->dchan;
    span->first_channel = MIN(d, g_array_index(span->bchan, guint16, 0));
    if (d - span->first_channel >= 31)
        return fault(error, span->hardhdlc ? KEY_HARDHDLC : KEY_DCHAN, "a channel of the same span",
                     text->values[span->hardhdlc ? KEY_HARDHDLC : KEY_DCHAN]);
    span->d_channel = (guint8)(d - span->first_channel + 1);
    span->block_ms = 20;
    return number_read(text, KEY_CUSHION, 1, 200, &span->cushion_ms, error);
}

/* By SpanType. */
static const guint8 d_channels[] = {[SPAN_E1] = 16, [SPAN_T1] = 24, [SPAN_BRI] = 3};

static gboolean line_read(PbxLineSettings *line, const LineText *text, GError **error)
{
    guint interface;

    if (!words_read(line, text, error) ||
        !number_read(text, KEY_INTERFACE, 0, 126, &interface, error))
        return FALSE;
    line->span.interface = (guint8)interface;
    if (line->span.backend == BACKEND_DAHDI)
        return card_read(&line->span, text, error);
    if (!pbx_address_parse(text->values[KEY_LOCAL], &line->span.local))
        return fault(error, KEY_LOCAL, "ADDRESS:PORT", text->values[KEY_LOCAL]);
    if (!pbx_address_parse(text->values[KEY_REMOTE], &line->span.remote))
        return fault(error, KEY_REMOTE, "ADDRESS:PORT", text->values[KEY_REMOTE]);
    if (!number_read(text, KEY_PACKET, 1, 5, &line->span.packet_ms, error) ||
        !number_read(text, KEY_BUFFER, 2, 32, &line->span.buffer_packets, error) ||
        !number_read(text, KEY_DSCP, 0, 63, &line->span.dscp, error))
        return FALSE;
    if (line->span.packet_ms != 1 && line->span.packet_ms != 2 && line->span.packet_ms != 5)
        return fault(error, KEY_PACKET, "1, 2 or 5", text->values[KEY_PACKET]);
    line->span.rtp_header = text->values[KEY_RTP_TYPE] != NULL;
    line->span.rtp_khz = 8;
    if (line->span.rtp_header &&
        !number_read(text, KEY_RTP_TYPE, 0, 127, &line->span.rtp_type, error))
        return FALSE;
    line->span.d_channel = line->span.d_role == D_NONE ? 0 : d_channels[line->span.type];
    return TRUE;
}

/* A line without a D channel of its own belongs to the one before it that has one. */
static gboolean group_check(const PbxOptions *options, const PbxLineSettings *line, GError **error)
{
    const char *why = NULL;
    guint at = options->lines->len - 1;

    if (line->span.d_role == D_OWN)
        return TRUE;
    if (line->span.d_role == D_NONE && line->span.backend == BACKEND_DAHDI)
        why = "own or backup, on DAHDI";
    else if (line->switch_type == SWITCH_QSIG || line->span.type == SPAN_BRI)
        why = "own, on QSIG and BRI";
    else if (at == 0)
        why = "own, of the first span";
    for (const PbxLineSettings *other = line; !why && other->span.d_role != D_OWN;) {
        other = options->lines->pdata[--at];
        if (other->span.d_role == D_BACKUP && line->span.d_role == D_BACKUP)
            why = "backup, once behind a span with its own";
        else if (other->span.interface == line->span.interface)
            why = "of spans with different interfaces";
        else if (other->switch_type != line->switch_type || other->side != line->side)
            why = "of spans with one switchtype and side";
    }
    return !why || fault(error, KEY_D_ROLE, why, role_words[line->span.d_role]);
}

static void line_free(PbxLineSettings *line)
{
    g_free(line->span.name);
    g_clear_pointer(&line->span.bchan, g_array_unref);
    g_free(line);
}

/* Lays the keys of GROUP, "local=...,type=t1", over TEXT; the values point into PARTS. */
static gboolean group_read(LineText *text, char **parts, GError **error)
{
    for (char **part = parts; *part; part++) {
        char *value = strchr(*part, '=');
        int key = -1;

        if (value) {
            *value++ = 0;
            key = names_find(key_names, KEY_COUNT, g_strstrip(*part));
        }
        if (key < 0) {
            g_autofree char *allowed = names_list(key_names, KEY_COUNT);

            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "--span: KEY=VALUE with a key of %s, not \"%s\"", allowed, *part);
            return FALSE;
        }
        text->values[key] = value;
    }
    return TRUE;
}

static gboolean lines_read(PbxOptions *options, const LineText *common, char **groups,
                           GError **error)
{
    static char *one_line[] = {(char *)"", NULL};

    for (char **group = groups ? groups : one_line; *group; group++) {
        g_auto(GStrv) parts = **group ? g_strsplit(*group, ",", -1) : g_new0(char *, 1);
        LineText text = *common;
        PbxLineSettings *line = g_new0(PbxLineSettings, 1);

        line->span.index = (guint8)options->lines->len;
        line->span.name = g_strdup_printf("%u", options->lines->len);
        g_ptr_array_add(options->lines, line);
        if (options->lines->len > 64) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--span: 64 are the most");
            return FALSE;
        }
        if (!group_read(&text, parts, error) || !line_read(line, &text, error) ||
            !group_check(options, line, error))
            return FALSE;
    }
    return TRUE;
}

/* What GOption fills; strings are ours. */
typedef struct Raw {
    char *keys[KEY_COUNT];
    char **groups;
    char *timeout, *level;
    int octets, seed;
} Raw;

static gboolean raw_read(PbxOptions *options, const Raw *raw, GError **error)
{
    LineText common;
    LogLevel level = LEVEL_WARNING;

    for (int key = 0; key < KEY_COUNT; key++)
        common.values[key] = raw->keys[key] ? raw->keys[key] : key_defaults[key];
    if (raw->timeout && !pbx_time_parse(raw->timeout, &options->timeout_us)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--timeout: a time such as 30s, not \"%s\"", raw->timeout);
        return FALSE;
    }
    if (raw->level && !log_level_parse(raw->level, &level)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--log: error, warning, notice, info or debug, not \"%s\"", raw->level);
        return FALSE;
    }
    options->log_level = level;
    options->pattern_octets = raw->octets;
    options->pattern_seed = (guint32)raw->seed;
    return lines_read(options, &common, raw->groups, error);
}

gboolean pbx_options_read(PbxOptions *options, int *argc, char ***argv, GError **error)
{
    Raw raw = {.octets = -1};
    const GOptionEntry entries[] = {
        {"backend", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_BACKEND], "Back end of the span",
         "cesopsn|dahdi"},
        {"local", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_LOCAL], "Where we listen",
         "ADDRESS:PORT"},
        {"remote", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_REMOTE], "The far end", "ADDRESS:PORT"},
        {"type", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_TYPE], "Kind of line", "e1|t1|bri"},
        {"switchtype", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_SWITCHTYPE], "Kind of ISDN",
         "euroisdn|ni2|dms100|5ess|4ess|qsig"},
        {"side", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_SIDE], "Our side of the line",
         "network|cpe"},
        {"law", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_LAW], "Law of the B channels",
         "alaw|ulaw"},
        {"packet", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_PACKET], "Milliseconds in a packet",
         "1|2|5"},
        {"rtp", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_RTP_TYPE],
         "An RTP header of that payload type stands before the control word", "TYPE"},
        {"clock", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_CLOCK], "Who gives the clock",
         "master|slave"},
        {"buffer", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_BUFFER], "Packets in the jitter buffer",
         "N"},
        {"dscp", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_DSCP], "DSCP of the packets", "N"},
        {"bchan", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_BCHAN],
         "B channels of a DAHDI span, as in system.conf", "1-15+17-31"},
        {"dchan", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_DCHAN],
         "D channel of a DAHDI span, HDLC by the driver", "16"},
        {"hardhdlc", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_HARDHDLC],
         "D channel of a DAHDI span, HDLC by the card", "16"},
        {"cushion", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_CUSHION],
         "Milliseconds we may come late to a B channel of a DAHDI span", "8"},
        {"span", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw.groups,
         "One more span: the options above as a list; the rest as given for all", "KEY=VALUE,..."},
        {"d-role", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_D_ROLE],
         "Which D channel a span has in its group (NFAS)", "own|backup|none"},
        {"interface", 0, 0, G_OPTION_ARG_STRING, &raw.keys[KEY_INTERFACE],
         "Its interface identifier", "N"},
        {"script", 's', 0, G_OPTION_ARG_FILENAME, &options->script,
         "Commands, one a line (else standard input)", "FILE"},
        {"timeout", 0, 0, G_OPTION_ARG_STRING, &raw.timeout, "The longest the run may last",
         "TIME"},
        {"keep-going", 'k', 0, G_OPTION_ARG_NONE, &options->keep_going,
         "A failed expectation does not end the run", NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &options->quiet,
         "Report only totals, failures and the verdict", NULL},
        {"check", 0, 0, G_OPTION_ARG_NONE, &options->check, "Read the script, do nothing", NULL},
        {"log", 0, 0, G_OPTION_ARG_STRING, &raw.level, "What is logged to standard error", "LEVEL"},
        {"pattern", 0, 0, G_OPTION_ARG_INT, &raw.seed, "Seed of --octets", "SEED"},
        {"octets", 0, 0, G_OPTION_ARG_INT, &raw.octets,
         "Write the first N octets of the pattern to standard output, and exit", "N"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context = g_option_context_new("- a PBX far end for an ISDN line");
    gboolean read;

    *options = (PbxOptions){.lines = g_ptr_array_new_with_free_func((GDestroyNotify)line_free)};
    g_option_context_add_main_entries(context, entries, NULL);
    read = g_option_context_parse(context, argc, argv, error);
    if (read && *argc > 1) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "\"%s\" is no option",
                    (*argv)[1]);
        read = FALSE;
    }
    read = read && raw_read(options, &raw, error);
    for (int key = 0; key < KEY_COUNT; key++)
        g_free(raw.keys[key]);
    g_strfreev(raw.groups);
    g_free(raw.timeout);
    g_free(raw.level);
    return read;
}

void pbx_options_clear(PbxOptions *options)
{
    g_clear_pointer(&options->lines, g_ptr_array_unref);
    g_clear_pointer(&options->script, g_free);
}
