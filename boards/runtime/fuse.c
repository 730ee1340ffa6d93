// wasm3's compiler with superinstructions: this file is compiled in place of m3_compile.c, which it includes
// unchanged.
//
//   wasm3 emits    SetSlot t   Multiply a b   Add t          7 words, three steps from operation to operation
//   here           Fused t|a b|t                             3 words, one step
//
// The hooks below stand where m3_compile.c hands words to a code page. An operation that continues a sequence
// of fuse.h changes the word of the operation before it instead of becoming one; operands are packed, two in
// a word. Wherever wasm3 asks for the address of the next word, somebody may jump there: a sequence ends. An
// operand of 2^16 or more takes its operation out of the sequence again.
//
// A fused operation does what its parts do, in their order, the slots between them included: no module can
// see the difference, but it runs with half the instructions and takes a third less RAM; without tail calls
// (Xtensa) it needs less native stack as well.
//
// Rule: only what wasm3 itself emitted as an operation is one: addresses of functions of this file, which no
// module can name as data. Built with the flags of wasm3's own files, for the sake of the one included.

#include "m3_env.h"

static void fuse_word(IM3CodePage page, const void *word);
static void fuse_operand(IM3CodePage page, u32 operand);
static pc_t fuse_label(IM3CodePage page);

#undef EmitWord
#define EmitWord(PAGE, WORD) fuse_word(PAGE, (const void *)(WORD))
#define EmitWord32(PAGE, WORD) fuse_operand(PAGE, WORD)
#define GetPagePC(PAGE) fuse_label(PAGE)

#include "m3_compile.c"

#undef EmitWord32
#undef GetPagePC

#include "fuse.h"

// ---- the operations ----

#define NEXT(OPERANDS)                                                                                       \
    _pc += ((OPERANDS) + 1) / 2;                                                                             \
    nextOp()

