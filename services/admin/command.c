/* Reads the command line against a table. Knows no command. */
#include "services/admin/command.h"
#include "services/admin/tell.h"

#include <stdio.h>
#include <string.h>

/* How many arguments the command's own words take; 0: these are not its words. */
static size_t words_match(const char *words, char **argv)
{
    size_t count = 0;
    while (*words != '\0') {
        size_t size = strcspn(words, " ");
        if (argv[count] == NULL || strlen(argv[count]) != size || memcmp(argv[count], words, size) != 0)
            return 0;
        count++;
        words += size + (words[size] == ' ');
    }
    return count;
}

static void option_read(struct command *command, const char *name, const char *value)
{
    for (size_t i = 0; i < COMMAND_OPTIONS_MAX && command->options[i] != NULL; i++) {
        if (strcmp(command->options[i], name) != 0)
            continue;
        if (value == NULL)
            tell_wrong("%s needs a value: %s %s", name, command->words, command->rest);
        command->values[i] = value;
        return;
    }
    tell_wrong("%s does not know %s: %s %s", command->words, name, command->words, command->rest);
}

static void words_read(struct command *command, char **argv)
{
    size_t count = 0;
    for (; *argv != NULL; argv++) {
        if (strncmp(*argv, "--", 2) == 0) {
            option_read(command, argv[0], argv[1]);
            argv++;
        } else if (count == command->most) {
            tell_wrong("\"%s\" is one word too many: %s %s", *argv, command->words, command->rest);
        } else {
            command->given[count++] = *argv;
        }
    }
    if (count < command->least)
        tell_wrong("A word is missing: %s %s", command->words, command->rest);
}

struct command *command_read(struct command *commands, size_t count, char **argv)
{
    for (size_t i = 0; i < count; i++) {
        size_t own = words_match(commands[i].words, argv);
        if (own == 0)
            continue;
        words_read(&commands[i], argv + own);
        return &commands[i];
    }
    tell_wrong("There is no command \"%s\": djembe-admin --help lists them.", argv[0]);
}

const char *command_option(const struct command *command, const char *option)
{
    for (size_t i = 0; i < COMMAND_OPTIONS_MAX && command->options[i] != NULL; i++)
        if (strcmp(command->options[i], option) == 0)
            return command->values[i];
    return NULL;
}

void command_help(const struct command *commands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("  %s %s\n      %s\n", commands[i].words, commands[i].rest, commands[i].help);
}
