/* Compares host/cli/native/copy.c with the system's functions: every small size, larger ones in
 * steps, at every alignment, apart and overlapping either way. */

#define NAME(name) our_##name
#include "../../host/cli/native/copy.c"

#include <stdio.h>
#include <string.h>

enum { ROOM = 9000, MIDDLE = 3000 };

static unsigned char theirs[ROOM], ours[ROOM], source[ROOM];

static void fill(unsigned seed) {
    for (unsigned i = 0; i < ROOM; i++) {
        seed = seed * 1664525u + 1013904223u;
        theirs[i] = ours[i] = (unsigned char)(seed >> 24);
        source[i] = (unsigned char)(seed >> 16);
    }
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
    printf("%u copies are equal\n", checked);
    return 0;
}
