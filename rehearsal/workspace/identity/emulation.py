"""What the identity service says of itself on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Identity",
    summary=(
        "Users, groups, service principals and their credentials; one directory for the account and its workspaces."
    ),
    works=(
        "users, groups and service principals by SCIM 2.0, on the account and in each workspace, with "
        "filters, paging and patches",
        "groups in groups; membership counts in every access decision, direct or not",
        "personal access tokens, listed, revoked and forbidden (`authorization/tokens`) by their owners and "
        "by administrators; two years at most",
        "OAuth client credentials of service principals (`oauth-m2m`), on the account and in workspaces; "
        "secrets with lifetimes",
        "a workspace's tokens are refused in the others; expired, revoked and unknown ones everywhere (401)",
        "only hashes of tokens and secrets are stored",
    ),
    differs=(
        "identities are the account's in every workspace (identity federation is always on)",
        "tokens are not tied to scopes; an OAuth token may do what its principal may",
    ),
    refused=("interactive sign-in (`oauth-u2m`), SAML, and tokens of an external identity provider",),
)
