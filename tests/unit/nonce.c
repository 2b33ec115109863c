int x_unused_nonce;
