/* The address of a file holds the hash of its content: a browser may keep it for a year, and a new version has a new
 * address. */
#include "services/web/assets.h"

#include "services/common/arena.h"
#include "services/common/embed.h"
#include "services/common/encode.h"

#include <openssl/sha.h>
#include <stdlib.h>

extern const struct embedded web_static[];
extern const size_t web_static_count;

#define ASSETS_MAX 64
static struct asset assets[ASSETS_MAX];
static size_t assets_count;

static const char *type_of(struct slice name)
{
    static const struct {
        const char *end, *type;
    } types[] = {
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t size = strlen(types[i].end);
        if (name.size > size && memcmp(name.at + name.size - size, types[i].end, size) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

void assets_start(void)
{
    for (size_t i = 0; i < web_static_count && assets_count < ASSETS_MAX; i++) {
        struct asset *asset = &assets[assets_count++];
        unsigned char hash[SHA256_DIGEST_LENGTH];
        asset->name = slice_text(web_static[i].path);
        asset->body = slice_of(web_static[i].at, web_static[i].size);
        asset->type = type_of(asset->name);
        SHA256((const unsigned char *)asset->body.at, asset->body.size, hash);
        hex_write(slice_of(hash, 8), asset->hash);
    }
}

const struct asset *assets_find(struct slice name)
{
    for (size_t i = 0; i < assets_count; i++)
        if (slice_equal(assets[i].name, name))
            return &assets[i];
    return NULL;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void assets_write(struct tree_writer *out)
{
    for (size_t i = 0; i < assets_count; i++) {
        char *key = mem_text(assets[i].name);
        for (size_t k = 0; key[k] != '\0'; k++)
            if (!is_letter(key[k]))
                key[k] = '_';
        tree_print(out, key, "/static/%.*s?v=%s", SLICE_ARGS(assets[i].name), assets[i].hash);
        free(key);
    }
}
