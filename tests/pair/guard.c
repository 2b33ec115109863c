int x_unused_p;
