"""databricks_mlflow_experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values, changed

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/mlflow/experiments"


class MlflowExperiment(Kind):
    """An MLflow experiment. Only its name can change; tags are set once, and compared with all that there are."""

    name = "mlflow_experiment"
    computed = frozenset({"creation_time", "experiment_id", "last_update_time", "lifecycle_stage"})
    force_new = frozenset({"artifact_location"})
    answered = frozenset({"tags"})
    lenient = True
    quiet = frozenset({"artifact_location", "tags"})
    volatile = frozenset({"last_update_time"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create it; the workspace chooses the id."""
        answer = api.do("POST", f"{ROOT}/create", body=self.document(wanted, "name", "artifact_location", "tags"))
        assert isinstance(answer, dict)
        return str(answer["experiment_id"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The experiment. A deleted one can be restored in the UI, but for Terraform it is gone."""
        from databricks.sdk.errors import NotFound

        answer = api.do("GET", f"{ROOT}/get", query={"experiment_id": identifier})
        assert isinstance(answer, dict)
        experiment = answer["experiment"]
        if experiment.get("lifecycle_stage") == "deleted":
            raise NotFound(f"experiment {identifier} is deleted", error_code="RESOURCE_DOES_NOT_EXIST")
        return values.shaped(self.block, experiment)

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Rename."""
        if changed(before, wanted, "name"):
            api.do("POST", f"{ROOT}/update", body={"experiment_id": identifier, "new_name": wanted["name"]})
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete it, with its runs."""
        api.do("POST", f"{ROOT}/delete", body={"experiment_id": identifier})
