/* Reading bencoding. Pure. One scanner both checks a value and finds where it ends; walking a container scans its
 * values again, which never recurses deeper than BENCODE_DEPTH_MAX. */
#include "services/common/bencode.h"

#include <assert.h>
#include <stdio.h>

struct scan {
    struct slice text;
    size_t at;
    const char *wrong; /* why the text at `at` is not bencoding */
};

static bool scan_value(struct scan *scan, unsigned depth, struct bencode *value);

static bool scan_fails(struct scan *scan, const char *wrong)
{
    scan->wrong = wrong;
    return false;
}

static int peek(const struct scan *scan)
{
    return scan->at < scan->text.size ? (unsigned char)scan->text.at[scan->at] : -1;
}

static bool is_digit(int letter)
{
    return letter >= '0' && letter <= '9';
}

/* Digits without a leading zero, up to `most`. */
static bool scan_digits(struct scan *scan, uint64_t most, uint64_t *value)
{
    if (!is_digit(peek(scan)))
        return scan_fails(scan, peek(scan) < 0 ? "it ends too early" : "a digit is missing");
    size_t start = scan->at;
    *value = 0;
    for (; is_digit(peek(scan)); scan->at++) {
        unsigned digit = (unsigned)peek(scan) - '0';
        if (*value > (most - digit) / 10)
            return scan_fails(scan, "a number is too large");
        *value = *value * 10 + digit;
    }
    if (scan->at - start > 1 && scan->text.at[start] == '0')
        return scan_fails(scan, "a number has a leading zero");
    return true;
}

static bool scan_integer(struct scan *scan, struct bencode *value)
{
    scan->at++;
    bool negative = peek(scan) == '-';
    scan->at += negative;
    uint64_t digits;
    if (!scan_digits(scan, (uint64_t)INT64_MAX + negative, &digits))
        return false;
    if (negative && digits == 0)
        return scan_fails(scan, "minus zero is no number");
    if (peek(scan) != 'e')
        return scan_fails(scan, "a number does not end");
    scan->at++;
    value->kind = BENCODE_integer;
    value->integer = negative ? (int64_t)(0 - digits) : (int64_t)digits;
    return true;
}

static bool scan_text(struct scan *scan, struct bencode *value)
{
    uint64_t size;
    if (!scan_digits(scan, INT64_MAX, &size))
        return false;
    if (peek(scan) != ':')
        return scan_fails(scan, "a text's length has no colon");
    scan->at++;
    if (size > scan->text.size - scan->at)
        return scan_fails(scan, "a text is cut off");
    value->kind = BENCODE_text;
    value->text = slice_of(scan->text.at + scan->at, size);
    scan->at += size;
    return true;
}

static bool scan_list(struct scan *scan, unsigned depth, struct bencode *value)
{
    scan->at++;
    struct bencode item;
    while (peek(scan) != 'e')
        if (!scan_value(scan, depth + 1, &item))
            return false;
    scan->at++;
    value->kind = BENCODE_list;
    return true;
}

static int compare(struct slice a, struct slice b)
{
    size_t shared = a.size < b.size ? a.size : b.size;
    int order = shared > 0 ? memcmp(a.at, b.at, shared) : 0;
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static bool scan_dict(struct scan *scan, unsigned depth, struct bencode *value)
{
    scan->at++;
    struct bencode key, item;
    struct slice before = {0};
    for (bool first = true; peek(scan) != 'e'; first = false) {
        size_t start = scan->at;
        if (peek(scan) >= 0 && !is_digit(peek(scan)))
            return scan_fails(scan, "a key is not a text");
        if (!scan_text(scan, &key))
            return false;
        if (!first && compare(before, key.text) >= 0) {
            scan->at = start;
            return scan_fails(scan, compare(before, key.text) == 0 ? "a key stands twice" : "keys are not sorted");
        }
        before = key.text;
        if (!scan_value(scan, depth + 1, &item))
            return false;
    }
    scan->at++;
    value->kind = BENCODE_dict;
    return true;
}

static bool scan_value(struct scan *scan, unsigned depth, struct bencode *value)
{
    size_t start = scan->at;
    int letter = peek(scan);
    bool good;
    *value = (struct bencode){0};
    if (depth >= BENCODE_DEPTH_MAX)
        return scan_fails(scan, "it nests too deep");
    if (letter == 'i')
        good = scan_integer(scan, value);
    else if (letter == 'l')
        good = scan_list(scan, depth, value);
    else if (letter == 'd')
        good = scan_dict(scan, depth, value);
    else if (is_digit(letter))
        good = scan_text(scan, value);
    else
        return scan_fails(scan, letter < 0 ? "it ends too early" : "no value starts with this");
    value->raw = slice_of(scan->text.at + start, scan->at - start);
    return good;
}

bool bencode_read(struct slice from, struct bencode *into, char reason[64])
{
    struct scan scan = {.text = from};
    bool good = scan_value(&scan, 0, into);
    if (good && scan.at < from.size)
        good = scan_fails(&scan, "something follows the value");
    if (good)
        return true;
    snprintf(reason, 64, "%s (byte %zu)", scan.wrong, scan.at);
    *into = (struct bencode){0};
    return false;
}

bool bencode_next(const struct bencode *container, size_t *place, struct slice *key, struct bencode *value)
{
    if (container->kind != BENCODE_list && container->kind != BENCODE_dict)
        return false;
    struct scan scan = {.text = container->raw, .at = *place > 0 ? *place : 1};
    if (scan.at + 1 >= container->raw.size)
        return false; /* only the closing "e" is left */
    struct bencode name = {0};
    bool good = (container->kind == BENCODE_list || scan_text(&scan, &name)) && scan_value(&scan, 1, value);
    assert(good); /* bencode_read has checked the whole */
    if (key != NULL)
        *key = name.text;
    *place = scan.at;
    return true;
}

struct bencode bencode_get(const struct bencode *dict, const char *key)
{
    struct slice wanted = slice_text(key), name;
    struct bencode value;
    size_t place = 0;
    if (dict->kind == BENCODE_dict)
        while (bencode_next(dict, &place, &name, &value) && compare(name, wanted) <= 0)
            if (slice_equal(name, wanted))
                return value;
    return (struct bencode){0};
}
