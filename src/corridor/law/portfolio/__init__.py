"""Many transfers at once: the same rules as expressions over columns, with the same answers as one by one."""
