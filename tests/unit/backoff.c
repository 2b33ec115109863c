int x_unused_backoff;
