int five(void) { return __LINE__ + sizeof("five"); }
