// Checksums of files.
#ifndef RECURRENT_CSTORAGE_H
#define RECURRENT_CSTORAGE_H

#include <stddef.h>
#include <stdint.h>

/// The CRC-32C of some bytes followed by `count` more, where `crc` is that of the first ones (0 for none). By the
/// processor's instruction where there is one.
uint32_t rk_crc32c(uint32_t crc, const uint8_t *bytes, size_t count);

/// The same by tables, on any processor.
uint32_t rk_crc32c_by_table(uint32_t crc, const uint8_t *bytes, size_t count);

#endif
