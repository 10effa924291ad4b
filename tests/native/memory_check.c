/* Compares host/cli/native/memory.c with the system's functions: every small size, larger ones in
 * steps, at every alignment; copies apart and overlapping either way, texts that differ at every
 * place, next to memory that nobody may read. */

#define _DEFAULT_SOURCE
#define NAME(name) our_##name
#include "../../host/cli/native/memory.c"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROOM = 9000, MIDDLE = 3000 };

static unsigned char theirs[ROOM], ours[ROOM], source[ROOM];

static void fill(unsigned seed) {
    for (unsigned i = 0; i < ROOM; i++) {
        seed = seed * 1664525u + 1013904223u;
        theirs[i] = ours[i] = (unsigned char)(seed >> 24);
        source[i] = (unsigned char)(seed >> 16);
    }
}

static int sign(int value) { return (value > 0) - (value < 0); }

/* Two texts that end where their pages end, equal or with one difference. */
static unsigned compare_texts(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *pages[2];
    for (int side = 0; side < 2; side++) {
        pages[side] = mmap(0, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages[side] == MAP_FAILED || mprotect(pages[side] + page, page, PROT_NONE)) return 0;
    }
    unsigned checked = 0;
    fill(7);
    for (size_t n = 0; n < 200; n++) {
        unsigned char *a = pages[0] + page - n, *b = pages[1] + page - n;
        for (size_t place = 0; place <= n; place++) {
            memcpy(a, source, n);
            memcpy(b, source, n);
            if (place < n) b[place] ^= 1 << (place % 8);
            /* What comes after the first difference does not count. */
            if (place + 1 < n) b[place + 1] ^= 0xff;
            int expected = sign(memcmp(a, b, n));
            if (sign(our_memcmp(a, b, n)) != expected || !our_bcmp(a, b, n) != !expected) {
                printf("memcmp of %zu bytes that differ at %zu\n", n, place);
                return 0;
            }
            checked++;
        }
    }
    return checked;
}

int main(void) {
    unsigned checked = 0;
    for (size_t n = 0; n < 2700; n += n < 300 ? 1 : 37) {
        for (int at = 0; at < 17; at += n < 40 ? 1 : 5) {
            fill((unsigned)n);
            memcpy(theirs + MIDDLE + at, source + at * 3, n);
            void *to = our_memcpy(ours + MIDDLE + at, source + at * 3, n);
            if (to != ours + MIDDLE + at || memcmp(theirs, ours, ROOM)) {
                printf("memcpy of %zu bytes at %d\n", n, at);
                return 1;
            }
            checked++;
        }
        for (int by = -420; by <= 420; by += n < 140 ? 7 : 35) {
            fill((unsigned)n + 1);
            memmove(theirs + MIDDLE + by, theirs + MIDDLE, n);
            void *to = our_memmove(ours + MIDDLE + by, ours + MIDDLE, n);
            if (to != ours + MIDDLE + by || memcmp(theirs, ours, ROOM)) {
                printf("memmove of %zu bytes by %d\n", n, by);
                return 1;
            }
            checked++;
        }
    }
    unsigned compared = compare_texts();
    if (!compared) return 1;
    printf("%u copies and %u comparisons are equal\n", checked, compared);
    return 0;
}
