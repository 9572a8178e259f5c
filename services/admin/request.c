/* member add, invite, bus: one request each. */
#include "services/admin/request.h"
#include "services/admin/call.h"
#include "services/admin/tell.h"

static void ask(const char *method, json_t *body)
{
    struct fault why = {0};
    json_t *reply = call(method, body, 0, &why);
    json_decref(body);
    if (reply == NULL)
        tell_fault(&why);
    tell_reply(reply);
}

static void set_text(json_t *body, const char *name, const char *value)
{
    if (value != NULL && json_object_set_new(body, name, json_string(value)) != 0)
        tell_wrong("The %s is not UTF-8.", name);
}

void run_member_add(const struct command *command)
{
    json_t *body = json_object();
    set_text(body, "name", command->given[0]);
    set_text(body, "class", command_option(command, "--class"));
    set_text(body, "password", command_option(command, "--password"));
    ask("web.member.add", body);
}

void run_invite(const struct command *command)
{
    json_t *body = json_object();
    set_text(body, "class", command_option(command, "--class"));
    ask("web.invite.add", body);
}

void run_bus(const struct command *command)
{
    json_error_t error;
    json_t *body = json_loads(command->given[1] != NULL ? command->given[1] : "{}", JSON_REJECT_DUPLICATES, &error);
    if (body == NULL)
        tell_wrong("That is not JSON: %s at letter %d.", error.text, error.position);
    if (!json_is_object(body))
        tell_wrong("A request is a JSON object: {\"name\": value, …}.");
    ask(command->given[0], body);
}
