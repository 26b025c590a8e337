"""Access control lists of workspace objects, from the function of object access."""

from __future__ import annotations

from cdktf_cdktf_provider_databricks.permissions import PermissionsAccessControl

from environments import names
from environments.settings import Environment
from infra.object_access import ObjectType, object_access
from infra.resources.identity import JobsIdentity


def access_control(
    environment: Environment, jobs: JobsIdentity, object_type: ObjectType
) -> list[PermissionsAccessControl]:
    """The list for objects of a type."""
    return [
        PermissionsAccessControl(service_principal_name=jobs.application_id, permission_level=level)
        if principal == names.service_principal(environment)
        else PermissionsAccessControl(group_name=principal, permission_level=level)
        for principal, level in object_access(environment, object_type)
    ]
