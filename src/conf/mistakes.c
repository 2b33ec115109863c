/* The mistakes found in a configuration file, gathered so that all are told at once. */
#include "mistakes.h"

typedef struct Mistake {
    guint line;
    guint order; /* of finding: breaks ties */
    char *text;
} Mistake;

struct Mistakes {
    char *file;
    GPtrArray *all; /* of Mistake* */
};

static void mistake_free(gpointer data)
{
    Mistake *mistake = data;

    g_free(mistake->text);
    g_free(mistake);
}

Mistakes *mistakes_new(const char *file)
{
    Mistakes *mistakes = g_new0(Mistakes, 1);

    mistakes->file = g_strdup(file);
    mistakes->all = g_ptr_array_new_with_free_func(mistake_free);
    return mistakes;
}

void mistakes_free(Mistakes *mistakes)
{
    g_free(mistakes->file);
    g_ptr_array_unref(mistakes->all);
    g_free(mistakes);
}

void mistakes_add(Mistakes *mistakes, guint line, const char *format, ...)
{
    Mistake *mistake = g_new0(Mistake, 1);
    va_list arguments;

    va_start(arguments, format);
    mistake->text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    mistake->line = line;
    mistake->order = mistakes->all->len;
    g_ptr_array_add(mistakes->all, mistake);
}

static gint mistake_compare(gconstpointer a, gconstpointer b)
{
    const Mistake *one = *(Mistake *const *)a, *other = *(Mistake *const *)b;

    if (one->line != other->line)
        return one->line < other->line ? -1 : 1;
    return one->order < other->order ? -1 : 1;
}

gboolean mistakes_tell(Mistakes *mistakes, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (mistakes->all->len == 0)
        return TRUE;
    g_ptr_array_sort(mistakes->all, mistake_compare);
    for (guint i = 0; i < mistakes->all->len; i++) {
        const Mistake *mistake = g_ptr_array_index(mistakes->all, i);

        g_string_append_printf(text, "%s%s:", i ? "\n" : "", mistakes->file);
        if (mistake->line)
            g_string_append_printf(text, "%u:", mistake->line);
        g_string_append_printf(text, " %s", mistake->text);
    }
    g_set_error_literal(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE, text->str);
    return FALSE;
}
