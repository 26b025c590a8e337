"""Permissions on workspace objects, as the access function says them, in the names that Terraform knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from cdktf_cdktf_provider_databricks.permissions import PermissionsAccessControl

from environments import names
from environments.settings import Environment, Model
from infra.access import Grant, Kind
from infra.azure.names import retrain_identity
from infra.object_access import object_access
from infra.resources.identity import JobsIdentity


class AccessLists:
    """Who may do what with each workspace object of an environment."""

    def __init__(
        self,
        environment: Environment,
        models: Sequence[Model],
        jobs: JobsIdentity,
        retrain_principals: Mapping[str, str],
    ) -> None:
        # Service principals are named by application ids, which only the deployment knows.
        self._application_ids = {names.service_principal(environment): jobs.application_id}
        for model in models:
            self._application_ids[retrain_identity(environment, model)] = retrain_principals[model.name]
        self._grants: defaultdict[tuple[Kind, str], list[Grant]] = defaultdict(list)
        for grant in object_access(environment, models):
            self._grants[grant.kind, grant.securable].append(grant)

    def levels(self, kind: Kind, name: str) -> list[tuple[Grant, str]]:
        """The grants on an object, each with the name of its principal: a group's, or an application id."""
        return [(grant, self._application_ids.get(grant.principal, grant.principal)) for grant in self._of(kind, name)]

    def access_control(self, kind: Kind, name: str) -> list[PermissionsAccessControl]:
        """The list of an object, for a resource of permissions."""
        return [
            PermissionsAccessControl(service_principal_name=principal, permission_level=grant.privileges[0])
            if grant.principal in self._application_ids
            else PermissionsAccessControl(group_name=principal, permission_level=grant.privileges[0])
            for grant, principal in self.levels(kind, name)
        ]

    def _of(self, kind: Kind, name: str) -> list[Grant]:
        found = self._grants.get((kind, name))
        if not found:
            raise LookupError(f"nobody has access to {kind} {name}: infra/object_access.py must name it")
        return found
