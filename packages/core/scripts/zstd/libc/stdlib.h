/* No heap: libzstd is given its memory by decoder.c, and asks for none. */
#include <stddef.h>
#define malloc(size) NULL
#define calloc(count, size) NULL
#define free(address) ((void)(address))
