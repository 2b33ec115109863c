int x_unused_users;
