/*
 * One stream of libzstd's decoder for one instance of the WebAssembly module: a buffer for what comes in, one for what goes
 * out, and behind them, in memory that grows with the window, libzstd's own context.
 */
#define ZSTD_STATIC_LINKING_ONLY
#include "zstd.h"
#include "zstd_errors.h"

#define EXPORT(name) __attribute__((export_name(#name))) name

enum { INPUT_BYTES = 1 << 16, OUTPUT_BYTES = 1 << 17, PAGE_BYTES = 1 << 16 };

static char input_buffer[INPUT_BYTES];
static char output_buffer[OUTPUT_BYTES];
static ZSTD_inBuffer input = { input_buffer, 0, 0 };
static ZSTD_outBuffer output = { output_buffer, OUTPUT_BYTES, 0 };
static ZSTD_FrameHeader header;
static ZSTD_DStream* stream;

extern char __heap_base;

char* EXPORT(inputAddress)(void) { return input_buffer; }
char* EXPORT(outputAddress)(void) { return output_buffer; }
size_t EXPORT(inputBytes)(void) { return INPUT_BYTES; }

/* Reads the header at the start of the input. 0, an error, or how many bytes it has when `length` are too few. */
size_t EXPORT(readHeader)(size_t length) { return ZSTD_getFrameHeader(&header, input_buffer, length); }
size_t EXPORT(headerSize)(void) { return header.headerSize; }
int EXPORT(isSkippable)(void) { return header.frameType == ZSTD_skippableFrame; }
/* Of a skippable frame, what follows its header. */
double EXPORT(contentSize)(void) { return (double)header.frameContentSize; }
double EXPORT(windowSize)(void) { return (double)header.windowSize; }

/* Makes ready for a frame with this window. 0 where there is not enough memory. */
int EXPORT(begin)(size_t window) {
    size_t const smallest = (size_t)1 << ZSTD_WINDOWLOG_MIN;
    size_t const size = ZSTD_estimateDStreamSize(window < smallest ? smallest : window);
    size_t const start = ((size_t)&__heap_base + 15) & ~(size_t)15;
    size_t const pages = (start + size + PAGE_BYTES - 1) / PAGE_BYTES;
    size_t const present = __builtin_wasm_memory_size(0);
    if (pages > present && __builtin_wasm_memory_grow(0, pages - present) == (size_t)-1) return 0;
    stream = ZSTD_initStaticDStream((void*)start, size);
    return stream != NULL;
}

/*
 * Unpacks the input between `from` and `to` into the output from `filled` on, as much as there is room for. 0 at the end of
 * the frame, or an error, or a hint of no use: more input is wanted if all was consumed; if not, the output is full.
 */
size_t EXPORT(decode)(size_t from, size_t to, size_t filled) {
    input.pos = from;
    input.size = to;
    output.pos = filled;
    return ZSTD_decompressStream(stream, &output, &input);
}
size_t EXPORT(consumed)(void) { return input.pos; }
size_t EXPORT(produced)(void) { return output.pos; }

/* Of zstd_errors.h; 0 for what is no error. */
int EXPORT(errorCode)(size_t result) { return ZSTD_getErrorCode(result); }
char const* EXPORT(errorName)(size_t result) { return ZSTD_getErrorName(result); }
