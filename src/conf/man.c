/* The manual page tieline.conf(5), written from the rows. */
#include "rows.h"

/* Characters that roff would take for its own. */
static void roff_put(FILE *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        if (*at == '-')
            fputs("\\-", out);
        else if (*at == '\\')
            fputs("\\e", out);
        else if (at == text && (*at == '.' || *at == '\''))
            fprintf(out, "\\&%c", *at);
        else
            fputc(*at, out);
    }
}

static const char *applies_words(SettingApplies applies)
{
    switch (applies) {
    case APPLIES_LIVE:
        return "A reload applies it at once.";
    case APPLIES_NEW_CALLS:
        return "A reload applies it to new calls.";
    case APPLIES_RESTART:
        return "A change needs a restart.";
    }
    g_assert_not_reached();
}

static void row_man(const SettingRow *row, FILE *out)
{
    g_autoptr(GString) allowed = g_string_new(NULL);

    fputs(".TP\n.B ", out);
    roff_put(out, row->key);
    fputc('\n', out);
    roff_put(out, row->sentence);
    fputs("\n.br\nAllowed: ", out);
    row->type->allowed(row, allowed);
    roff_put(out, allowed->str);
    if (row_is_family(row))
        fprintf(out, "; N is %u to %u", row->first, row->last);
    fputs(".\n", out);
    if (!row->standard)
        fputs("It must be given.\n", out);
    else if (*row->standard) {
        fputs("Default: ", out);
        roff_put(out, row->standard);
        fputs(".\n", out);
    } else
        fputs("Default: empty.\n", out);
    fprintf(out, "%s\n", applies_words(row->applies));
}

static const char head[] =
    ".\\\" Written by tielined from its settings table; do not edit.\n"
    ".TH TIELINE.CONF 5 \"\" tieline \"File formats\"\n"
    ".SH NAME\n"
    "tieline.conf \\- settings of the SIP\\-to\\-ISDN gateway tieline\n"
    ".SH DESCRIPTION\n"
    "The file is UTF\\-8 text. A line is a\n"
    ".BR [group] ,\n"
    "a\n"
    ".BR \"key = value\" ,\n"
    "a comment that begins with #, or empty. A group or key stands once only. Lists have commas\n"
    "between their items. Durations have a unit: 500ms, 30s, 5m, 2h. Addresses are numeric.\n"
    "An empty value is the default where the default is empty. In values \\es is a blank,\n"
    "\\et a tab and \\e\\e a backslash.\n"
    ".PP\n"
    "A file with any mistake is refused as a whole, at start and at reload alike, and every "
    "mistake\n"
    "is told with its line.\n"
    ".B tielined \\-\\-check\\-config\n"
    "does the same without starting anything;\n"
    ".B tielined \\-\\-print\\-config\n"
    "prints every setting with its value in force.\n";

static const char tail[] =
    ".SH PATTERNS\n"
    "A pattern is compared with a whole number from its first digit on.\n"
    ".B X\nis any digit,\n"
    ".B Z\n1 to 9,\n"
    ".B N\n2 to 9,\n"
    ".B [13\\-5]\none digit of the set;\n"
    ".B .\nat the end stands for one or more digits,\n"
    ".B !\nat the end for none or more. Any other character stands for itself;\n"
    ".B +\nis the plus of an international number.\n"
    ".SH USERS\n"
    "The file of\n"
    ".B [guard] users\n"
    "has one user a line, as\n"
    ".PP\n"
    ".B user:realm:HA1\\-MD5[:HA1\\-SHA\\-256[:class]]\n"
    ".PP\n"
    "where HA1 is the hash of user:realm:password in hex, empty for none; the class is handed to the\n"
    "class of service. Empty lines and lines that begin with # are comments. Users of other realms are\n"
    "passed over. The file may be an SQLite database as well, with the table\n"
    ".B users(name, realm, ha1_md5, ha1_sha256, class)\n"
    "and the same contents. A hash opens the door as a password does: nobody but the daemon should be\n"
    "able to read the file; LoadCredential of\n"
    ".BR systemd.exec (5)\n"
    "does for it, too. A database in WAL mode needs a directory that the daemon may write to. A line for the user 201 of the realm pbx.example:\n"
    ".PP\n"
    ".nf\n"
    "h() { printf %s 201:pbx.example:secret | $1sum | cut \\-d\\(aq \\(aq \\-f1; }\n"
    "echo 201:pbx.example:$(h md5):$(h sha256)\n"
    ".fi\n"
    ".SH \"EMERGENCY HOOK\"\n"
    "The program of [emergency] hook is run once for every emergency call, without a shell and\n"
    "without arguments, when the call is known and before its trunk answers. The call never waits\n"
    "for it. It has 30 seconds; 16 run at a time. Its environment is the daemon's and\n"
    ".B TIELINE_CALL\n(like C42),\n"
    ".B TIELINE_NUMBER\n(what was dialled),\n"
    ".B TIELINE_CALLED\n(what the trunk is told),\n"
    ".B TIELINE_CALLER\n(the user of From, which nobody has checked),\n"
    ".B TIELINE_USER\n(who gave credentials),\n"
    ".B TIELINE_SOURCE\n(the address it came from),\n"
    ".B TIELINE_ELIN\n(the number it is called back by),\n"
    ".B TIELINE_TRUNK\n(the first one tried),\n"
    ".B TIELINE_TIME\n(seconds since 1970) and\n"
    ".B DRILL\n(yes or no). What is not known is empty.\n"
    ".SH EXAMPLE\n"
    ".nf\n"
    "[span pbx]\n"
    "local = 192.0.2.10:2142\n"
    "remote = 192.0.2.20:2142\n"
    "\n"
    "[trunk pbx]\n"
    "span = pbx\n"
    "switch\\-type = euroisdn\n"
    "side = network\n"
    "\n"
    "[route to\\-pbx]\n"
    "from = 192.0.2.0/24\n"
    "called = 2XX\n"
    "to = trunk pbx\n"
    "\n"
    "[route to\\-phones]\n"
    "from = pbx\n"
    "called = 1XX\n"
    "to = sip:{number}@192.0.2.30:5060\n"
    ".fi\n"
    ".SH SEE ALSO\n"
    ".BR tielined (8),\n"
    ".BR tielinectl (1)\n";

void settings_print_man(FILE *out)
{
    fputs(head, out);
    for (SettingGroup group = 0; group < GROUP_COUNT; group++) {
        const GroupRow *row = &setting_groups[group];

        fprintf(out, ".SH \"[%s%s]\"\n%s\n", row->name, row->named ? " NAME" : "", row->sentence);
        for (guint i = 0; i < setting_row_count; i++) {
            if (setting_rows[i].group == group)
                row_man(&setting_rows[i], out);
        }
    }
    fputs(tail, out);
}
