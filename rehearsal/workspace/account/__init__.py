"""The account's own API: its workspaces and metastore, who may enter which workspace, budget policies."""
