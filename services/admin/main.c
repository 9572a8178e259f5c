/* djembe-admin: what an operator asks of the daemons, from a shell. */
#include "services/admin/call.h"
#include "services/admin/command.h"
#include "services/admin/request.h"
#include "services/admin/tell.h"
#include "services/admin/torrent.h"
#include "services/common/keys.h"

#include <stdio.h>
#include <string.h>

static void run_keys(const struct command *command)
{
    struct fault why = {0};
    if (!keys_make(command->given[0], &why))
        tell_fault(&why);
}

static struct command commands[] = {
    {.words = "member add",
     .rest = "NAME [--class CLASS] [--password PASSWORD]",
     .help = "Makes an account; prints its id, passkey, announce URL, API token and password.",
     .least = 1,
     .most = 1,
     .options = {"--class", "--password"},
     .run = run_member_add},
    {.words = "torrent add",
     .rest = "FILE --member NAME --plugin PLUGIN [--fields JSON]",
     .help = "Adds a torrent as that member; missing fields are filled from the torrent's name.",
     .least = 1,
     .most = 1,
     .options = {"--member", "--plugin", "--fields"},
     .run = run_torrent_add},
    {.words = "invite",
     .rest = "[--class CLASS]",
     .help = "Makes an invitation; prints its link.",
     .options = {"--class"},
     .run = run_invite},
    {.words = "bus",
     .rest = "METHOD [JSON]",
     .help = "Sends any request (docs/MESSAGES.md) and prints the reply; bytes are written {\"hex\": \"00ff\"}.",
     .least = 1,
     .most = 2,
     .run = run_bus},
    {.words = "keys",
     .rest = "FOLDER",
     .help = "Makes the certificates of the bus that are missing.",
     .least = 1,
     .most = 1,
     .run = run_keys},
};

#define COUNT (sizeof commands / sizeof *commands)

static void help(void)
{
    puts("djembe-admin: what an operator asks of the daemons.\n");
    command_help(commands, COUNT);
    puts("\nSettings:");
    call_help();
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        help();
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("djembe-admin " DJEMBE_VERSION);
        return 0;
    }
    struct command *command = command_read(commands, COUNT, argv + 1);
    bool asks = command->run != run_keys;
    if (asks)
        call_start();
    command->run(command);
    if (asks)
        call_stop();
    return 0;
}
