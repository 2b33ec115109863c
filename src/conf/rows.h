/* The shape of a settings row: what the table says of a key, and what a type of value can do.
 *
 * Private to src/conf. Home thread: any; the tables are constant.
 */
#pragma once

#include "settings.h"

typedef enum SettingGroup {
    GROUP_SYSTEM,
    GROUP_SIP,
    GROUP_MEDIA,
    GROUP_SPAN,
    GROUP_TRUNK,
    GROUP_ROUTE,
    GROUP_PEER,
    GROUP_PROXY,
    GROUP_REGISTRAR,
    GROUP_PHONE,
    GROUP_GUARD,
    GROUP_POLICY,
    GROUP_CLASS,
    GROUP_EMERGENCY,
    GROUP_ELIN,
    GROUP_COUNT
} SettingGroup;

/* One kind of group. */
typedef struct GroupRow {
    const char *name; /* "trunk" */
    gboolean named;   /* [trunk NAME], any number of them; else one [name] */
    gsize size;       /* of the group's struct */
    gsize offset;     /* in Settings: of the struct itself, or of the GPtrArray* of named ones */
    const char *sentence; /* for tieline.conf(5) */
} GroupRow;

typedef struct SettingRow SettingRow;

/* Where one value lives: its row, the struct of its group, the names it may refer to. */
typedef struct ValuePlace {
    const SettingRow *row;
    void *group;        /* e.g. TrunkSettings* */
    void *field;        /* in group, at the row's offset */
    Settings *settings; /* holds every group by name already; its values may still be missing */
} ValuePlace;

/* A type of value. */
typedef struct SettingType {
    /* Reads TEXT into the field; FALSE with an ERROR that says what is wrong and what is allowed.
     */
    gboolean (*parse)(const ValuePlace *place, const char *text, GError **error);
    /* Appends the field's value such that parse reads the same. */
    void (*print)(const ValuePlace *place, GString *out);
    /* Frees what parse allocated; NULL for plain values. */
    void (*clear)(const ValuePlace *place);
    /* Appends what is allowed, for people: "10-200". */
    void (*allowed)(const SettingRow *row, GString *out);
} SettingType;

/* A word and the enum value it stands for; a table ends with a NULL name. */
typedef struct SettingChoice {
    const char *name;
    int value;
} SettingChoice;

/* The default of a value that depends on other settings, as the file would say it; in BUFFER or
 * constant. */
typedef const char *(*SettingDerive)(const Settings *settings, const void *group, char *buffer,
                                     gsize size);

struct SettingRow {
    SettingGroup group;
    const char *key; /* "t310"; "cause.N" is a family of keys, one for each N of first-last */
    const SettingType *type;
    gsize offset, size; /* of the field (of its first element for a family) in the group's struct */
    const char *standard; /* the default as the file would say it, or derive in words; NULL: must be
                             given */
    SettingDerive derive; /* NULL: standard is the default */
    gint64 min, max;      /* of numbers; of durations in microseconds */
    const SettingChoice *choices;
    gint64 scale;        /* of durations: microseconds in one unit of the field */
    const char *unit;    /* of numbers, for people; NULL: none */
    guint16 first, last; /* of a family of keys */
    SettingApplies applies;
    const char *sentence;
};

extern const GroupRow setting_groups[GROUP_COUNT];
/* A key that stands in another group than it did; the last one's KEY is NULL. */
typedef struct KeyMove {
    SettingGroup group;
    const char *key;
    const char *to; /* the group's name */
} KeyMove;
extern const KeyMove key_moves[];

extern const SettingRow setting_rows[];
extern const guint setting_row_count;

/* The types, by the file that holds them. */
extern const SettingType type_number, type_duration, type_choice, type_flag,
    type_digits;                                                                 /* value.c */
extern const SettingType type_path, type_host, type_hosts, type_product, type_tones; /* value_text.c */
extern const SettingType type_both, type_endpoint, type_networks, type_ports; /* value_net.c */
extern const SettingType type_channels; /* value_channels.c */
extern const SettingType type_spans, type_from, type_patterns, type_causes;      /* value_route.c */
extern const SettingType type_targets, type_uri; /* value_target.c */
extern const SettingType type_store, type_contacts, type_aliases, type_forward, type_word,
    type_instance; /* value_phone.c */
extern const SettingType type_primaries, type_server, type_domain; /* value_primary.c */
extern const SettingType type_realm, type_users, type_methods, type_set; /* value_guard.c */
extern const SettingType type_emergency_numbers, type_emergency_services, type_callback_numbers,
    type_trunks, type_extensions, type_dialable, type_program; /* value_emergency.c */

extern const SettingType type_endpoints; /* value_net.c */
extern const SettingType type_file, type_secret; /* value_text.c */

#define VALUE_ERROR G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE

/* Says "TEXT is not allowed; allowed: ..." in ERROR, in the words of the row's type; FALSE always.
 */
gboolean value_refuse(const ValuePlace *place, const char *text, GError **error);
/* Says "no [KIND NAME] is configured; there are: a, b" in ERROR; FALSE always. */
gboolean value_name_refuse(const ValuePlace *place, SettingGroup group, const char *name,
                           GError **error);
/* Is TEXT a host name or a numeric address? */
gboolean value_host_is_good(const char *text);
/* The struct of the group NAME, or NULL. */
void *value_name_find(const ValuePlace *place, SettingGroup group, const char *name);
/* The place of ROW's value in GROUP; NUMBER chooses within a family of keys, else 0. */
ValuePlace value_place(const SettingRow *row, Settings *settings, void *group, guint number);
/* TRUE for a family of keys such as "cause.N". */
gboolean row_is_family(const SettingRow *row);
/* What is wrong with URI, which began with a mark for a number at MARK (NULL: nowhere); NULL:
 * nothing. */
const char *value_uri_fault(const char *uri, const char *mark);
/* The comma separated items of TEXT without the blanks around them; empty items are dropped. Caller
 * frees. */
GPtrArray *value_split(const char *text);
/* The struct of a group that exists once, or NULL for named groups. */
void *group_single(const Settings *settings, SettingGroup group);
/* The array of a named group; NULL for the others. */
GPtrArray *group_array(const Settings *settings, SettingGroup group);
/* The name of a named group's struct (its first member is the name). */
const char *group_instance_name(SettingGroup group, const void *instance);
