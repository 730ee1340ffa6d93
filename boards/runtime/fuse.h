// Which sequences of wasm3's operations become one, and what each operation does: the data of fuse.c.
//
//   F3(SetSlot_i64, i64_Multiply_ss, i64_Add_rs)   keep the register, multiply two slots, add a third: one
//   step of a column of field.mul F1(i32_Load_i32_s)                             one operation alone, but
//   with packed operands
//
// A line stands below the line that it extends, so the list is a tree: fuse.c walks down from the first
// operation of a sequence as far as it leads. Chosen by count: what saves most steps when the firmware
// verifies and hashes, and most code over all that a device executes. Rule: DO_x is exactly wasm3's op_x, in
// the same order; N_x is how many operands that takes, each below 2^16.

#ifndef SYNOD_FUSE_H
#define SYNOD_FUSE_H

/** Operand i of a fused operation: two in each word of code. */
#define OPERAND(i) (((const u16 *)(_pc + (i) / 2))[(i)&1])
#define SLOT(TYPE, i) (*(TYPE *)(_sp + OPERAND(i)))
#define REG(VALUE) _r0 = (m3reg_t)(VALUE);

#define LOAD(TO, FROM, ADDRESS, i)                                                                           \
    {                                                                                                        \
        u64 operand = (u64)(ADDRESS) + OPERAND(i);                                                           \
        FROM value;                                                                                          \
        if (!M3_LIKELY(operand + sizeof value <= _mem->length)) d_outOfBounds;                               \
        memcpy(&value, m3MemData(_mem) + operand, sizeof value);                                             \
        M3_BSWAP_##FROM(value);                                                                              \
        REG((TO)value)                                                                                       \
    }

#define STORE(TO, VALUE, ADDRESS, i)                                                                         \
    {                                                                                                        \
        u64 operand = (u64)(ADDRESS) + OPERAND(i);                                                           \
        TO value = (TO)(VALUE);                                                                              \
        if (!M3_LIKELY(operand + sizeof value <= _mem->length)) d_outOfBounds;                               \
        M3_BSWAP_##TO(value);                                                                                \
        memcpy(m3MemData(_mem) + operand, &value, sizeof value);                                             \
    }

// clang-format off
#define N_CopySlot_32            2u
#define N_CopySlot_64            2u
#define N_PreserveSetSlot_i32    2u
#define N_SetSlot_i32            1u
#define N_SetSlot_i64            1u
#define N_i32_Add_rs             1u
#define N_i32_Add_ss             2u
#define N_i64_Add_rs             1u
#define N_i64_Add_ss             2u
#define N_u32_And_rs             1u
#define N_u32_And_ss             2u
#define N_u64_And_rs             1u
#define N_u64_And_ss             2u
#define N_i32_Equal_rs           1u
#define N_i32_Equal_ss           2u
#define N_u32_GreaterThan_ss     2u
#define N_u32_LessThan_ss        2u
#define N_u32_LessThanOrEqual_ss 2u
#define N_i32_Load_i32_r         1u
#define N_i32_Load_i32_s         2u
#define N_i32_Load_u16_s         2u
#define N_i32_Load_u8_s          2u
#define N_i64_Load_i32_s         2u
#define N_i64_Load_i64_s         2u
#define N_i64_Load_u32_s         2u
#define N_i32_Multiply_ss        2u
#define N_i64_Multiply_rs        1u
#define N_i64_Multiply_ss        2u
#define N_i32_NotEqual_ss        2u
#define N_u32_Or_rs              1u
#define N_u32_Rotr_sr            1u
#define N_u32_Rotr_ss            2u
#define N_u64_Rotr_sr            1u
#define N_u64_Rotr_ss            2u
#define N_u32_ShiftLeft_ss       2u
#define N_i64_ShiftRight_sr      1u
#define N_i64_ShiftRight_ss      2u
#define N_u32_ShiftRight_ss      2u
#define N_u64_ShiftRight_ss      2u
#define N_i32_Store_i32_rs       2u
#define N_i32_Store_i32_ss       3u
#define N_i32_Store_u8_rs        2u
#define N_i32_Store_u8_ss        3u
#define N_i64_Store_i32_rs       2u
#define N_i64_Store_i32_ss       3u
#define N_i64_Store_i64_rs       2u
#define N_i64_Store_i64_ss       3u
#define N_i32_Subtract_ss        2u
#define N_i64_Subtract_sr        1u
#define N_i64_Subtract_ss        2u
#define N_u32_Xor_rs             1u
#define N_u32_Xor_ss             2u
#define N_u64_Xor_rs             1u
#define N_u64_Xor_ss             2u

