/* What libzstd's decoder wants of a C library's <string.h>; each becomes an instruction. */
#include <stddef.h>
#define memcpy(to, from, size) __builtin_memcpy((to), (from), (size))
#define memmove(to, from, size) __builtin_memmove((to), (from), (size))
#define memset(to, value, size) __builtin_memset((to), (value), (size))
