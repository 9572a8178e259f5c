/* The words of one command: what stands alone, and `--name VALUE`. */
#ifndef DJEMBE_ADMIN_COMMAND_H
#define DJEMBE_ADMIN_COMMAND_H

#include <stddef.h>

#define COMMAND_WORDS_MAX 4
#define COMMAND_OPTIONS_MAX 4

struct command {
    const char *words; /* "member add" */
    const char *rest;  /* what follows, for the help */
    const char *help;
    size_t least, most;                       /* words that follow, options aside */
    const char *options[COMMAND_OPTIONS_MAX]; /* "--class"; each takes a value */
    void (*run)(const struct command *command);
    /* filled by command_read */
    const char *given[COMMAND_WORDS_MAX];
    const char *values[COMMAND_OPTIONS_MAX];
};

/* Finds the command that `argv` names and fills it; ends the process with one line when the words do not fit. */
struct command *command_read(struct command *commands, size_t count, char **argv);

/* The value of an option; NULL when it was not given. */
const char *command_option(const struct command *command, const char *option);

void command_help(const struct command *commands, size_t count);

#endif
