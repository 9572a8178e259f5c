/* Names go into addresses, logs and lists unescaped, so they are plain letters; two that differ only by case would be
 * taken for each other. Classes are the fixed list of migrations/0001_accounts.sql. */
#include "services/web/account.h"

static const struct {
    const char *name, *title;
    bool staff;
} classes[] = {
    {"member", "Member", false},
    {"power", "Power member", false},
    {"moderator", "Moderator", true},
    {"administrator", "Administrator", true},
};
#define CLASSES_COUNT (sizeof classes / sizeof *classes)

static bool is_mark(char c)
{
    return c == '-' || c == '_' || c == '.';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool account_name_good(struct slice name, struct fault *why)
{
    if (name.size < 2 || name.size > ACCOUNT_NAME_MAX)
        return fault_set(why, STATUS_invalid, "name", "A name has between 2 and %d letters.", ACCOUNT_NAME_MAX);
    for (size_t i = 0; i < name.size; i++)
        if (!is_letter(name.at[i]) && !is_mark(name.at[i]))
            return fault_set(why, STATUS_invalid, "name", "A name is made of a-z, 0-9, \"-\", \"_\" and \".\" only.");
    if (!is_letter(name.at[0]) || !is_letter(name.at[name.size - 1]))
        return fault_set(why, STATUS_invalid, "name", "A name begins and ends with a letter or digit.");
    return true;
}

void account_name_key(struct slice name, char into[ACCOUNT_NAME_MAX + 1])
{
    size_t size = name.size < ACCOUNT_NAME_MAX ? name.size : ACCOUNT_NAME_MAX;
    for (size_t i = 0; i < size; i++) {
        into[i] = name.at[i];
        if (into[i] >= 'A' && into[i] <= 'Z')
            into[i] |= 0x20;
    }
    into[size] = '\0';
}

static size_t class_find(struct slice class_name)
{
    size_t i = 0;
    while (i < CLASSES_COUNT && !slice_is(class_name, classes[i].name))
        i++;
    return i;
}

bool account_class_known(struct slice class_name)
{
    return class_find(class_name) < CLASSES_COUNT;
}

const char *account_class_title(struct slice class_name)
{
    size_t i = class_find(class_name);
    return i < CLASSES_COUNT ? classes[i].title : "Member";
}

bool account_class_is_staff(struct slice class_name)
{
    size_t i = class_find(class_name);
    return i < CLASSES_COUNT && classes[i].staff;
}
