/* memcpy, memmove and memcmp of the static binary on x86-64.
 *
 * To copy, musl takes single bytes to an aligned address and then `rep movsq`, which is slow to
 * begin; to compare, it takes single bytes throughout. Nearly all copies of a render are small, and
 * the memory.copy of components ends here, too: with these, renders take a fifth less processor
 * time. In C, since a program in Rust that defines memcpy needs unsafe code, and a compiler that
 * does not make a call of memcpy out of it.
 *
 * Each copy reads all that it may overwrite before it writes. No function reads a byte outside of
 * what it is given. tests/native/memory_check.c compares them with the system's. */

#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>

/* The test gives them other names. */
#ifndef NAME
#define NAME(name) name
#endif

/* From here on `rep movsb` is as fast as processors copy. */
#define LARGE 2048

#define LOAD(from) _mm_loadu_si128((const __m128i *)(from))
#define STORE(to, value) _mm_storeu_si128((__m128i *)(to), value)

/* 64 bytes, from four values. */
#define STORE_64(to, w, x, y, z) \
    do {                         \
        STORE(to, w);            \
        STORE((to) + 16, x);     \
        STORE((to) + 32, y);     \
        STORE((to) + 48, z);     \
    } while (0)

/* The first and the last bytes of a number of them, which meet or overlap. */
#define ENDS(type)                                        \
    do {                                                  \
        type first, last;                                 \
        __builtin_memcpy(&first, s, sizeof first);        \
        __builtin_memcpy(&last, s + n - sizeof last, sizeof last); \
        __builtin_memcpy(d, &first, sizeof first);        \
        __builtin_memcpy(d + n - sizeof last, &last, sizeof last); \
    } while (0)

static inline void small(unsigned char *d, const unsigned char *s, size_t n) {
    if (n >= 16) {
        __m128i first = LOAD(s), last = LOAD(s + n - 16);
        STORE(d, first);
        STORE(d + n - 16, last);
    } else if (n >= 8) {
        ENDS(uint64_t);
    } else if (n >= 4) {
        ENDS(uint32_t);
    } else if (n >= 2) {
        ENDS(uint16_t);
    } else if (n == 1) {
        *d = *s;
    }
}

static inline void block(unsigned char *d, const unsigned char *s) {
    __m128i a = LOAD(s), b = LOAD(s + 16), c = LOAD(s + 32), e = LOAD(s + 48);
    STORE_64(d, a, b, c, e);
}

static inline void *copy(void *dest, const void *src, size_t n, int may_overlap) {
    unsigned char *d = dest;
    const unsigned char *s = src;
    if (n <= 32) {
        small(d, s, n);
        return dest;
    }
    if (n <= 64) {
        __m128i a = LOAD(s), b = LOAD(s + 16), y = LOAD(s + n - 32), z = LOAD(s + n - 16);
        STORE(d, a);
        STORE(d + 16, b);
        STORE(d + n - 32, y);
        STORE(d + n - 16, z);
        return dest;
    }
    __m128i a = LOAD(s), b = LOAD(s + 16), c = LOAD(s + 32), e = LOAD(s + 48);
    __m128i w = LOAD(s + n - 64), x = LOAD(s + n - 48), y = LOAD(s + n - 32), z = LOAD(s + n - 16);
    if (n > 128) {
        if (!may_overlap && n >= LARGE) {
            __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
            return dest;
        }
        if (may_overlap && (uintptr_t)d - (uintptr_t)s < n) {
            /* It begins within what is copied: from the end. */
            for (size_t left = n; left > 64; left -= 64) block(d + left - 64, s + left - 64);
            STORE_64(d, a, b, c, e);
            return dest;
        }
        for (size_t at = 0; n - at > 64; at += 64) block(d + at, s + at);
    } else {
        STORE_64(d, a, b, c, e);
    }
    STORE_64(d + n - 64, w, x, y, z);
    return dest;
}

void *NAME(memcpy)(void *restrict d, const void *restrict s, size_t n) { return copy(d, s, n, 0); }

void *NAME(memmove)(void *d, const void *s, size_t n) { return copy(d, s, n, 1); }

/* Which of two words is first in memory order, which are not equal. */
static inline int order(uint64_t a, uint64_t b) { return __builtin_bswap64(a) < __builtin_bswap64(b) ? -1 : 1; }

/* The word at an address. */
#define WORD(type, from)                              \
    ({                                                \
        type word;                                    \
        __builtin_memcpy(&word, from, sizeof word);   \
        (uint64_t) word;                              \
    })

/* Looks at two words, and ends where they differ. */
#define DIFFER(type, at)                                             \
    do {                                                             \
        uint64_t x = WORD(type, a + (at)), y = WORD(type, b + (at)); \
        if (x != y) return order(x, y);                              \
    } while (0)

/* Looks at 16 bytes of both, and ends where they differ. */
#define DIFFER_16(at)                                                                       \
    do {                                                                                    \
        int same = _mm_movemask_epi8(_mm_cmpeq_epi8(LOAD(a + (at)), LOAD(b + (at))));       \
        if (same != 0xffff) {                                                               \
            size_t place = (at) + (size_t)__builtin_ctz(~(unsigned)same);                   \
            return (int)a[place] - (int)b[place];                                           \
        }                                                                                   \
    } while (0)

int NAME(memcmp)(const void *left, const void *right, size_t n) {
    const unsigned char *a = left, *b = right;
    if (n >= 16) {
        for (size_t at = 0; n - at > 16; at += 16) DIFFER_16(at);
        DIFFER_16(n - 16);
    } else if (n >= 8) {
        DIFFER(uint64_t, 0);
        DIFFER(uint64_t, n - 8);
    } else if (n >= 4) {
        DIFFER(uint32_t, 0);
        DIFFER(uint32_t, n - 4);
    } else {
        for (size_t at = 0; at < n; at++) {
            if (a[at] != b[at]) return (int)a[at] - (int)b[at];
        }
    }
    return 0;
}

/* Where only equality is asked for. */
int NAME(bcmp)(const void *left, const void *right, size_t n) { return NAME(memcmp)(left, right, n); }
