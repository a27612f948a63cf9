// The few things that need the processor itself: the floating-point control word and the spin hint.

#include "CKernels.h"

#if defined(__x86_64__)

enum { flush_to_zero = 1 << 15, denormals_are_zero = 1 << 6 };

uint64_t rk_flush_denormals(void) {
  const uint32_t control = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(control | flush_to_zero | denormals_are_zero);
  return control;
}

void rk_restore_denormals(uint64_t control) { __builtin_ia32_ldmxcsr((uint32_t)control); }

void rk_spin_hint(void) { __builtin_ia32_pause(); }

#elif defined(__aarch64__)

enum { flush_to_zero = 1 << 24 };

uint64_t rk_flush_denormals(void) {
  uint64_t control;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  __asm__ volatile("msr fpcr, %0" : : "r"(control | flush_to_zero));
  return control;
}

void rk_restore_denormals(uint64_t control) { __asm__ volatile("msr fpcr, %0" : : "r"(control)); }

void rk_spin_hint(void) { __asm__ volatile("yield"); }

#else

uint64_t rk_flush_denormals(void) { return 0; }

void rk_restore_denormals(uint64_t control) { (void)control; }

void rk_spin_hint(void) {}

#endif
