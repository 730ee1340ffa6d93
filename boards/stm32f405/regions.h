// Where a device's flash lies in the STM32F405's: the chip erases by sectors of 16, 64 and 128 KiB, and the
// image takes what is left.
//
//   sector  0        1  2  3           4 · 5            6  7          8  9          10 11        KEYS: none
//   KiB     16       16 16 16          64 + 128         128 128       128 128       128 128
//           vectors  JOURNAL           the image        CONFIG        BLOCKS        SNAPSHOTS

#ifndef SYNOD_STM32F405_REGIONS_H
#define SYNOD_STM32F405_REGIONS_H

#define FLASH_BASE 0x08000000u

#define CONFIG_SECTOR 6u
#define JOURNAL_SECTOR 1u
#define BLOCKS_SECTOR 8u
#define SNAPSHOTS_SECTOR 10u

#define LARGE (128u * 1024)
#define SMALL (16u * 1024)

// by region: bytes, bytes of a sector, program unit
#define STM32F405_REGIONS                                                                                    \
    {0, 0, 0}, {2 * LARGE, LARGE, 4}, {3 * SMALL, SMALL, 4}, {2 * LARGE, LARGE, 4}, {2 * LARGE, LARGE, 4}, { \
        0, LARGE, 4                                                                                          \
    }

#endif
