int x_unused_guard_phone;
