/* SPDX-License-Identifier: MIT
 *
 * STACK_OF(): a list of pointers.
 */
#include "core/base/memory.h"
#include "core/ssl/view.h"

#include <limits.h>

struct tvt_stack {
    const void **value;
    int num, cap;
};

struct tvt_stack *
tvt_stack_new(void)
{
    return tvt_alloc(NULL, sizeof(struct tvt_stack));
}

int
tvt_stack_num(const struct tvt_stack *stack)
{
    return stack != NULL ? stack->num : -1;
}

void *
tvt_stack_value(const struct tvt_stack *stack, int index)
{
    return stack != NULL && index >= 0 && index < stack->num ? (void *)(uintptr_t)stack->value[index] : NULL;
}

int
tvt_stack_push(struct tvt_stack *stack, const void *value)
{
    if (stack == NULL || stack->num >= INT_MAX / 4)
        return 0;
    if (stack->num == stack->cap) {
        int cap = stack->cap > 0 ? stack->cap * 2 : 4;
        const void **more = tvt_alloc(NULL, (size_t)cap * sizeof *more);
        if (more == NULL)
            return 0;
        tvt_copy(more, stack->value, (size_t)stack->num * sizeof *more);
        tvt_release(NULL, stack->value, (size_t)stack->cap * sizeof *more);
        stack->value = more;
        stack->cap = cap;
    }
    stack->value[stack->num++] = value;
    return stack->num;
}

void *
tvt_stack_pop(struct tvt_stack *stack)
{
    return stack != NULL && stack->num > 0 ? (void *)(uintptr_t)stack->value[--stack->num] : NULL;
}

void
tvt_stack_free(struct tvt_stack *stack)
{
    if (stack == NULL)
        return;
    tvt_release(NULL, stack->value, (size_t)stack->cap * sizeof *stack->value);
    tvt_release(NULL, stack, sizeof *stack);
}
