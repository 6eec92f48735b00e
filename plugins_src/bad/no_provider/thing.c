#include <stdint.h>

int32_t answer(void);
int32_t answer(void) { return 42; }
