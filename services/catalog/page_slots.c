/* The places that a plugin has for units, and who takes them. Room is counted for each edition by itself: a director's
 * cut takes nothing from the theatrical one. */
#include "services/catalog/page.h"

static bool slot_holds(const struct slot *slot, const struct plugin *plugin, const struct values *values)
{
    for (size_t i = 0; i < sizeof slot->values / sizeof *slot->values && slot->values[i].attribute != NULL; i++)
        if (!slice_is(plugin_value(plugin, values, slot->values[i].attribute), slot->values[i].value))
            return false;
    return true;
}

/* How many of one edition the slot holds. */
static unsigned taken_by(const struct slot *slot, const struct shelf_group *group, uint64_t edition)
{
    unsigned count = 0;
    for (size_t e = 0; e < group->editions_count; e++)
        for (size_t u = 0; u < group->editions[e].units_count; u++) {
            const struct shelf_unit *unit = &group->editions[e].units[u];
            count += unit->edition == edition && slot_holds(slot, group->plugin, &unit->values);
        }
    return count;
}

static void slot_write(struct tree_writer *tree, const struct shelf_group *group, const struct slot *slot)
{
    unsigned most = 0;
    tree_map(tree, NULL);
    tree_text(tree, "title", slice_text(slot->title));
    tree_count(tree, "room", slot->room);
    tree_array(tree, "taken");
    for (size_t e = 0; e < group->editions_count; e++)
        for (size_t u = 0; u < group->editions[e].units_count; u++) {
            const struct shelf_unit *unit = &group->editions[e].units[u];
            if (!slot_holds(slot, group->plugin, &unit->values))
                continue;
            unsigned taken = taken_by(slot, group, unit->edition);
            most = taken > most ? taken : most;
            tree_map(tree, NULL);
            tree_text(tree, "title", unit->title);
            tree_text(tree, "href", unit->href);
            tree_flag(tree, "surplus", taken > slot->room);
            tree_end(tree);
        }
    tree_end(tree);
    tree_text(tree, "state", slice_text(most == 0 ? "Empty" : most < slot->room ? "Occupied" : "Full"));
    tree_end(tree);
}

void page_slots(struct tree_writer *tree, const struct shelf_group *group)
{
    tree_array(tree, "slots");
    for (const struct slot *slot = group->plugin->slots; slot != NULL && slot->title != NULL; slot++)
        slot_write(tree, group, slot);
    tree_end(tree);
}
