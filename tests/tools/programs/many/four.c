int four(void) { return __LINE__ + sizeof("four"); }
