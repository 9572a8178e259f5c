/* torrent add: finds the member, then adds the file on the member's behalf, missing fields filled from its name. */
#include "services/admin/torrent.h"
#include "services/admin/call.h"
#include "services/admin/json.h"
#include "services/admin/tell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX 10485760 /* proto/messages.def: catalog_torrent_add */

static uint64_t member_find(const char *name)
{
    struct fault why = {0};
    json_t *body = json_object();
    json_object_set_new(body, "name", json_string(name));
    json_t *reply = call("web.member.get", body, 0, &why);
    json_decref(body);
    if (reply == NULL)
        tell_fault(&why);
    uint64_t user = (uint64_t)json_integer_value(json_object_get(reply, "user"));
    json_decref(reply);
    return user;
}

static json_t *file_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        tell_wrong("%s cannot be read: %s.", path, strerror(errno));
    char *bytes = malloc(FILE_MAX + 1);
    size_t size = bytes != NULL ? fread(bytes, 1, FILE_MAX + 1, file) : 0;
    if (ferror(file) || size == 0)
        tell_wrong("%s cannot be read, or is empty.", path);
    if (size > FILE_MAX)
        tell_wrong("%s is larger than 10 MiB: no torrent file that this site accepts.", path);
    fclose(file);
    json_t *metainfo = json_object();
    json_object_set_new(metainfo, "hex", json_hex(bytes, size));
    free(bytes);
    return metainfo;
}

/* The form sends texts: a number that somebody wrote without quotes is one too. */
static json_t *as_text(json_t *value)
{
    char text[24];
    if (!json_is_integer(value))
        return json_incref(value);
    snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
    return json_string(text);
}

static json_t *fields_read_text(const char *text)
{
    json_error_t error;
    json_t *given = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(given))
        tell_wrong("--fields takes a JSON object of the form's fields, such as {\"year\": \"1999\"}.");
    json_t *fields = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(given, name, value)
    {
        json_object_set_new(fields, name, as_text(value));
    }
    json_decref(given);
    return fields;
}

/* People write an info-hash as hex, without a word about bytes. */
static void hash_plain(json_t *reply)
{
    json_t *hex = json_object_get(json_object_get(reply, "info_hash"), "hex");
    if (hex != NULL)
        json_object_set(reply, "info_hash", hex);
}

void run_torrent_add(const struct command *command)
{
    const char *member = command_option(command, "--member"), *plugin = command_option(command, "--plugin");
    const char *fields = command_option(command, "--fields");
    if (member == NULL || plugin == NULL)
        tell_wrong("Whose torrent, and which plugin's? %s %s", command->words, command->rest);
    struct fault why = {0};
    json_t *body = json_object();
    json_object_set_new(body, "plugin", json_string(plugin));
    json_object_set_new(body, "metainfo", file_read(command->given[0]));
    json_object_set_new(body, "guess", json_true());
    json_object_set_new(body, "member", json_string(member));
    if (fields != NULL)
        json_object_set_new(body, "fields", fields_read_text(fields));
    json_t *reply = call("catalog.torrent.add", body, member_find(member), &why);
    json_decref(body);
    if (reply == NULL)
        tell_fault(&why);
    hash_plain(reply);
    tell_reply(reply);
}
