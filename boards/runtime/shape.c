// The walk over a stored contract. Rule: nothing is read behind the end, and every byte of every body is
// looked at.

#include "shape.h"

#include <string.h>

#include "abi.h"

enum {
    TYPE = 1,
    IMPORT = 2,
    FUNCTION = 3,
    TABLE = 4,
    MEMORY = 5,
    GLOBAL = 6,
    ELEMENT = 9,
    CODE = 10,
    DATA = 11,
    SECTIONS = 12
};
enum { I64 = 0x7e, I32 = 0x7f, EMPTY = 0x40, FUNCTIONS = 0x70, SIGNATURE = 0x60, MAGIC = 8 };

typedef struct reader {
    const uint8_t *p, *end;
} reader;

/** The next byte, or -1. */
static int byte(reader *r) { return r->p < r->end ? *r->p++ : -1; }

static bool leb(reader *r, uint32_t *value) {
    *value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        int b = byte(r);
        if (b < 0) return false;
        *value |= (uint32_t)(b & 127) << shift;
        if (b < 128) return true;
    }
    return false;
}

/** A number below limit. */
static bool below(reader *r, uint32_t limit) {
    uint32_t value;
    return leb(r, &value) && value < limit;
}

/** Passes a signed number of at most so many bytes. */
static bool constant(reader *r, unsigned bytes) {
    for (; bytes > 0; bytes--) {
        int b = byte(r);
        if (b < 0) return false;
        if (b < 128) return true;
    }
    return false;
}

static bool is_type(int b) { return b == I32 || b == I64; }

/** Instructions without operands in the code: all that compute on integers. */
static bool is_plain(int op) {
    return op <= 0x01 || op == 0x0f || op == 0x1a || op == 0x1b || (op >= 0x45 && op <= 0x5a) ||
           (op >= 0x67 && op <= 0x8a) || op == 0xa7 || op == 0xac || op == 0xad || (op >= 0xc0 && op <= 0xc4);
}

static bool is_access(int op) {
    return op >= 0x28 && op <= 0x3e && (op & 0xfe) != 0x2a && (op & 0xfe) != 0x38;
}

static bool branch_table(reader *r) {
    uint32_t targets;
    if (!leb(r, &targets) || targets > SYNOD_CALL_TARGETS_MAX) return false;
    for (; targets > 0; targets--)
        if (!below(r, SYNOD_CALL_BLOCKS_MAX + 1)) return false;
    return below(r, SYNOD_CALL_BLOCKS_MAX + 1);
}

/** The operands of one instruction, which is neither a block nor an end. */
static bool operands(reader *r, int op) {
    uint32_t any;
    if (is_plain(op)) return true;
    if (is_access(op)) return leb(r, &any) && leb(r, &any);
    if (op == 0x0c || op == 0x0d) return below(r, SYNOD_CALL_BLOCKS_MAX + 1); // br, br_if
    if (op == 0x0e) return branch_table(r);
    if (op == 0x10 || (op >= 0x20 && op <= 0x24)) return leb(r, &any); // call, locals, globals
    if (op == 0x11) return leb(r, &any) && byte(r) == 0;               // call_indirect
    if (op == 0x3f) return byte(r) == 0;                               // memory.size
    if (op == 0x41) return constant(r, 5);
    return op == 0x42 && constant(r, 10);
}

static bool locals(reader *r) {
    uint32_t groups, count, sum = 0;
    if (!leb(r, &groups) || groups > SYNOD_CALL_LOCALS_MAX) return false;
    for (; groups > 0; groups--) {
        if (!leb(r, &count) || count > SYNOD_CALL_LOCALS_MAX || !is_type(byte(r))) return false;
        sum += count;
    }
    return sum <= SYNOD_CALL_LOCALS_MAX;
}

/** One function's body; r is the body and nothing else. */
static bool body(reader *r) {
    uint32_t depth = 1;
    if (!locals(r)) return false;
    while (depth > 0) {
        int op = byte(r);
        if (op < 0) return false;
        if (op >= 0x02 && op <= 0x04) { // block, loop, if
            int type = byte(r);
            if ((type != EMPTY && !is_type(type)) || ++depth > SYNOD_CALL_BLOCKS_MAX) return false;
        } else if (op == 0x0b) depth--;
        else if (op != 0x05 && !operands(r, op)) return false;
    }
    return r->p == r->end;
}

static bool sized_body(reader *r) {
    uint32_t size;
    if (!leb(r, &size) || size > (uint32_t)(r->end - r->p)) return false;
    reader one = {r->p, r->p + size};
    r->p += size;
    return body(&one);
}

/** So many types of values. */
static bool types(reader *r, uint32_t most) {
    uint32_t count;
    if (!leb(r, &count) || count > most) return false;
    for (; count > 0; count--)
        if (!is_type(byte(r))) return false;
    return true;
}

