int x_unused_guard;
