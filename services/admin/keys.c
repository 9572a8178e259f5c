/* One CURVE certificate a service: NAME.key tells the public half, NAME.key_secret holds both and only its owner may
 * read it. What is there stays; what is made comes by renaming, the secret first, so that no half certificate is ever
 * seen. */
#include "services/admin/keys.h"
#include "services/admin/tell.h"

#include <czmq.h>
#include <errno.h>
#include <sys/stat.h>

static const char *const owners[] = {"tracker", "web", "catalog", "ratio", "admin"};

static bool key_there(const char *folder, const char *owner)
{
    char path[4096];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s.key", folder, owner);
    if (stat(path, &info) != 0)
        return false;
    snprintf(path, sizeof path, "%s/%s.key_secret", folder, owner);
    return stat(path, &info) == 0;
}

static void key_move(const char *folder, const char *from, const char *owner, const char *ending)
{
    char old[4096], new[4096];
    snprintf(old, sizeof old, "%s/%s%s", folder, from, ending);
    snprintf(new, sizeof new, "%s/%s.key%s", folder, owner, ending);
    if (rename(old, new) != 0)
        tell_wrong("%s cannot be written: %s.", new, strerror(errno));
}

/* The new files carry a name that is no certificate's while they are written. */
static void key_make(const char *folder, const char *owner)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/.new", folder);
    zcert_t *cert = zcert_new();
    if (cert == NULL)
        tell_wrong("This ZeroMQ was built without CURVE: install Debian's libzmq5.");
    zcert_set_meta(cert, "name", "%s", owner);
    if (zcert_save(cert, path) != 0)
        tell_wrong("%s cannot be written: %s.", path, strerror(errno));
    zcert_destroy(&cert);
    key_move(folder, ".new", owner, "_secret");
    key_move(folder, ".new", owner, "");
}

void run_keys(const struct command *command)
{
    const char *folder = command->given[0];
    umask(077);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        tell_wrong("The folder %s cannot be made: %s.", folder, strerror(errno));
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        if (key_there(folder, owners[i]))
            continue;
        key_make(folder, owners[i]);
        printf("%s\n", owners[i]);
    }
}
