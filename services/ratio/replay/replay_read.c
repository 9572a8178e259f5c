/* One JSON object a line (Q1): what each event and ask must have is a table, by which events are also written. Knows
 * types, not rules: whether a number makes sense is for the rules to say. */
#include "services/ratio/replay/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 6

enum field_kind { FIELD_NUMBER, FIELD_RESULT, FIELD_SWITCH };

struct field {
    const char *name; /* NULL: no more */
    size_t at;        /* within struct rules_event */
    enum field_kind kind;
    bool optional;
};

struct shape {
    const char *name;
    struct field fields[FIELDS_MAX];
};

/* clang-format off */
#define NUMBER(name) {#name, offsetof(struct rules_event, name), FIELD_NUMBER, false}
#define OPTIONAL(name) {#name, offsetof(struct rules_event, name), FIELD_NUMBER, true}
#define SWITCH(name) {#name, offsetof(struct rules_event, name), FIELD_SWITCH, false}
#define KEEP(name) {#name, offsetof(struct rules_event, retention.name), FIELD_NUMBER, true}

static const struct shape events[RULES_EVENTS] = {
    [RULES_member] = {"member", {NUMBER(user)}},
    [RULES_backup] = {"backup", {NUMBER(backup), {"owner", offsetof(struct rules_event, user), FIELD_NUMBER, false}, NUMBER(redundancy)}},
    [RULES_redundancy] = {"redundancy", {NUMBER(backup), NUMBER(redundancy)}},
    [RULES_retention] = {"retention", {NUMBER(backup), KEEP(last), KEEP(daily), KEEP(weekly), KEEP(monthly), KEEP(within)}},
    [RULES_version] = {"version", {NUMBER(version), NUMBER(backup), NUMBER(size), OPTIONAL(depends_on)}},
    [RULES_delete_version] = {"delete_version", {NUMBER(version)}},
    [RULES_delete_backup] = {"delete_backup", {NUMBER(backup)}},
    [RULES_announce] = {"announce", {NUMBER(user), NUMBER(version), NUMBER(left)}},
    [RULES_dropped] = {"dropped", {NUMBER(user), NUMBER(version)}},
    [RULES_audit] = {"audit", {NUMBER(user), NUMBER(version), {"result", 0, FIELD_RESULT, false}}},
    [RULES_assign] = {"assign", {NUMBER(user), NUMBER(backup), NUMBER(points), OPTIONAL(expected_assigned)}},
    [RULES_move] = {"move", {NUMBER(user), NUMBER(from), NUMBER(to), NUMBER(points)}},
    [RULES_burn] = {"burn", {NUMBER(user), NUMBER(points)}},
    [RULES_grant] = {"grant", {NUMBER(user), NUMBER(points)}},
    [RULES_free_space] = {"free_space", {NUMBER(user), NUMBER(bytes)}},
    [RULES_suspended] = {"suspended", {NUMBER(user), SWITCH(suspended)}},
    [RULES_household] = {"household", {NUMBER(user), NUMBER(household)}},
    [RULES_tracker] = {"tracker", {SWITCH(up)}},
    [RULES_tick] = {"tick", {{0}}},
};

static const struct shape asks[REPLAY_ASKS] = {
    [REPLAY_profile] = {"profile", {NUMBER(user)}},
    [REPLAY_version] = {"version", {NUMBER(version)}},
    [REPLAY_queue] = {"queue", {{0}}},
    [REPLAY_offers] = {"offers", {NUMBER(user)}},
    [REPLAY_verdict] = {"verdict", {NUMBER(user), NUMBER(version), OPTIONAL(left)}},
    [REPLAY_check] = {"check", {{0}}},
};
/* clang-format on */

static const char *const results[RULES_RESULTS] = {
    [RULES_pass] = "pass",
    [RULES_fail] = "fail",
    [RULES_suspect] = "suspect",
    [RULES_busy] = "busy",
    [RULES_unreachable] = "unreachable",
};

static enum replay_read malformed(struct fault *why, const char *field, const char *what)
{
    fault_set(why, STATUS_invalid, field, "%s", what);
    return REPLAY_MALFORMED;
}

/* Q1: a number that is no integer of 64 bits is a refusal, anything else is malformed. */
static enum replay_read read_number(const json_t *value, const struct field *field, struct rules_event *event,
                                    struct fault *why)
{
    if (json_is_real(value)) {
        fault_set(why, STATUS_invalid, field->name, "\"%s\" is no whole number of 64 bits.", field->name);
        return REPLAY_REFUSED;
    }
    if (!json_is_integer(value)) {
        fault_set(why, STATUS_invalid, field->name, "\"%s\" is no number.", field->name);
        return REPLAY_MALFORMED;
    }
    *(int64_t *)((char *)event + field->at) = json_integer_value(value);
    return REPLAY_READ;
}

static enum replay_read read_result(const json_t *value, struct rules_event *event, struct fault *why)
{
    for (int i = 0; json_is_string(value) && i < RULES_RESULTS; i++)
        if (strcmp(json_string_value(value), results[i]) == 0) {
            event->result = (enum rules_result)i;
            return REPLAY_READ;
        }
    return malformed(why, "result", "\"result\" is none of pass, fail, suspect, busy, unreachable.");
}

