"""One file per resource type; the list of all is what the provider offers."""

from __future__ import annotations

from rehearsal.provider.kind import Kind
from rehearsal.provider.resources.access_control_rule_set import AccessControlRuleSet
from rehearsal.provider.resources.alert_v2 import AlertV2
from rehearsal.provider.resources.budget_policy import BudgetPolicy
from rehearsal.provider.resources.catalog import Catalog
from rehearsal.provider.resources.cluster_policy import ClusterPolicy
from rehearsal.provider.resources.dashboard import Dashboard
from rehearsal.provider.resources.directory import Directory
from rehearsal.provider.resources.external_location import ExternalLocation
from rehearsal.provider.resources.file import File
from rehearsal.provider.resources.grants import Grants
from rehearsal.provider.resources.group import Group
from rehearsal.provider.resources.job import Job
from rehearsal.provider.resources.metastore_assignment import MetastoreAssignment
from rehearsal.provider.resources.mlflow_experiment import MlflowExperiment
from rehearsal.provider.resources.model_serving import ModelServing
from rehearsal.provider.resources.mws_network_connectivity import (
    MwsNccBinding,
    MwsNccPrivateEndpointRule,
    MwsNetworkConnectivityConfig,
)
from rehearsal.provider.resources.mws_permission_assignment import MwsPermissionAssignment
from rehearsal.provider.resources.notification_destination import NotificationDestination
from rehearsal.provider.resources.online_store import OnlineStore
from rehearsal.provider.resources.permissions import Permissions
from rehearsal.provider.resources.quality_monitor import QualityMonitor
from rehearsal.provider.resources.registered_model import RegisteredModel
from rehearsal.provider.resources.schema import Schema
from rehearsal.provider.resources.secret import Secret
from rehearsal.provider.resources.secret_acl import SecretAcl
from rehearsal.provider.resources.secret_scope import SecretScope
from rehearsal.provider.resources.service_principal import ServicePrincipal
from rehearsal.provider.resources.sql_endpoint import SqlEndpoint
from rehearsal.provider.resources.sql_table import SqlTable
from rehearsal.provider.resources.storage_credential import StorageCredential
from rehearsal.provider.resources.volume import Volume
from rehearsal.provider.resources.workspace_binding import WorkspaceBinding

KINDS: tuple[Kind, ...] = (
    AccessControlRuleSet(),
    AlertV2(),
    BudgetPolicy(),
    Catalog(),
    ClusterPolicy(),
    Dashboard(),
    Directory(),
    ExternalLocation(),
    File(),
    Grants(),
    Group(),
    Job(),
    MetastoreAssignment(),
    MlflowExperiment(),
    ModelServing(),
    MwsNccBinding(),
    MwsNccPrivateEndpointRule(),
    MwsNetworkConnectivityConfig(),
    MwsPermissionAssignment(),
    NotificationDestination(),
    OnlineStore(),
    Permissions(),
    QualityMonitor(),
    RegisteredModel(),
    Schema(),
    Secret(),
    SecretAcl(),
    SecretScope(),
    ServicePrincipal(),
    SqlEndpoint(),
    SqlTable(),
    StorageCredential(),
    Volume(),
    WorkspaceBinding(),
)
