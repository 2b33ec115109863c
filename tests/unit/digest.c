int x_unused_digest;
