"""databricks_permissions: the access control list of one workspace object. Who is not listed has no permission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/permissions"
OBJECTS = {
    "alert_v2_id": "alertsv2",
    "cluster_policy_id": "cluster-policies",
    "dashboard_id": "dashboards",
    "directory_id": "directories",
    "experiment_id": "experiments",
    "job_id": "jobs",
    "serving_endpoint_id": "serving-endpoints",
    "sql_endpoint_id": "sql/warehouses",
}
WHO = ("user_name", "group_name", "service_principal_name")


class Permissions(Kind):
    """Permissions of a job, experiment, endpoint, warehouse, dashboard and so on; the id is its API path."""

    name = "permissions"
    computed = frozenset({"object_type"})

    @property
    def force_new(self) -> frozenset[str]:  # type: ignore[override]
        """Another object is another resource."""
        return frozenset(self.block["attributes"]) - {"id", "object_type"}

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Replace whatever permissions the object has."""
        for name, collection in OBJECTS.items():
            if wanted.get(name):
                return self.update(api, f"/{collection}/{wanted[name]}", {}, wanted)
        raise ValueError(f"one of {', '.join(OBJECTS)} must be set")

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """What was granted on the object itself. Admins, and the caller unless listed, are always there."""
        from databricks.sdk.errors import NotFound

        answer = api.do("GET", ROOT + identifier)
        assert isinstance(answer, dict)
        listed = {_who(rule) for rule in known.get("access_control") or []}
        caller = _caller(api)
        rules = []
        for entry in answer.get("access_control_list", []):
            who = _who(entry)
            if who == "admins" or (who == caller and who not in listed):
                continue
            for permission in entry.get("all_permissions", []):
                if not permission.get("inherited"):
                    rule = {name: entry.get(name) for name in WHO}
                    rules.append({**rule, "permission_level": permission["permission_level"]})
        if not rules:
            raise NotFound(f"{identifier} has no permissions of its own", error_code="NOT_FOUND")
        collection, _, key = identifier.removeprefix("/").rpartition("/")
        field = next(name for name, path in OBJECTS.items() if path == collection)
        return {"object_type": answer.get("object_type"), "access_control": rules, field: key}

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Replace the list. The caller keeps control: the API refuses a job without an owner."""
        rules = [{name: value for name, value in rule.items() if value} for rule in wanted["access_control"]]
        self._put(api, identifier, rules)
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Leave the object to its admins and to the caller."""
        self._put(api, identifier, [])

    def _put(self, api: ApiClient, identifier: str, rules: list[Values]) -> None:
        caller = _caller(api)
        kind = "user_name" if "@" in caller else "service_principal_name"
        if identifier.startswith("/cluster-policies/"):
            pass  # administrators alone manage them: there is no such level to keep
        elif identifier.startswith("/jobs/"):
            if not any(rule["permission_level"] == "IS_OWNER" for rule in rules):
                rules = [*rules, {kind: caller, "permission_level": "IS_OWNER"}]
        elif not any(_who(rule) == caller for rule in rules):
            rules = [*rules, {kind: caller, "permission_level": "CAN_MANAGE"}]
        api.do("PUT", ROOT + identifier, body={"access_control_list": rules})


def _who(rule: Values) -> str:
    return next((rule[name] for name in WHO if rule.get(name)), "")


def _caller(api: ApiClient) -> str:
    answer = api.do("GET", "/api/2.0/preview/scim/v2/Me")
    assert isinstance(answer, dict)
    return str(answer["userName"])
