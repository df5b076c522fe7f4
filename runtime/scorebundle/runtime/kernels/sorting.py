"""A heap of the smallest numbers and a sort, with the items that belong to them.

Both follow scikit-learn's step by step (utils/_heap, utils/_sorting): among equal numbers it is
the order of steps that decides which stay and which come first.
"""

from __future__ import annotations

from .native import inline, item_f8, item_i8, load_f8, load_i8, set_f8, set_i8, store_i8

SMALL = 15


@inline
def put(values: int, items: int, at: int, number: float, item: int) -> None:
    set_f8(values, at, number)
    set_i8(items, at, item)


@inline
def swap(values: int, items: int, a: int, b: int) -> None:
    number, item = item_f8(values, a), item_i8(items, a)
    put(values, items, a, item_f8(values, b), item_i8(items, b))
    put(values, items, b, number, item)


@inline
def heap_push(values: int, items: int, size: int, number: float, item: int) -> None:
    """Replace the largest number of a heap by a smaller one."""
    at = 0
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and item_f8(values, child) < item_f8(values, child + 1):
            child += 1
        largest = item_f8(values, child)
        if not number < largest:
            break
        put(values, items, at, largest, item_i8(items, child))
        at = child
    put(values, items, at, number, item)


@inline
def insertion_sort(values: int, items: int, n: int) -> None:
    for i in range(1, n):
        number, item = item_f8(values, i), item_i8(items, i)
        j = i
        while j > 0 and item_f8(values, j - 1) > number:
            put(values, items, j, item_f8(values, j - 1), item_i8(items, j - 1))
            j -= 1
        put(values, items, j, number, item)


@inline
def sift_down(values: int, items: int, start: int, end: int) -> None:
    root = start
    while True:
        child, largest = 2 * root + 1, root
        if child < end and item_f8(values, largest) < item_f8(values, child):
            largest = child
        if child + 1 < end and item_f8(values, largest) < item_f8(values, child + 1):
            largest = child + 1
        if largest == root:
            return
        swap(values, items, root, largest)
        root = largest


@inline
def heap_sort(values: int, items: int, n: int) -> None:
    start = (n - 2) // 2
    while start >= 0:
        sift_down(values, items, start, n)
        start -= 1
    end = n - 1
    while end > 0:
        swap(values, items, 0, end)
        sift_down(values, items, 0, end)
        end -= 1


@inline
def partition(values: int, items: int, n: int) -> int:
    """Split at the median of first, middle and last; returns where that is now."""
    last, middle = n - 1, n // 2
    if load_f8(values) > item_f8(values, last):
        swap(values, items, 0, last)
    if item_f8(values, last) > item_f8(values, middle):
        swap(values, items, last, middle)
        if load_f8(values) > item_f8(values, last):
            swap(values, items, 0, last)
    pivot = item_f8(values, last)
    i, j = 1, n - 2
    while True:
        while i <= j and item_f8(values, i) < pivot:
            i += 1
        while i <= j and item_f8(values, j) > pivot:
            j -= 1
        if i >= j:
            break
        swap(values, items, i, j)
        i += 1
        j -= 1
    swap(values, items, i, last)
    return i


@inline
def introsort(values: int, items: int, n: int, stack: int) -> None:
    """Sort numbers with their items; `stack` has room for `codes.WAITING` bytes."""
    depth, size = 0, n
    while size > 1:
        depth, size = depth + 2, size >> 1
    top = 0
    base, left = 0, depth
    while True:
        while n > SMALL:
            a, b = values + 8 * base, items + 8 * base
            if left <= 0:
                heap_sort(a, b, n)
                n = 0
                break
            left -= 1
            middle = partition(a, b, n)
            store_i8(stack + 24 * top, base + middle + 1)
            store_i8(stack + 24 * top + 8, n - middle - 1)
            store_i8(stack + 24 * top + 16, left)
            top += 1
            n = middle
        insertion_sort(values + 8 * base, items + 8 * base, n)
        if top == 0:
            return
        top -= 1
        base, n = load_i8(stack + 24 * top), load_i8(stack + 24 * top + 8)
        left = load_i8(stack + 24 * top + 16)
