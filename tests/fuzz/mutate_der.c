/* SPDX-License-Identifier: MIT
 *
 * Mutation of DER (mutate_der.h).
 */
#include "tests/fuzz/mutate_der.h"

#include <stdbool.h>
#include <string.h>

enum { NODES_MAX = 1024, ROOT = -1, HEADER_MAX = 5 };

/* A value in its place: [at, contents) is its header. */
struct node {
    size_t at, contents, end;
    int parent;
};

struct tree {
    struct node node[NODES_MAX];
    int num;
};

static unsigned
draw(unsigned *state, unsigned below)
{
    *state = *state * 1103515245u + 12345u;
    return (*state >> 8) % below;
}

/* The value at `at`, which ends at or before `end`. */
static bool
read_node(struct node *out, const uint8_t *data, size_t at, size_t end)
{
    if (end - at < 2)
        return false;
    size_t len = data[at + 1], contents = at + 2;
    if (len >= 0x80) {
        size_t width = len & 0x7f;
        if (width == 0 || width > 3 || end - contents < width)
            return false;
        len = 0;
        for (size_t i = 0; i < width; i++)
            len = len << 8 | data[contents++];
    }
    out->at = at;
    out->contents = contents;
    out->end = contents + len;
    return len <= end - contents;
}

/* Whether values fill [at, end) to the byte. */
static bool
is_tree(const uint8_t *data, size_t at, size_t end)
{
    struct node n;
    for (; at < end; at = n.end)
        if (!read_node(&n, data, at, end))
            return false;
    return true;
}

/* The values of [at, end), and then those inside them, an OCTET STRING that holds values included (extensions). */
static void
read_tree(struct tree *t, const uint8_t *data, size_t end)
{
    t->num = 0;
    size_t at = 0, stop = end;
    for (int parent = ROOT; parent < t->num; parent++) {
        if (parent != ROOT) {
            const struct node *p = &t->node[parent];
            if (((data[p->at] & 0x20) == 0 && data[p->at] != 0x04) || !is_tree(data, p->contents, p->end))
                continue;
            at = p->contents;
            stop = p->end;
        }
        while (at < stop && t->num < NODES_MAX && read_node(&t->node[t->num], data, at, stop)) {
            t->node[t->num].parent = parent;
            at = t->node[t->num++].end;
        }
    }
}

static size_t
put_header(uint8_t *out, uint8_t tag, size_t len)
{
    size_t n = 0;
    out[n++] = tag;
    if (len >= 0x80) {
        unsigned width = len > 0xffff ? 3 : len > 0xff ? 2 : 1;
        out[n++] = (uint8_t)(0x80 | width);
        while (width-- > 0)
            out[n++] = (uint8_t)(len >> 8 * width);
    } else {
        out[n++] = (uint8_t)len;
    }
    return n;
}

/* In `data`, `fresh` takes the place of what the value `which` was; the lengths of the values around it follow. */
static size_t
replace(const struct tree *t, int which, uint8_t *data, size_t len, size_t max, const uint8_t *fresh, size_t fresh_len)
{
    static uint8_t part[2][3 * MUTATE_DER_MAX + NODES_MAX * HEADER_MAX];
    unsigned now = 0;
    size_t at = t->node[which].at, end = t->node[which].end, part_len = fresh_len;
    memcpy(part[now], fresh, fresh_len);
    for (int p = t->node[which].parent; p != ROOT; p = t->node[p].parent) {
        const struct node *n = &t->node[p];
        uint8_t *out = part[!now];
        size_t before = at - n->contents, behind = n->end - end;
        size_t header = put_header(out, data[n->at], before + part_len + behind);
        memcpy(out + header, data + n->contents, before);
        memcpy(out + header + before, part[now], part_len);
        memcpy(out + header + before + part_len, data + end, behind);
        part_len += header + before + behind;
        at = n->at;
        end = n->end;
        now = !now;
    }
    if (at + part_len + (len - end) > max)
        return len;
    memmove(data + at + part_len, data + end, len - end);
    memcpy(data + at, part[now], part_len);
    return at + part_len + (len - end);
}

/* What takes the place of the value `n`, with its header, into `fresh`; `other` is one from elsewhere. Its length. */
static size_t
draw_value(uint8_t *fresh, const uint8_t *data, const struct node *n, const struct node *other, unsigned *state)
{
    size_t whole = n->end - n->at, inside = n->end - n->contents, others = other->end - other->at, header;
    switch (draw(state, 8)) {
    case 0: /* none */
        return 0;
    case 1: /* itself twice */
        memcpy(fresh, data + n->at, whole);
        memcpy(fresh + whole, data + n->at, whole);
        return 2 * whole;
    case 2: /* the other */
        memcpy(fresh, data + other->at, others);
        return others;
    case 3: /* the other, and itself */
        memcpy(fresh, data + other->at, others);
        memcpy(fresh + others, data + n->at, whole);
        return others + whole;
    case 4: /* itself as another type */
        memcpy(fresh, data + n->at, whole);
        fresh[0] = draw(state, 2) == 0 ? data[other->at] : (uint8_t)draw(state, 256);
        return whole;
    default: /* itself with other contents */
        memcpy(fresh + HEADER_MAX, data + n->contents, inside);
        inside = LLVMFuzzerMutate(fresh + HEADER_MAX, inside, inside + 128);
        header = put_header(fresh, data[n->at], inside);
        memmove(fresh + header, fresh + HEADER_MAX, inside);
        return header + inside;
    }
}

size_t
mutate_der(uint8_t *data, size_t len, size_t max, unsigned seed)
{
    static struct tree tree;
    static uint8_t fresh[2 * MUTATE_DER_MAX];
    unsigned state = seed;
    tree.num = 0;
    if (len <= MUTATE_DER_MAX)
        read_tree(&tree, data, len);
    if (tree.num == 0 || draw(&state, 4) == 0)
        return LLVMFuzzerMutate(data, len, max);
    int which = (int)draw(&state, (unsigned)tree.num);
    const struct node *other = &tree.node[draw(&state, (unsigned)tree.num)];
    size_t fresh_len = draw_value(fresh, data, &tree.node[which], other, &state);
    return replace(&tree, which, data, len, max, fresh, fresh_len);
}
