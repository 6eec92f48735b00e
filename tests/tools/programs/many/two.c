int two(void) { return __LINE__ + sizeof("two"); }
