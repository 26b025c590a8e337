"""Who there is: users, service principals, groups, their tokens; one set for the account and all workspaces."""
