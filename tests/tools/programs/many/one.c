int one(void) { return __LINE__ + sizeof("one"); }
