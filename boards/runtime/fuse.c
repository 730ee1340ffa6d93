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

// clang-format off
// ---- the operations ----

// A line of the list, whatever it is used for: X(how many operations, name, the last of them, operands of all, what they do).
#define F1(a) X(1, a, a, N_##a, STEP(a))
#define F2(a, b) X(2, a##_##b, b, N_##a + N_##b, STEP(a) STEP(b))
#define F3(a, b, c) X(3, a##_##b##_##c, c, N_##a + N_##b + N_##c, STEP(a) STEP(b) STEP(c))
#define F4(a, b, c, d) X(4, a##_##b##_##c##_##d, d, N_##a + N_##b + N_##c + N_##d, STEP(a) STEP(b) STEP(c) STEP(d))
#define F5(a, b, c, d, e) X(5, a##_##b##_##c##_##d##_##e, e, N_##a + N_##b + N_##c + N_##d + N_##e, STEP(a) STEP(b) STEP(c) STEP(d) STEP(e))
#define F6(a, b, c, d, e, f) X(6, a##_##b##_##c##_##d##_##e##_##f, f, N_##a + N_##b + N_##c + N_##d + N_##e + N_##f, STEP(a) STEP(b) STEP(c) STEP(d) STEP(e) STEP(f))
#define F7(a, b, c, d, e, f, g) X(7, a##_##b##_##c##_##d##_##e##_##f##_##g, g, N_##a + N_##b + N_##c + N_##d + N_##e + N_##f + N_##g, STEP(a) STEP(b) STEP(c) STEP(d) STEP(e) STEP(f) STEP(g))
#define F8(a, b, c, d, e, f, g, h) X(8, a##_##b##_##c##_##d##_##e##_##f##_##g##_##h, h, N_##a + N_##b + N_##c + N_##d + N_##e + N_##f + N_##g + N_##h, STEP(a) STEP(b) STEP(c) STEP(d) STEP(e) STEP(f) STEP(g) STEP(h))
#define F9(a, b, c, d, e, f, g, h, i) X(9, a##_##b##_##c##_##d##_##e##_##f##_##g##_##h##_##i, i, N_##a + N_##b + N_##c + N_##d + N_##e + N_##f + N_##g + N_##h + N_##i, STEP(a) STEP(b) STEP(c) STEP(d) STEP(e) STEP(f) STEP(g) STEP(h) STEP(i))

#define STEP(x) DO_##x(i) i += N_##x;
#define X(LENGTH, NAME, LAST, OPERANDS, STEPS) \
    d_m3Op(Fused_##NAME) { u32 i = 0; STEPS _pc += (i + 1) / 2; nextOp(); }
FUSED
#undef X

// ---- the table ----

// FORM_x_y: the fused operation for x, y.
#define X(LENGTH, NAME, LAST, OPERANDS, STEPS) FORM_##NAME,
enum { FUSED FORMS };
#undef X

// STEP_x: operation x of wasm3, which is the line of x alone.
#define ALONE_1(STATEMENT) STATEMENT
#define ALONE_2(STATEMENT)
#define ALONE_3(STATEMENT)
#define ALONE_4(STATEMENT)
#define ALONE_5(STATEMENT)
#define ALONE_6(STATEMENT)
#define ALONE_7(STATEMENT)
#define ALONE_8(STATEMENT)
#define ALONE_9(STATEMENT)
#define COMMA ,
#define X(LENGTH, NAME, LAST, OPERANDS, STEPS) ALONE_##LENGTH(STEP_##NAME COMMA)
enum { FUSED STEPS };
#undef X

/** By STEP: wasm3's own operation, and the form that it is alone. */
static const struct {
    IM3Operation op;
    u8 form;
} steps[] = {
#define X(LENGTH, NAME, LAST, OPERANDS, STEPS) ALONE_##LENGTH({op_##NAME COMMA FORM_##NAME} COMMA)
    FUSED
#undef X
};

/** By FORM: how many operations it is made of, the last of them, and how many operands all have. A form stands behind the one that it
 * extends, before all that do not extend that one. */
static const struct {
    IM3Operation op;
    u8 length, last, operands;
} forms[] = {
#define X(LENGTH, NAME, LAST, OPERANDS, STEPS) {op_Fused_##NAME, LENGTH, STEP_##LAST, OPERANDS},
    FUSED
#undef X
};

// clang-format on

// ---- the hooks ----

/** The sequence under way. */
static SYNOD_PER_THREAD struct {
    IM3CodePage page; // NULL: none
    u32 start;        // where its word is
    u8 form, operands;
    u8 parent, kept; // what it was before its last operation; FORMS: nothing
} sequence;

/** The STEP whose operation this word is; STEPS when it is none. What was found last among words of its kind
 * is tried first. */
static u32 step_of(const void *word) {
    static SYNOD_PER_THREAD u8 found[64];
    u8 *guess = &found[((uintptr_t)word >> 2) % sizeof found];
    if (*guess < STEPS && (const void *)steps[*guess].op == word) return *guess;
    u32 s = 0;
    while (s < STEPS && (const void *)steps[s].op != word) s++;
    *guess = (u8)s;
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
