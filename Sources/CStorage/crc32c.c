// CRC-32C (Castagnoli): the checksum of RFC 3720, polynomial 0x1EDC6F41, bits reflected.

#include "CStorage.h"

#include <stdlib.h>
#include <string.h>

// table[k][b]: what byte b contributes once k more bytes have followed it.
static uint32_t table[8][256];

static uint32_t table_crc32c(uint32_t crc, const uint8_t *bytes, size_t count) {
  crc = ~crc;
  for (; count >= 8; bytes += 8, count -= 8) {
    const uint32_t low = crc ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
    crc = table[7][low & 0xFF] ^ table[6][low >> 8 & 0xFF] ^ table[5][low >> 16 & 0xFF] ^ table[4][low >> 24]
          ^ table[3][bytes[4]] ^ table[2][bytes[5]] ^ table[1][bytes[6]] ^ table[0][bytes[7]];
  }
  for (; count > 0; bytes++, count--) crc = crc >> 8 ^ table[0][(crc ^ *bytes) & 0xFF];
  return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t instruction_crc32c(uint32_t crc, const uint8_t *bytes, size_t count) {
  uint64_t state = ~crc;
  for (; count >= 8; bytes += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    state = __builtin_ia32_crc32di(state, word);
  }
  crc = (uint32_t)state;
  for (; count > 0; bytes++, count--) crc = __builtin_ia32_crc32qi(crc, *bytes);
  return ~crc;
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

static uint32_t instruction_crc32c(uint32_t crc, const uint8_t *bytes, size_t count) {
  crc = ~crc;
  for (; count >= 8; bytes += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    crc = __builtin_arm_crc32cd(crc, word);
  }
  for (; count > 0; bytes++, count--) crc = __builtin_arm_crc32cb(crc, *bytes);
  return ~crc;
}

#endif

static uint32_t (*chosen)(uint32_t, const uint8_t *, size_t) = table_crc32c;

// Before main, as CKernels chooses.
__attribute__((constructor)) static void choose(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    table[0][byte] = crc;
  }
  for (int k = 1; k < 8; k++)
    for (int byte = 0; byte < 256; byte++)
      table[k][byte] = table[k - 1][byte] >> 8 ^ table[0][table[k - 1][byte] & 0xFF];

  const char *wanted = getenv("RECURRENT_INSTRUCTION_SET");
  if (wanted != NULL && strcmp(wanted, "baseline") == 0) return;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.2")) chosen = instruction_crc32c;
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
  chosen = instruction_crc32c;
#endif
}

uint32_t rk_crc32c(uint32_t crc, const uint8_t *bytes, size_t count) { return chosen(crc, bytes, count); }

uint32_t rk_crc32c_by_table(uint32_t crc, const uint8_t *bytes, size_t count) { return table_crc32c(crc, bytes, count); }
