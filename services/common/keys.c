/* Makes certificates. A file appears under its name only when it is whole: a server may be reading the folder. */
#include "services/common/keys.h"

#include <czmq.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = {"tracker", "web", "catalog", "ratio", "auditor", "admin"};

struct key_paths {
    char public[PATH_MAX], secret[PATH_MAX], scratch[PATH_MAX];
};

/* czmq cuts longer names off without a word. */
#define KEY_PATH_MAX 240

static bool paths_of(const char *folder, const char *name, struct key_paths *paths, struct fault *why)
{
    int size = snprintf(paths->public, sizeof paths->public, "%s/%s.key", folder, name);
    if (size > KEY_PATH_MAX)
        return fault_set(why, STATUS_invalid, NULL, "the path of the keys folder is too long: at most %d letters",
                         KEY_PATH_MAX - 20);
    snprintf(paths->secret, sizeof paths->secret, "%s/%s.key_secret", folder, name);
    snprintf(paths->scratch, sizeof paths->scratch, "%s/.%s.new", folder, name);
    return true;
}

static bool settle(const struct key_paths *paths, const char *path, mode_t mode, int saved, struct fault *why)
{
    if (saved == 0 && chmod(paths->scratch, mode) == 0 && rename(paths->scratch, path) == 0)
        return true;
    fault_set(why, STATUS_internal, NULL, "cannot write %s: %s", path, strerror(errno));
    unlink(paths->scratch);
    return false;
}

/* The secret file holds both halves, so it goes first: from it the public one can be written again. */
static bool write_pair(zcert_t *cert, const struct key_paths *paths, struct fault *why)
{
    mode_t before = umask(0077);
    bool well = settle(paths, paths->secret, 0600, zcert_save_secret(cert, paths->scratch), why) &&
                settle(paths, paths->public, 0644, zcert_save_public(cert, paths->scratch), why);
    umask(before);
    return well;
}

static bool make_one(const char *folder, const char *name, struct fault *why)
{
    struct key_paths paths;
    if (!paths_of(folder, name, &paths, why))
        return false;
    bool secret_is_there = access(paths.secret, F_OK) == 0, public_is_there = access(paths.public, F_OK) == 0;
    if (secret_is_there && public_is_there)
        return true;
    if (public_is_there && !secret_is_there)
        return true; /* another machine holds this service's secret */
    zcert_t *cert = secret_is_there ? zcert_load(paths.public) : zcert_new();
    if (cert == NULL)
        return fault_set(why, STATUS_internal, NULL, "cannot read %s: remove it to have a new one made", paths.secret);
    zcert_set_meta(cert, "name", "%s", name);
    bool well = write_pair(cert, &paths, why);
    zcert_destroy(&cert);
    return well;
}

bool keys_make(const char *folder, struct fault *why)
{
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return fault_set(why, STATUS_internal, NULL, "cannot make the keys folder %s: %s", folder, strerror(errno));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!make_one(folder, names[i], why))
            return false;
    return true;
}