#define DO_CopySlot_32(i)            SLOT(u32, i) = SLOT(u32, i + 1);
#define DO_CopySlot_64(i)            SLOT(u64, i) = SLOT(u64, i + 1);
#define DO_PreserveSetSlot_i32(i)    { SLOT(i32, i + 1) = SLOT(i32, i); SLOT(i32, i) = (i32)_r0; }
#define DO_SetSlot_i32(i)            SLOT(i32, i) = (i32)_r0;
#define DO_SetSlot_i64(i)            SLOT(i64, i) = (i64)_r0;
#define DO_i32_Add_rs(i)             REG(SLOT(i32, i) + (i32)_r0)
#define DO_i32_Add_ss(i)             REG(SLOT(i32, i + 1) + SLOT(i32, i))
#define DO_i64_Add_rs(i)             REG(SLOT(i64, i) + (i64)_r0)
#define DO_i64_Add_ss(i)             REG(SLOT(i64, i + 1) + SLOT(i64, i))
#define DO_u32_And_rs(i)             REG(SLOT(u32, i) & (u32)_r0)
#define DO_u32_And_ss(i)             REG(SLOT(u32, i + 1) & SLOT(u32, i))
#define DO_u64_And_rs(i)             REG(SLOT(u64, i) & (u64)_r0)
#define DO_u64_And_ss(i)             REG(SLOT(u64, i + 1) & SLOT(u64, i))
#define DO_i32_Equal_rs(i)           REG(SLOT(i32, i) == (i32)_r0)
#define DO_i32_Equal_ss(i)           REG(SLOT(i32, i + 1) == SLOT(i32, i))
#define DO_u32_GreaterThan_ss(i)     REG(SLOT(u32, i + 1) > SLOT(u32, i))
#define DO_u32_LessThan_ss(i)        REG(SLOT(u32, i + 1) < SLOT(u32, i))
#define DO_u32_LessThanOrEqual_ss(i) REG(SLOT(u32, i + 1) <= SLOT(u32, i))
#define DO_i32_Load_i32_r(i)         LOAD(i32, i32, (u32)_r0, i)
#define DO_i32_Load_i32_s(i)         LOAD(i32, i32, SLOT(u32, i), i + 1)
#define DO_i32_Load_u16_s(i)         LOAD(i32, u16, SLOT(u32, i), i + 1)
#define DO_i32_Load_u8_s(i)          LOAD(i32, u8, SLOT(u32, i), i + 1)
#define DO_i64_Load_i32_s(i)         LOAD(i64, i32, SLOT(u32, i), i + 1)
#define DO_i64_Load_i64_s(i)         LOAD(i64, i64, SLOT(u32, i), i + 1)
#define DO_i64_Load_u32_s(i)         LOAD(i64, u32, SLOT(u32, i), i + 1)
#define DO_i32_Multiply_ss(i)        REG(SLOT(i32, i + 1) * SLOT(i32, i))
#define DO_i64_Multiply_rs(i)        REG(SLOT(i64, i) * (i64)_r0)
#define DO_i64_Multiply_ss(i)        REG(SLOT(i64, i + 1) * SLOT(i64, i))
#define DO_i32_NotEqual_ss(i)        REG(SLOT(i32, i + 1) != SLOT(i32, i))
#define DO_u32_Or_rs(i)              REG(SLOT(u32, i) | (u32)_r0)
#define DO_u32_Rotr_sr(i)            REG(rotr32((u32)_r0, SLOT(u32, i)))
#define DO_u32_Rotr_ss(i)            REG(rotr32(SLOT(u32, i + 1), SLOT(u32, i)))
#define DO_u64_Rotr_sr(i)            REG(rotr64((u64)_r0, (u32)SLOT(u64, i)))
#define DO_u64_Rotr_ss(i)            REG(rotr64(SLOT(u64, i + 1), (u32)SLOT(u64, i)))
#define DO_u32_ShiftLeft_ss(i)       REG(OP_SHL_32(SLOT(u32, i + 1), SLOT(u32, i)))
#define DO_i64_ShiftRight_sr(i)      REG(OP_SHR_64((i64)_r0, SLOT(i64, i)))
#define DO_i64_ShiftRight_ss(i)      REG(OP_SHR_64(SLOT(i64, i + 1), SLOT(i64, i)))
#define DO_u32_ShiftRight_ss(i)      REG(OP_SHR_32(SLOT(u32, i + 1), SLOT(u32, i)))
#define DO_u64_ShiftRight_ss(i)      REG(OP_SHR_64(SLOT(u64, i + 1), SLOT(u64, i)))
#define DO_i32_Store_i32_rs(i)       STORE(i32, _r0, SLOT(u32, i), i + 1)
#define DO_i32_Store_i32_ss(i)       STORE(i32, SLOT(i32, i), SLOT(u32, i + 1), i + 2)
#define DO_i32_Store_u8_rs(i)        STORE(u8, _r0, SLOT(u32, i), i + 1)
#define DO_i32_Store_u8_ss(i)        STORE(u8, SLOT(i32, i), SLOT(u32, i + 1), i + 2)
#define DO_i64_Store_i32_rs(i)       STORE(i32, _r0, SLOT(u32, i), i + 1)
#define DO_i64_Store_i32_ss(i)       STORE(i32, SLOT(i64, i), SLOT(u32, i + 1), i + 2)
#define DO_i64_Store_i64_rs(i)       STORE(i64, _r0, SLOT(u32, i), i + 1)
#define DO_i64_Store_i64_ss(i)       STORE(i64, SLOT(i64, i), SLOT(u32, i + 1), i + 2)
#define DO_i32_Subtract_ss(i)        REG(SLOT(i32, i + 1) - SLOT(i32, i))
#define DO_i64_Subtract_sr(i)        REG((i64)_r0 - SLOT(i64, i))
#define DO_i64_Subtract_ss(i)        REG(SLOT(i64, i + 1) - SLOT(i64, i))
#define DO_u32_Xor_rs(i)             REG(SLOT(u32, i) ^ (u32)_r0)
#define DO_u32_Xor_ss(i)             REG(SLOT(u32, i + 1) ^ SLOT(u32, i))
#define DO_u64_Xor_rs(i)             REG(SLOT(u64, i) ^ (u64)_r0)
#define DO_u64_Xor_ss(i)             REG(SLOT(u64, i + 1) ^ SLOT(u64, i))