static bool signature(reader *r) {
    return byte(r) == SIGNATURE && types(r, SYNOD_CALL_PARAMETERS_MAX) && types(r, 1);
}

/** The expression of a constant of this type. */
static bool initial(reader *r, int type) {
    int op = byte(r);
    if (op != (type == I32 ? 0x41 : 0x42) || !constant(r, type == I32 ? 5 : 10)) return false;
    return byte(r) == 0x0b;
}

static bool global(reader *r) {
    int type = byte(r), mutable = byte(r);
    return is_type(type) && (mutable == 0 || mutable == 1) && initial(r, type);
}

/** Functions for the table, whose size wasm3 does not ask. */
static bool element(reader *r) {
    uint32_t count;
    if (byte(r) != 0 || byte(r) != 0x41 || !below(r, SYNOD_CALL_ELEMENTS_MAX) || byte(r) != 0x0b)
        return false;
    if (!leb(r, &count) || count > SYNOD_CALL_ELEMENTS_MAX) return false;
    for (; count > 0; count--)
        if (!below(r, SYNOD_CALL_FUNCTIONS_MAX + 1)) return false;
    return true;
}

static bool data(reader *r) {
    uint32_t size;
    if (byte(r) != 0 || !initial(r, I32) || !leb(r, &size) || size > (uint32_t)(r->end - r->p)) return false;
    r->p += size;
    return true;
}

/** A section of at most so many of these, and nothing behind them. */
static bool each(reader *r, uint32_t most, bool (*one)(reader *)) {
    uint32_t count;
    if (!leb(r, &count) || count > most) return false;
    for (; count > 0; count--)
        if (!one(r)) return false;
    return r->p == r->end;
}

static bool type_index(reader *r) { return below(r, SYNOD_CALL_FUNCTIONS_MAX); }

/** One table of at least and at most the same number of functions. */
static bool table(reader *r) {
    uint32_t first, most;
    return byte(r) == 1 && byte(r) == FUNCTIONS && byte(r) == 1 && leb(r, &first) && leb(r, &most) &&
           first == most && most <= SYNOD_CALL_ELEMENTS_MAX && r->p == r->end;
}

/** One section; r is its contents. */
static bool section(reader *r, int id) {
    static const uint8_t import[] = "\1\5synod\4host", memory[] = {1, 1, 1, 1};
    size_t n = (size_t)(r->end - r->p);
    switch (id) {
    case TYPE: return each(r, SYNOD_CALL_FUNCTIONS_MAX, signature);
    case IMPORT: // then its kind, a function, and a type below 128
        return n == sizeof import + 1 && memcmp(r->p, import, sizeof import) == 0 && r->p[n - 1] < 128;
    case FUNCTION: return each(r, SYNOD_CALL_FUNCTIONS_MAX, type_index);
    case TABLE: return table(r);
    case MEMORY: return n == sizeof memory && memcmp(r->p, memory, n) == 0;
    case GLOBAL: return each(r, SYNOD_CALL_GLOBALS_MAX, global);
    case ELEMENT: return each(r, SYNOD_CALL_ELEMENTS_MAX, element);
    case CODE: return each(r, SYNOD_CALL_FUNCTIONS_MAX, sized_body);
    case DATA: return each(r, SYNOD_CALL_ELEMENTS_MAX, data);
    default: return false;
    }
}

static bool head_holds(const uint8_t *head) {
    return head[SYNOD_CALL_HEAD_VERSION] == SYNOD_CALL_VERSION && head[SYNOD_CALL_HEAD_MEMORY] >= 1 &&
           head[SYNOD_CALL_HEAD_MEMORY] <= SYNOD_CALL_MEMORY_MAX && head[5] == 0 && head[6] == 0 &&
           head[7] == 0;
}

bool shape_holds(const uint8_t *code, uint32_t n) {
    static const uint8_t magic[MAGIC] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    if (n < SYNOD_CALL_HEAD + MAGIC || n > SYNOD_CALL_CODE_MAX || !head_holds(code)) return false;
    if (memcmp(code + SYNOD_CALL_HEAD, magic, MAGIC) != 0) return false;
    reader r = {code + SYNOD_CALL_HEAD + MAGIC, code + n};
    bool seen[SECTIONS] = {false};
    for (int last = 0; r.p < r.end;) {
        uint32_t size;
        int id = byte(&r);
        if (id <= last || !leb(&r, &size) || size > (uint32_t)(r.end - r.p)) return false;
        reader one = {r.p, r.p + size};
        if (!section(&one, id)) return false;
        seen[id] = true, last = id, r.p += size;
    }
    return seen[FUNCTION] && seen[MEMORY] && seen[CODE];
}