#define F1(a)                                                                                                \
    d_m3Op(Fused_##a) {                                                                                      \
        DO_##a(0);                                                                                           \
        NEXT(N_##a);                                                                                         \
    }
#define F2(a, b)                                                                                             \
    d_m3Op(Fused_##a##_##b) {                                                                                \
        DO_##a(0);                                                                                           \
        DO_##b(N_##a);                                                                                       \
        NEXT(N_##a + N_##b);                                                                                 \
    }
#define F3(a, b, c)                                                                                          \
    d_m3Op(Fused_##a##_##b##_##c) {                                                                          \
        DO_##a(0);                                                                                           \
        DO_##b(N_##a);                                                                                       \
        DO_##c(N_##a + N_##b);                                                                               \
        NEXT(N_##a + N_##b + N_##c);                                                                         \
    }
#define F4(a, b, c, d)                                                                                       \
    d_m3Op(Fused_##a##_##b##_##c##_##d) {                                                                    \
        DO_##a(0);                                                                                           \
        DO_##b(N_##a);                                                                                       \
        DO_##c(N_##a + N_##b);                                                                               \
        DO_##d(N_##a + N_##b + N_##c);                                                                       \
        NEXT(N_##a + N_##b + N_##c + N_##d);                                                                 \
    }
#define F5(a, b, c, d, e)                                                                                    \
    d_m3Op(Fused_##a##_##b##_##c##_##d##_##e) {                                                              \
        DO_##a(0);                                                                                           \
        DO_##b(N_##a);                                                                                       \
        DO_##c(N_##a + N_##b);                                                                               \
        DO_##d(N_##a + N_##b + N_##c);                                                                       \
        DO_##e(N_##a + N_##b + N_##c + N_##d);                                                               \
        NEXT(N_##a + N_##b + N_##c + N_##d + N_##e);                                                         \
    }
#define F6(a, b, c, d, e, f)                                                                                 \
    d_m3Op(Fused_##a##_##b##_##c##_##d##_##e##_##f) {                                                        \
        DO_##a(0);                                                                                           \
        DO_##b(N_##a);                                                                                       \
        DO_##c(N_##a + N_##b);                                                                               \
        DO_##d(N_##a + N_##b + N_##c);                                                                       \
        DO_##e(N_##a + N_##b + N_##c + N_##d);                                                               \
        DO_##f(N_##a + N_##b + N_##c + N_##d + N_##e);                                                       \
        NEXT(N_##a + N_##b + N_##c + N_##d + N_##e + N_##f);                                                 \
    }
FUSED
#undef F1
#undef F2
#undef F3
#undef F4
#undef F5
#undef F6

// ---- the table ----

// STEP_x: operation x of wasm3.
#define F1(a) STEP_##a,
#define F2(a, b)
#define F3(a, b, c)
#define F4(a, b, c, d)
#define F5(a, b, c, d, e)
#define F6(a, b, c, d, e, f)
enum { FUSED STEPS };
#undef F1

// FORM_x_y: the fused operation for x, y.
#undef F2
#undef F3
#undef F4
#undef F5
#undef F6
#define F1(a) FORM_##a,
#define F2(a, b) FORM_##a##_##b,
#define F3(a, b, c) FORM_##a##_##b##_##c,
#define F4(a, b, c, d) FORM_##a##_##b##_##c##_##d,
#define F5(a, b, c, d, e) FORM_##a##_##b##_##c##_##d##_##e,
#define F6(a, b, c, d, e, f) FORM_##a##_##b##_##c##_##d##_##e##_##f,
enum { FUSED FORMS };
#undef F1
#undef F2
#undef F3
#undef F4
#undef F5
#undef F6

/** By STEP: wasm3's own operation, and the form that it is alone. */
static const struct {
    IM3Operation op;
    u8 form;
} steps[] = {
#define F1(a) [STEP_##a] = {op_##a, FORM_##a},
#define F2(a, b)
#define F3(a, b, c)
#define F4(a, b, c, d)
#define F5(a, b, c, d, e)
#define F6(a, b, c, d, e, f)
    FUSED
#undef F1
#undef F2
#undef F3
#undef F4
#undef F5
#undef F6
};

/** By FORM: how many operations it is made of, the last of them, and how many operands all have. A form
 * stands behind the one that it extends, before all that do not extend that one. */
static const struct {
    IM3Operation op;
    u8 length, last, operands;
} forms[] = {
#define F1(a) {op_Fused_##a, 1, STEP_##a, N_##a},
#define F2(a, b) {op_Fused_##a##_##b, 2, STEP_##b, N_##a + N_##b},
#define F3(a, b, c) {op_Fused_##a##_##b##_##c, 3, STEP_##c, N_##a + N_##b + N_##c},
#define F4(a, b, c, d) {op_Fused_##a##_##b##_##c##_##d, 4, STEP_##d, N_##a + N_##b + N_##c + N_##d},
#define F5(a, b, c, d, e)                                                                                    \
    {op_Fused_##a##_##b##_##c##_##d##_##e, 5, STEP_##e, N_##a + N_##b + N_##c + N_##d + N_##e},
#define F6(a, b, c, d, e, f)                                                                                 \
    {op_Fused_##a##_##b##_##c##_##d##_##e##_##f, 6, STEP_##f, N_##a + N_##b + N_##c + N_##d + N_##e + N_##f},
    FUSED};

// ---- the hooks ----

/** The sequence under way. */
static SYNOD_PER_THREAD struct {
    IM3CodePage page; // NULL: none
    u32 start;        // where its word is
    u8 form, operands;
    u8 parent, kept; // what it was before its last operation; FORMS: nothing
} sequence;

static u32 step_of(const void *word) {
    u32 s = 0;
    while (s < STEPS && (const void *)steps[s].op != word) s++;
    return s;
}

/** The form that extends f by this step; FORMS when there is none. */
static u32 extended(u32 f, u32 step) {
    u32 length = forms[f].length;
    while (++f < FORMS && forms[f].length > length)
        if (forms[f].length == length + 1 && forms[f].last == step) return f;
    return FORMS;
}

static pc_t fuse_label(IM3CodePage page) {
    sequence.page = NULL;
    return GetPagePC(page);
}

static void fuse_word(IM3CodePage page, const void *word) {
    u32 step = step_of(word), form = FORMS;
    if (step == STEPS) {
        sequence.page = NULL;
        EmitWord_impl(page, (void *)word);
        return;
    }
    if (sequence.page == page && sequence.operands == forms[sequence.form].operands)
        form = extended(sequence.form, step);
    if (form != FORMS) {
        sequence.parent = sequence.form, sequence.kept = sequence.operands, sequence.form = (u8)form;
        page->code[sequence.start] = (void *)forms[form].op;
        return;
    }
    sequence.page = page, sequence.start = page->info.lineIndex;
    sequence.form = steps[step].form, sequence.operands = 0;
    sequence.parent = FORMS, sequence.kept = 0;
    EmitWord_impl(page, (void *)forms[sequence.form].op);
}

static u16 *place_of(IM3CodePage page, u32 operand) {
    return (u16 *)&page->code[sequence.start + 1 + operand / 2] + (operand & 1);
}

/** Emits the last operation of the sequence as wasm3 would have, with the operands so far, and ends the
 * sequence before it. */
static void take_out(IM3CodePage page) {
    u16 operands[4];
    u32 count = sequence.operands - sequence.kept;
    for (u32 i = 0; i < count; i++) operands[i] = *place_of(page, sequence.kept + i);
    page->info.lineIndex = sequence.start;
    if (sequence.parent != FORMS) {
        page->code[sequence.start] = (void *)forms[sequence.parent].op;
        page->info.lineIndex += 1 + (sequence.kept + 1u) / 2;
    }
    EmitWord_impl(page, (void *)steps[forms[sequence.form].last].op);
    for (u32 i = 0; i < count; i++) EmitWord32(page, operands[i]);
    sequence.page = NULL;
}

static void fuse_operand(IM3CodePage page, u32 operand) {
    if (sequence.page == page && sequence.operands < forms[sequence.form].operands) {
        if (operand < 0x10000) {
            if ((sequence.operands & 1) == 0) page->code[page->info.lineIndex++] = NULL;
            *place_of(page, sequence.operands++) = (u16)operand;
            return;
        }
        take_out(page);
    }
    EmitWord32(page, operand);
}