static enum replay_read read_field(const json_t *object, const struct field *field, struct rules_event *event,
                                   struct fault *why)
{
    const json_t *value = json_object_get(object, field->name);
    if (value == NULL && field->optional)
        return REPLAY_READ;
    if (value == NULL) {
        fault_set(why, STATUS_invalid, field->name, "\"%s\" is missing.", field->name);
        return REPLAY_MALFORMED;
    }
    if (field->kind == FIELD_RESULT)
        return read_result(value, event, why);
    if (field->kind == FIELD_NUMBER)
        return read_number(value, field, event, why);
    if (!json_is_boolean(value)) {
        fault_set(why, STATUS_invalid, field->name, "\"%s\" is neither true nor false.", field->name);
        return REPLAY_MALFORMED;
    }
    *(bool *)((char *)event + field->at) = json_is_true(value);
    return REPLAY_READ;
}

/* What is malformed outdoes what is refused, wherever it stands. */
static enum replay_read read_fields(const json_t *object, const struct shape *shape, struct rules_event *event,
                                    struct fault *why)
{
    enum replay_read worst = REPLAY_READ;
    for (int i = 0; i < FIELDS_MAX && shape->fields[i].name != NULL; i++) {
        struct fault found;
        enum replay_read read = read_field(object, &shape->fields[i], event, &found);
        if (read > worst) {
            worst = read;
            *why = found;
        }
    }
    event->expects = json_object_get(object, "expected_assigned") != NULL;
    return worst;
}

static int shape_find(const struct shape *shapes, int count, const json_t *name)
{
    for (int i = 0; json_is_string(name) && i < count; i++)
        if (strcmp(json_string_value(name), shapes[i].name) == 0)
            return i;
    return -1;
}

static enum replay_read read_object(const json_t *object, struct replay_line *line, struct fault *why)
{
    const json_t *event = json_object_get(object, "event"), *ask = json_object_get(object, "ask");
    const json_t *at = json_object_get(object, "at");
    *line = (struct replay_line){.is_ask = ask != NULL, .event = {.left = 1}};
    if ((event == NULL) == (ask == NULL))
        return malformed(why, NULL, "It has not exactly one of \"event\" and \"ask\".");
    int kind = line->is_ask ? shape_find(asks, REPLAY_ASKS, ask) : shape_find(events, RULES_EVENTS, event);
    if (kind < 0)
        return malformed(why, NULL, line->is_ask ? "There is no such ask." : "There is no such event.");
    if (!json_is_integer(at) || json_integer_value(at) < 0 || json_integer_value(at) > RULES_AT_LAST)
        return malformed(why, "at", "\"at\" is no unix time in ms from 0 to 253402300799999.");
    const struct shape *shape = line->is_ask ? &asks[kind] : &events[kind];
    line->name = shape->name;
    line->event.at = json_integer_value(at);
    if (line->is_ask)
        line->ask = (enum replay_ask)kind;
    else
        line->event.kind = (enum rules_event_kind)kind;
    return read_fields(object, shape, &line->event, why);
}

/* A number too large for jansson becomes one that is no integer: it is refused where a field asks for it, and does no
 * harm where none does. */
static void tame_number(char *token, size_t size)
{
    char *text = strndup(token, size), *end;
    errno = 0;
    if (strpbrk(text, ".eE") == NULL)
        strtoll(text, &end, 10);
    else
        strtod(text, &end);
    if (errno == ERANGE && size >= 3) {
        memset(token, '0', size);
        memcpy(token, "0.5", 3);
    }
    free(text);
}

static bool in_number(char letter)
{
    return letter != '\0' && strchr("+-.0123456789eE", letter) != NULL;
}

static void tame_numbers(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"') {
            for (i++; i < size && text[i] != '"'; i++)
                i += text[i] == '\\';
        } else if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9')) {
            size_t begin = i;
            while (i + 1 < size && in_number(text[i + 1]))
                i++;
            tame_number(text + begin, i + 1 - begin);
        }
    }
}

enum replay_read replay_line_read(char *text, size_t size, struct replay_line *line, struct fault *why)
{
    json_error_t error;
    json_t *object = json_loadb(text, size, JSON_ALLOW_NUL, &error);
    if (object == NULL && json_error_code(&error) == json_error_numeric_overflow) {
        tame_numbers(text, size);
        object = json_loadb(text, size, JSON_ALLOW_NUL, &error);
    }
    enum replay_read read;
    if (!json_is_object(object))
        read = malformed(why, NULL, object == NULL ? error.text : "It is no JSON object.");
    else
        read = read_object(object, line, why);
    json_decref(object);
    return read;
}

/* What is optional is left out where it is what reading would take it for. */
static bool is_told(const struct field *field, const struct rules_event *event)
{
    if (field->at == offsetof(struct rules_event, expected_assigned))
        return event->expects;
    return !field->optional || *(const int64_t *)((const char *)event + field->at) != 0;
}

static void write_field(const struct field *field, const struct rules_event *event, FILE *out)
{
    const char *at = (const char *)event + field->at;
    fprintf(out, ",\"%s\":", field->name);
    if (field->kind == FIELD_RESULT)
        fprintf(out, "\"%s\"", results[event->result]);
    else if (field->kind == FIELD_SWITCH)
        fputs(*(const bool *)at ? "true" : "false", out);
    else
        fprintf(out, "%" PRId64, *(const int64_t *)at);
}

void replay_event_write(const struct rules_event *event, FILE *out)
{
    const struct shape *shape = &events[event->kind];
    fprintf(out, "{\"event\":\"%s\",\"at\":%" PRId64, shape->name, event->at);
    for (const struct field *field = shape->fields; field < shape->fields + FIELDS_MAX && field->name != NULL; field++)
        if (field->kind != FIELD_NUMBER || is_told(field, event))
            write_field(field, event, out);
    fputs("}\n", out);
}
