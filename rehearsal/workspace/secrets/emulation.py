"""What the secrets service says of itself on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Secrets",
    summary="Secret scopes, secrets and their access lists.",
    works=(
        "scopes with READ, WRITE and MANAGE; the creator manages, or everybody where "
        "`initial_manage_principal` says users",
        "values are read by tasks (`dbutils.secrets`) as their principal",
        "no answer but that of reading a secret holds a value; logs and the audit table hold none",
    ),
    differs=("values lie in the local store unencrypted, readable by who owns the machine's account",),
    refused=("scopes backed by Azure Key Vault",),
)
