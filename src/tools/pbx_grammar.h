/* The grammar of the command language as rows: a word, what it does, how the words after it are
 * read.
 *
 * Home thread: any.
 */
#pragma once

#include "pbx_script.h"
#include "pbx_words.h"

typedef struct PbxWordRow {
    const char *word;
    PbxVerb verb;
    void (*read)(PbxWords *words, PbxCommand *command); /* NULL: no words come after it */
} PbxWordRow;

/* The row of WORD among the commands for one call; among the others. NULL when there is none. */
const PbxWordRow *pbx_grammar_action(const char *word);
const PbxWordRow *pbx_grammar_other(const char *word);

/* The row of this number, over both tables; NULL after the last. */
const PbxWordRow *pbx_grammar_row(gsize index);

/* FILE, "pattern SEED" or "tone HZ". */
void pbx_grammar_source(PbxWords *words, PbxCommand *command);
/* What comes after `expect`. */
void pbx_grammar_expect(PbxWords *words, PbxCommand *command);
