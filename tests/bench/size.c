/* SPDX-License-Identifier: MIT
 *
 * The size of a client that is linked with one backend and stripped, without the crypto library: the programs that the
 * build made of client.c.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/bench/bench.h"

#include <elf.h>
#include <string.h>

#if UINTPTR_MAX > UINT32_MAX
typedef Elf64_Ehdr elf_header;
typedef Elf64_Phdr elf_segment;
#else
typedef Elf32_Ehdr elf_header;
typedef Elf32_Phdr elf_segment;
#endif

/* Bytes of the file that are loaded; 0: it is not there. */
static size_t
loaded_bytes(const char *path, size_t *file_bytes)
{
    elf_header header;
    elf_segment segment;
    size_t total = 0;
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return 0;
    bool ok = fread(&header, sizeof header, 1, f) == 1;
    for (unsigned i = 0; ok && i < header.e_phnum; i++) {
        ok = fseek(f, (long)(header.e_phoff + i * sizeof segment), SEEK_SET) == 0 &&
             fread(&segment, sizeof segment, 1, f) == 1;
        if (ok && segment.p_type == PT_LOAD)
            total += segment.p_filesz;
    }
    *file_bytes = fseek(f, 0, SEEK_END) == 0 ? (size_t)ftell(f) : 0;
    fclose(f);
    return ok ? total : 0;
}

void
bench_size(const struct bench_options *o)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names), file_bytes;
    bench_heading("A client over tls.h with one backend, stripped; the crypto library is not in it.",
                  "backend                loaded bytes   file bytes");
    for (size_t i = 0; i < num; i++) {
        char path[512];
        if (!bench_has_name(o->backend, names[i]))
            continue;
        (void)snprintf(path, sizeof path, "%s-%s", BENCH_CLIENT, names[i]);
        size_t loaded = loaded_bytes(path, &file_bytes);
        if (loaded == 0) {
            printf("%-22s (not built)\n", names[i]);
            continue;
        }
        bench_record("size", names[i], "loaded_bytes", (double)loaded);
        printf("%-22s %12zu %12zu", names[i], loaded, file_bytes);
        if (strcmp(names[i], "libsodium") == 0)
            printf("   <= 160 KiB %s", bench_mark("size", names[i], "<= 160 KiB", loaded <= 160 * 1024));
        printf("\n");
    }
}
