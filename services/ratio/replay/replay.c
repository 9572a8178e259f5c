/* Line after line, until the input ends or one is malformed. */
#include "services/ratio/replay/replay.h"

#include "services/common/arena.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_ROOM (4 * REPLAY_LINE_MAX)

struct input {
    FILE *from;
    char *at;
    size_t begin, end;
    bool over;
};

/* The next line without its end; false: there is none. A line that does not fit is cut one byte past what is allowed.
 */
static bool input_line(struct input *input, char **text, size_t *size)
{
    for (;;) {
        char *begin = input->at + input->begin;
        size_t rest = input->end - input->begin;
        char *end = memchr(begin, '\n', rest);
        if (end != NULL || rest > REPLAY_LINE_MAX || (input->over && rest > 0)) {
            *text = begin;
            *size = end != NULL ? (size_t)(end - begin) : rest;
            input->begin += *size + (end != NULL);
            return true;
        }
        if (input->over)
            return false;
        memmove(input->at, begin, rest);
        input->begin = 0;
        size_t got = fread(input->at + rest, 1, INPUT_ROOM - rest, input->from);
        input->end = rest + got;
        input->over = got < INPUT_ROOM - rest;
    }
}

static enum replay_read read_line(char *text, size_t size, int64_t last, struct replay_line *line, struct fault *why)
{

    if (size > REPLAY_LINE_MAX) {
        fault_set(why, STATUS_too_large, NULL, "It is longer than %d bytes.", REPLAY_LINE_MAX);
        return REPLAY_MALFORMED;
    }
    enum replay_read read = replay_line_read(text, size, line, why);
    if (read != REPLAY_MALFORMED && line->event.at < last) {
        fault_set(why, STATUS_invalid, "at", "Its time is before that of the line before.");
        return REPLAY_MALFORMED;
    }
    return read;
}

static bool obey(struct rules *rules, const struct replay_line *line, FILE *out, struct fault *why)
{
    if (!line->is_ask)
        return rules_apply(rules, &line->event, why);
    rules_advance(rules, line->event.at);
    return replay_answer(rules, line, out, why);
}

int replay_run(const struct rules_settings *settings, FILE *in, FILE *out, FILE *err)
{
    struct rules *rules = rules_new(settings);
    struct input input = {.from = in, .at = mem_take(INPUT_ROOM)};
    struct replay_line line;
    struct fault why;
    char *text;
    size_t size;
    int64_t last = 0;
    enum replay_read read = REPLAY_READ;
    for (uint64_t number = 1; read != REPLAY_MALFORMED && input_line(&input, &text, &size); number++) {
        read = read_line(text, size, last, &line, &why);
        if (read == REPLAY_MALFORMED) {
            fprintf(err, "line %" PRIu64 ": %s\n", number, why.text);
            break;
        }
        last = line.event.at;
        if (read == REPLAY_REFUSED || !obey(rules, &line, out, &why))
            replay_refuse(&line, number, &why, out);
    }
    free(input.at);
    rules_destroy(&rules);
    if (fflush(out) != 0 || ferror(out))
        return 1;
    return read == REPLAY_MALFORMED ? 2 : 0;
}

int replay_main(int argc, char **argv)
{
    struct rules_settings settings = rules_settings_standard();
    struct fault why = {0};
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--set") != 0 || i + 1 == argc) {
            fprintf(stderr, "usage: djembe-ratio --replay [--set name=value ...] < history\n");
            return 2;
        }
        if (!rules_settings_set(&settings, argv[i + 1], &why)) {
            fprintf(stderr, "%s\n", why.text);
            return 2;
        }
    }
    return replay_run(&settings, stdin, stdout, stderr);
}
