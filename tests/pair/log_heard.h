/* What the log says while a story runs. */
#pragma once

/* Standard error while FUNC runs; caller frees. */
char *log_heard(void (*func)(void));
