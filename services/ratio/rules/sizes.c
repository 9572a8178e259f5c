/* The queued versions of one tier, by size: is there an item small enough, and which is the smallest (Q17, Q24). A
 * treap whose nodes are the versions themselves; priorities are the handles, well mixed, so that its shape says
 * nothing. */
#include "services/ratio/rules/state.h"

static uint32_t priority(uint32_t handle)
{
    uint32_t mixed = (handle ^ handle >> 16) * 0x7feb352du;
    mixed = (mixed ^ mixed >> 15) * 0x846ca68bu;
    return mixed ^ mixed >> 16;
}

static bool is_less(const struct rules *r, int64_t size, uint32_t handle, uint32_t than)
{
    const struct version *other = version_at(r, than);
    return size != other->size ? size < other->size : handle < than;
}

/* Parts the tree into what comes before the version and what comes after. */
static void split(const struct rules *r, uint32_t tree, uint32_t handle, uint32_t *before, uint32_t *after)
{
    int64_t size = version_at(r, handle)->size;
    while (tree != 0) {
        struct version *node = version_at(r, tree);
        if (is_less(r, size, handle, tree)) {
            *after = tree;
            after = &node->left;
            tree = node->left;
        } else {
            *before = tree;
            before = &node->right;
            tree = node->right;
        }
    }
    *before = *after = 0;
}

static uint32_t join(const struct rules *r, uint32_t before, uint32_t after)
{
    uint32_t root = 0, *into = &root;
    while (before != 0 && after != 0) {
        if (priority(before) > priority(after)) {
            *into = before;
            into = &version_at(r, before)->right;
            before = *into;
        } else {
            *into = after;
            into = &version_at(r, after)->left;
            after = *into;
        }
    }
    *into = before != 0 ? before : after;
    return root;
}

void sizes_add(struct rules *r, int tier, uint32_t handle)
{
    struct version *added = version_at(r, handle);
    uint32_t *at = &r->sizes[tier];
    while (*at != 0 && priority(*at) > priority(handle))
        at = is_less(r, added->size, handle, *at) ? &version_at(r, *at)->left : &version_at(r, *at)->right;
    split(r, *at, handle, &added->left, &added->right);
    *at = handle;
    r->sizes_count[tier]++;
}

void sizes_remove(struct rules *r, int tier, uint32_t handle)
{
    struct version *removed = version_at(r, handle);
    uint32_t *at = &r->sizes[tier];
    while (*at != handle)
        at = is_less(r, removed->size, handle, *at) ? &version_at(r, *at)->left : &version_at(r, *at)->right;
    *at = join(r, removed->left, removed->right);
    removed->left = removed->right = 0;
    r->sizes_count[tier]--;
}

uint32_t sizes_after(const struct rules *r, int tier, int64_t size, uint32_t handle)
{
    uint32_t found = 0;
    for (uint32_t at = r->sizes[tier]; at != 0;) {
        const struct version *node = version_at(r, at);
        if (is_less(r, size, handle, at)) {
            found = at;
            at = node->left;
        } else {
            at = node->right;
        }
    }
    return found;
}
