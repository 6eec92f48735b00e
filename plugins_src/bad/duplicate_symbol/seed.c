#include <stdint.h>

int32_t seed(void);
int32_t seed(void) { return 41; }