#define FUSED                                                                                                                                 \
    F1(CopySlot_32)                                                                                                                           \
      F2(CopySlot_32, CopySlot_32)                                                                                                            \
        F3(CopySlot_32, CopySlot_32, CopySlot_32)                                                                                             \
          F4(CopySlot_32, CopySlot_32, CopySlot_32, CopySlot_32)                                                                              \
    F1(CopySlot_64)                                                                                                                           \
      F2(CopySlot_64, CopySlot_64)                                                                                                            \
    F1(PreserveSetSlot_i32)                                                                                                                   \
    F1(SetSlot_i32)                                                                                                                           \
      F2(SetSlot_i32, CopySlot_32)                                                                                                            \
      F2(SetSlot_i32, i32_Load_i32_s)                                                                                                         \
        F3(SetSlot_i32, i32_Load_i32_s, SetSlot_i32)                                                                                          \
      F2(SetSlot_i32, u32_Rotr_ss)                                                                                                            \
        F3(SetSlot_i32, u32_Rotr_ss, u32_Xor_rs)                                                                                              \
          F4(SetSlot_i32, u32_Rotr_ss, u32_Xor_rs, u32_Rotr_sr)                                                                               \
            F5(SetSlot_i32, u32_Rotr_ss, u32_Xor_rs, u32_Rotr_sr, u32_Xor_rs)                                                                 \
              F6(SetSlot_i32, u32_Rotr_ss, u32_Xor_rs, u32_Rotr_sr, u32_Xor_rs, u32_Rotr_sr)                                                  \
                F7(SetSlot_i32, u32_Rotr_ss, u32_Xor_rs, u32_Rotr_sr, u32_Xor_rs, u32_Rotr_sr, i32_Add_rs)                                    \
                  F8(SetSlot_i32, u32_Rotr_ss, u32_Xor_rs, u32_Rotr_sr, u32_Xor_rs, u32_Rotr_sr, i32_Add_rs, SetSlot_i32)                     \
                  F8(SetSlot_i32, u32_Rotr_ss, u32_Xor_rs, u32_Rotr_sr, u32_Xor_rs, u32_Rotr_sr, i32_Add_rs, i32_Add_rs)                      \
                    F9(SetSlot_i32, u32_Rotr_ss, u32_Xor_rs, u32_Rotr_sr, u32_Xor_rs, u32_Rotr_sr, i32_Add_rs, i32_Add_rs, SetSlot_i32)       \
    F1(SetSlot_i64)                                                                                                                           \
      F2(SetSlot_i64, i64_Load_i32_s)                                                                                                         \
        F3(SetSlot_i64, i64_Load_i32_s, SetSlot_i64)                                                                                          \
          F4(SetSlot_i64, i64_Load_i32_s, SetSlot_i64, i64_Multiply_rs)                                                                       \
            F5(SetSlot_i64, i64_Load_i32_s, SetSlot_i64, i64_Multiply_rs, SetSlot_i64)                                                        \
      F2(SetSlot_i64, i64_Multiply_rs)                                                                                                        \
        F3(SetSlot_i64, i64_Multiply_rs, i64_Add_rs)                                                                                          \
          F4(SetSlot_i64, i64_Multiply_rs, i64_Add_rs, SetSlot_i64)                                                                           \
            F5(SetSlot_i64, i64_Multiply_rs, i64_Add_rs, SetSlot_i64, i64_Add_ss)                                                             \
      F2(SetSlot_i64, i64_Multiply_ss)                                                                                                        \
        F3(SetSlot_i64, i64_Multiply_ss, SetSlot_i64)                                                                                         \
          F4(SetSlot_i64, i64_Multiply_ss, SetSlot_i64, i64_Multiply_ss)                                                                      \
        F3(SetSlot_i64, i64_Multiply_ss, i64_Add_rs)                                                                                          \
          F4(SetSlot_i64, i64_Multiply_ss, i64_Add_rs, SetSlot_i64)                                                                           \
            F5(SetSlot_i64, i64_Multiply_ss, i64_Add_rs, SetSlot_i64, i64_Load_i32_s)                                                         \
            F5(SetSlot_i64, i64_Multiply_ss, i64_Add_rs, SetSlot_i64, i64_Multiply_ss)                                                        \
      F2(SetSlot_i64, i64_ShiftRight_ss)                                                                                                      \
        F3(SetSlot_i64, i64_ShiftRight_ss, i64_Add_rs)                                                                                        \
          F4(SetSlot_i64, i64_ShiftRight_ss, i64_Add_rs, SetSlot_i64)                                                                         \
            F5(SetSlot_i64, i64_ShiftRight_ss, i64_Add_rs, SetSlot_i64, i64_Multiply_ss)                                                      \
      F2(SetSlot_i64, u64_And_ss)                                                                                                             \
        F3(SetSlot_i64, u64_And_ss, i64_Multiply_rs)                                                                                          \
      F2(SetSlot_i64, u64_Rotr_ss)                                                                                                            \
        F3(SetSlot_i64, u64_Rotr_ss, u64_Xor_rs)                                                                                              \
          F4(SetSlot_i64, u64_Rotr_ss, u64_Xor_rs, u64_Rotr_sr)                                                                               \
            F5(SetSlot_i64, u64_Rotr_ss, u64_Xor_rs, u64_Rotr_sr, u64_Xor_rs)                                                                 \
              F6(SetSlot_i64, u64_Rotr_ss, u64_Xor_rs, u64_Rotr_sr, u64_Xor_rs, u64_Rotr_sr)                                                  \
                F7(SetSlot_i64, u64_Rotr_ss, u64_Xor_rs, u64_Rotr_sr, u64_Xor_rs, u64_Rotr_sr, i64_Add_rs)                                    \
                  F8(SetSlot_i64, u64_Rotr_ss, u64_Xor_rs, u64_Rotr_sr, u64_Xor_rs, u64_Rotr_sr, i64_Add_rs, SetSlot_i64)                     \
                  F8(SetSlot_i64, u64_Rotr_ss, u64_Xor_rs, u64_Rotr_sr, u64_Xor_rs, u64_Rotr_sr, i64_Add_rs, i64_Add_rs)                      \
                    F9(SetSlot_i64, u64_Rotr_ss, u64_Xor_rs, u64_Rotr_sr, u64_Xor_rs, u64_Rotr_sr, i64_Add_rs, i64_Add_rs, SetSlot_i64)       \
    F1(i32_Add_rs)                                                                                                                            \
      F2(i32_Add_rs, SetSlot_i32)                                                                                                             \
        F3(i32_Add_rs, SetSlot_i32, u32_Xor_ss)                                                                                               \
      F2(i32_Add_rs, i32_Add_rs)                                                                                                              \
        F3(i32_Add_rs, i32_Add_rs, SetSlot_i32)                                                                                               \
    F1(i32_Add_ss)                                                                                                                            \
      F2(i32_Add_ss, SetSlot_i32)                                                                                                             \
    F1(i64_Add_rs)                                                                                                                            \
      F2(i64_Add_rs, SetSlot_i64)                                                                                                             \
        F3(i64_Add_rs, SetSlot_i64, i64_Add_ss)                                                                                               \
        F3(i64_Add_rs, SetSlot_i64, i64_Load_i32_s)                                                                                           \
          F4(i64_Add_rs, SetSlot_i64, i64_Load_i32_s, SetSlot_i64)                                                                            \
            F5(i64_Add_rs, SetSlot_i64, i64_Load_i32_s, SetSlot_i64, i64_Multiply_rs)                                                         \
        F3(i64_Add_rs, SetSlot_i64, i64_Multiply_ss)                                                                                          \
          F4(i64_Add_rs, SetSlot_i64, i64_Multiply_ss, i64_Add_rs)                                                                            \
            F5(i64_Add_rs, SetSlot_i64, i64_Multiply_ss, i64_Add_rs, SetSlot_i64)                                                             \
              F6(i64_Add_rs, SetSlot_i64, i64_Multiply_ss, i64_Add_rs, SetSlot_i64, i64_Multiply_ss)                                          \
              F6(i64_Add_rs, SetSlot_i64, i64_Multiply_ss, i64_Add_rs, SetSlot_i64, u64_And_rs)                                               \
        F3(i64_Add_rs, SetSlot_i64, i64_ShiftRight_sr)                                                                                        \
          F4(i64_Add_rs, SetSlot_i64, i64_ShiftRight_sr, i64_Add_rs)                                                                          \
            F5(i64_Add_rs, SetSlot_i64, i64_ShiftRight_sr, i64_Add_rs, SetSlot_i64)                                                           \
        F3(i64_Add_rs, SetSlot_i64, i64_Subtract_ss)                                                                                          \
          F4(i64_Add_rs, SetSlot_i64, i64_Subtract_ss, SetSlot_i64)                                                                           \
            F5(i64_Add_rs, SetSlot_i64, i64_Subtract_ss, SetSlot_i64, SetSlot_i64)                                                            \
            F5(i64_Add_rs, SetSlot_i64, i64_Subtract_ss, SetSlot_i64, i64_Multiply_rs)                                                        \
        F3(i64_Add_rs, SetSlot_i64, u64_And_rs)                                                                                               \
          F4(i64_Add_rs, SetSlot_i64, u64_And_rs, i64_Store_i32_rs)                                                                           \
      F2(i64_Add_rs, i64_Add_rs)                                                                                                              \
        F3(i64_Add_rs, i64_Add_rs, SetSlot_i64)                                                                                               \
          F4(i64_Add_rs, i64_Add_rs, SetSlot_i64, i64_Multiply_ss)                                                                            \
        F3(i64_Add_rs, i64_Add_rs, i64_Add_rs)                                                                                                \
    F1(i64_Add_ss)                                                                                                                            \
    F1(u32_And_rs)                                                                                                                            \
      F2(u32_And_rs, SetSlot_i32)                                                                                                             \
      F2(u32_And_rs, u32_Xor_rs)                                                                                                              \
    F1(u32_And_ss)                                                                                                                            \
    F1(u64_And_rs)                                                                                                                            \
      F2(u64_And_rs, i64_Store_i32_rs)                                                                                                        \
      F2(u64_And_rs, u64_Xor_rs)                                                                                                              \
    F1(u64_And_ss)                                                                                                                            \
      F2(u64_And_ss, i64_Multiply_rs)                                                                                                         \
        F3(u64_And_ss, i64_Multiply_rs, SetSlot_i64)                                                                                          \
          F4(u64_And_ss, i64_Multiply_rs, SetSlot_i64, i64_ShiftRight_ss)                                                                     \
    F1(i32_Equal_rs)                                                                                                                          \
      F2(i32_Equal_rs, SetSlot_i32)                                                                                                           \
    F1(i32_Equal_ss)                                                                                                                          \
    F1(u32_GreaterThan_ss)                                                                                                                    \
    F1(u32_LessThan_ss)                                                                                                                       \
    F1(u32_LessThanOrEqual_ss)                                                                                                                \
    F1(i32_Load_i32_r)                                                                                                                        \
      F2(i32_Load_i32_r, SetSlot_i32)                                                                                                         \
    F1(i32_Load_i32_s)                                                                                                                        \
      F2(i32_Load_i32_s, i32_Add_rs)                                                                                                          \
        F3(i32_Load_i32_s, i32_Add_rs, i32_Add_rs)                                                                                            \
          F4(i32_Load_i32_s, i32_Add_rs, i32_Add_rs, SetSlot_i32)                                                                             \
      F2(i32_Load_i32_s, SetSlot_i32)                                                                                                         \
    F1(i32_Load_u16_s)                                                                                                                        \
    F1(i32_Load_u8_s)                                                                                                                         \
    F1(i64_Load_i32_s)                                                                                                                        \
      F2(i64_Load_i32_s, SetSlot_i64)                                                                                                         \
        F3(i64_Load_i32_s, SetSlot_i64, i64_Multiply_rs)                                                                                      \
    F1(i64_Load_i64_s)                                                                                                                        \
      F2(i64_Load_i64_s, i64_Add_rs)                                                                                                          \
        F3(i64_Load_i64_s, i64_Add_rs, i64_Add_rs)                                                                                            \
          F4(i64_Load_i64_s, i64_Add_rs, i64_Add_rs, SetSlot_i64)                                                                             \
      F2(i64_Load_i64_s, SetSlot_i64)                                                                                                         \
    F1(i64_Load_u32_s)                                                                                                                        \
    F1(i32_Multiply_ss)                                                                                                                       \
    F1(i64_Multiply_rs)                                                                                                                       \
    F1(i64_Multiply_ss)                                                                                                                       \
    F1(i32_NotEqual_ss)                                                                                                                       \
    F1(u32_Or_rs)                                                                                                                             \
      F2(u32_Or_rs, SetSlot_i32)                                                                                                              \
    F1(u32_Rotr_sr)                                                                                                                           \
    F1(u32_Rotr_ss)                                                                                                                           \
    F1(u64_Rotr_sr)                                                                                                                           \
    F1(u64_Rotr_ss)                                                                                                                           \
    F1(u32_ShiftLeft_ss)                                                                                                                      \
    F1(i64_ShiftRight_sr)                                                                                                                     \
    F1(i64_ShiftRight_ss)                                                                                                                     \
      F2(i64_ShiftRight_ss, i64_Add_rs)                                                                                                       \
    F1(u32_ShiftRight_ss)                                                                                                                     \
      F2(u32_ShiftRight_ss, SetSlot_i32)                                                                                                      \
        F3(u32_ShiftRight_ss, SetSlot_i32, u32_Rotr_ss)                                                                                       \
          F4(u32_ShiftRight_ss, SetSlot_i32, u32_Rotr_ss, u32_Xor_rs)                                                                         \
            F5(u32_ShiftRight_ss, SetSlot_i32, u32_Rotr_ss, u32_Xor_rs, u32_Rotr_sr)                                                          \
              F6(u32_ShiftRight_ss, SetSlot_i32, u32_Rotr_ss, u32_Xor_rs, u32_Rotr_sr, u32_Xor_rs)                                            \
                F7(u32_ShiftRight_ss, SetSlot_i32, u32_Rotr_ss, u32_Xor_rs, u32_Rotr_sr, u32_Xor_rs, i32_Add_rs)                              \
                  F8(u32_ShiftRight_ss, SetSlot_i32, u32_Rotr_ss, u32_Xor_rs, u32_Rotr_sr, u32_Xor_rs, i32_Add_rs, SetSlot_i32)               \
                  F8(u32_ShiftRight_ss, SetSlot_i32, u32_Rotr_ss, u32_Xor_rs, u32_Rotr_sr, u32_Xor_rs, i32_Add_rs, i32_Add_rs)                \
                    F9(u32_ShiftRight_ss, SetSlot_i32, u32_Rotr_ss, u32_Xor_rs, u32_Rotr_sr, u32_Xor_rs, i32_Add_rs, i32_Add_rs, SetSlot_i32) \
    F1(u64_ShiftRight_ss)                                                                                                                     \
      F2(u64_ShiftRight_ss, SetSlot_i64)                                                                                                      \
        F3(u64_ShiftRight_ss, SetSlot_i64, u64_Rotr_ss)                                                                                       \
          F4(u64_ShiftRight_ss, SetSlot_i64, u64_Rotr_ss, u64_Xor_rs)                                                                         \
            F5(u64_ShiftRight_ss, SetSlot_i64, u64_Rotr_ss, u64_Xor_rs, u64_Rotr_sr)                                                          \
              F6(u64_ShiftRight_ss, SetSlot_i64, u64_Rotr_ss, u64_Xor_rs, u64_Rotr_sr, u64_Xor_rs)                                            \
                F7(u64_ShiftRight_ss, SetSlot_i64, u64_Rotr_ss, u64_Xor_rs, u64_Rotr_sr, u64_Xor_rs, i64_Add_rs)                              \
                  F8(u64_ShiftRight_ss, SetSlot_i64, u64_Rotr_ss, u64_Xor_rs, u64_Rotr_sr, u64_Xor_rs, i64_Add_rs, SetSlot_i64)               \
                  F8(u64_ShiftRight_ss, SetSlot_i64, u64_Rotr_ss, u64_Xor_rs, u64_Rotr_sr, u64_Xor_rs, i64_Add_rs, i64_Add_rs)                \
                    F9(u64_ShiftRight_ss, SetSlot_i64, u64_Rotr_ss, u64_Xor_rs, u64_Rotr_sr, u64_Xor_rs, i64_Add_rs, i64_Add_rs, SetSlot_i64) \
    F1(i32_Store_i32_rs)                                                                                                                      \
      F2(i32_Store_i32_rs, i32_Load_i32_s)                                                                                                    \
    F1(i32_Store_i32_ss)                                                                                                                      \
    F1(i32_Store_u8_rs)                                                                                                                       \
    F1(i32_Store_u8_ss)                                                                                                                       \
    F1(i64_Store_i32_rs)                                                                                                                      \
    F1(i64_Store_i32_ss)                                                                                                                      \
      F2(i64_Store_i32_ss, i64_Store_i32_ss)                                                                                                  \
    F1(i64_Store_i64_rs)                                                                                                                      \
    F1(i64_Store_i64_ss)                                                                                                                      \
    F1(i32_Subtract_ss)                                                                                                                       \
      F2(i32_Subtract_ss, SetSlot_i32)                                                                                                        \
    F1(i64_Subtract_sr)                                                                                                                       \
      F2(i64_Subtract_sr, i64_Store_i64_rs)                                                                                                   \
    F1(i64_Subtract_ss)                                                                                                                       \
      F2(i64_Subtract_ss, SetSlot_i64)                                                                                                        \
        F3(i64_Subtract_ss, SetSlot_i64, SetSlot_i64)                                                                                         \
        F3(i64_Subtract_ss, SetSlot_i64, i64_Multiply_rs)                                                                                     \
          F4(i64_Subtract_ss, SetSlot_i64, i64_Multiply_rs, i64_Add_rs)                                                                       \
            F5(i64_Subtract_ss, SetSlot_i64, i64_Multiply_rs, i64_Add_rs, SetSlot_i64)                                                        \
              F6(i64_Subtract_ss, SetSlot_i64, i64_Multiply_rs, i64_Add_rs, SetSlot_i64, i64_ShiftRight_sr)                                   \
    F1(u32_Xor_rs)                                                                                                                            \
      F2(u32_Xor_rs, u32_Rotr_sr)                                                                                                             \
        F3(u32_Xor_rs, u32_Rotr_sr, u32_Xor_rs)                                                                                               \
          F4(u32_Xor_rs, u32_Rotr_sr, u32_Xor_rs, u32_Rotr_sr)                                                                                \
    F1(u32_Xor_ss)                                                                                                                            \
      F2(u32_Xor_ss, u32_And_rs)                                                                                                              \
        F3(u32_Xor_ss, u32_And_rs, u32_Xor_rs)                                                                                                \
          F4(u32_Xor_ss, u32_And_rs, u32_Xor_rs, i32_Add_rs)                                                                                  \
            F5(u32_Xor_ss, u32_And_rs, u32_Xor_rs, i32_Add_rs, SetSlot_i32)                                                                   \
              F6(u32_Xor_ss, u32_And_rs, u32_Xor_rs, i32_Add_rs, SetSlot_i32, i32_Add_rs)                                                     \
                F7(u32_Xor_ss, u32_And_rs, u32_Xor_rs, i32_Add_rs, SetSlot_i32, i32_Add_rs, SetSlot_i32)                                      \
    F1(u64_Xor_rs)                                                                                                                            \
      F2(u64_Xor_rs, u64_Rotr_sr)                                                                                                             \
        F3(u64_Xor_rs, u64_Rotr_sr, u64_Xor_rs)                                                                                               \
          F4(u64_Xor_rs, u64_Rotr_sr, u64_Xor_rs, u64_Rotr_sr)                                                                                \
    F1(u64_Xor_ss)                                                                                                                            \
      F2(u64_Xor_ss, u64_And_rs)                                                                                                              \
        F3(u64_Xor_ss, u64_And_rs, u64_Xor_rs)                                                                                                \
          F4(u64_Xor_ss, u64_And_rs, u64_Xor_rs, i64_Add_rs)                                                                                  \
            F5(u64_Xor_ss, u64_And_rs, u64_Xor_rs, i64_Add_rs, SetSlot_i64)                                                                   \
              F6(u64_Xor_ss, u64_And_rs, u64_Xor_rs, i64_Add_rs, SetSlot_i64, i64_Add_rs)                                                     \
                F7(u64_Xor_ss, u64_And_rs, u64_Xor_rs, i64_Add_rs, SetSlot_i64, i64_Add_rs, SetSlot_i64)
// clang-format on

#endif
